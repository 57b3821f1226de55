"""The heat map: deviations from the mean of a codec, on a scale that few values do not spoil."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmark.report.figures.heatmap import HeatMapChart, heat_map_chart
from tests.report.figures.charts import NAMES, deltas, drawn, outside


def of_images(rates: dict[str, float], count: int = 4) -> pd.DataFrame:
    """Codecs whose BD-rates on images rise by one from image to image."""
    whole = deltas(rates)
    steps = np.arange(count) - (count - 1) / 2
    single = [
        whole.assign(image=f"image {place}", bd_rate=whole["image_mean"] + float(step))
        for place, step in enumerate(steps)
    ]
    return pd.concat([whole, *(part[part["bd_rate"].notna()] for part in single)], ignore_index=True)


def chart_of(bd: pd.DataFrame, names: dict[str, str] = NAMES) -> HeatMapChart:
    chart = heat_map_chart(bd, "set", names, "JPEG")
    assert chart is not None
    return chart


def test_cells_are_deviations_and_columns_say_the_mean() -> None:
    chart = chart_of(of_images({"a": -40.0, "b": 10.0, "jpeg": 0.0}))
    assert chart.deviations().to_numpy().T.tolist() == [[-1.5, -0.5, 0.5, 1.5]] * 2
    _, texts = drawn(chart)
    assert {"A −40.0", "B +10.0", "image 0", "image − mean (points)", "−2", "+2", "0"} <= set(texts)
    assert "codec, with its mean BD-rate against JPEG (%)" in texts
    table = chart.table()
    assert list(table) == ["series", "image", "bd_rate", "mean", "deviation"]
    assert list(table.iloc[0]) == ["A", "image 0", -41.5, -40.0, -1.5]


def test_one_image_far_off_does_not_leave_the_others_pale() -> None:
    bd = of_images({"a": -40.0}, 40)
    bd.loc[bd["image"] == "image 3", "bd_rate"] = 400
    chart = chart_of(bd)
    assert chart.limit() == 20
    axes, _ = drawn(chart)
    assert axes.collections[0].colorbar.extend == "max"


def test_a_refused_image_is_hatched_and_told() -> None:
    bd = of_images({"a": -40.0, "b": 10.0})
    bd = bd[(bd["series"] != "b") | (bd["image"] != "image 1")]
    axes, texts = drawn(chart_of(bd))
    assert "set; hatched: refused" in texts
    assert axes.patch.get_hatch()


@pytest.mark.parametrize("count", [1, 5, 16])
@pytest.mark.parametrize("width", [3.5, 7.16])
def test_long_names_stay_in_the_figure(count: int, width: float) -> None:
    series = {f"codec{number}": -40.0 + number for number in range(count)}
    names = {name: f"{name} (weights=mnist-elbo, device=cpu)" for name in series}
    axes, _ = drawn(chart_of(of_images(series), names), width)
    assert outside(axes) == []


def test_a_long_name_of_an_image_leaves_room_for_the_plot() -> None:
    bd = of_images({"a": -40.0, "jpeg": 0.0})
    bd["image"] = bd["image"].replace("image 3", "image-" + "x" * 120 + ".png")
    axes, texts = drawn(chart_of(bd), 3.5)
    assert outside(axes) == []
    assert "image-xxxxxxxxxx…xxxxxxxxxxxx.png" in texts


def test_without_images_or_codecs_there_is_none() -> None:
    bd = of_images({"a": -40.0, "jpeg": 0.0})
    assert heat_map_chart(bd[bd["image"] == ""], "set", NAMES, "JPEG") is None
    assert heat_map_chart(bd, "set", {"jpeg": "JPEG"}, "JPEG") is None
