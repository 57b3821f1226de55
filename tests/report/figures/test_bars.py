"""Bars, with what makes them weak, broken or refused."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from benchmark.report.figures.bars import BarsChart, bars_chart
from tests.report.figures.charts import NAMES, boxes, deltas, drawn, outside


def chart_of(bd: pd.DataFrame, names: dict[str, str] = NAMES) -> BarsChart:
    chart = bars_chart(bd, "set", names, "JPEG")
    assert chart is not None
    return chart


def test_bars_show_intervals_weak_overlaps_and_refusals() -> None:
    bd = deltas({"a": -20.0, "jpeg": 0.0, "b": 35.5, "x": np.nan})
    bd["overlap"] = [0.9, 1.0, 0.2, 0.02]
    bd.loc[2, ["ci_low", "ci_high"]] = np.nan
    axes, texts = drawn(chart_of(bd))
    assert {"−20.0", "+35.5", "A", "B", "X"} <= set(texts)
    assert "JPEG" not in texts  # the anchor has no bar
    assert "BD-rate against JPEG (%), less is better" in texts
    assert "set, mean over images; hollow: little range in common; hatched: refused, not ranked" in texts
    assert [bar.get_width() for bar in axes.patches if bar.get_hatch() is None] == [35.5, -20.0]
    assert axes.patches[1].get_facecolor() == (1, 1, 1, 1)
    assert len(axes.containers) == 3  # two bars and one interval


def test_a_bar_that_leaves_the_others_no_room_is_broken_and_told() -> None:
    chart = chart_of(deltas({"a": -40.0, "b": -20.0, "c": 300.0}))
    assert chart.cut() == pytest.approx(46)
    axes, texts = drawn(chart)
    assert max(bar.get_width() for bar in axes.patches) == pytest.approx(46)
    assert "+300.0" in texts
    assert "set, mean over images; broken: beyond the scale" in texts
    assert axes.get_xlim()[1] < 100
    assert chart.table()["bd_rate"].tolist() == [-40, -20, 300]
    assert chart_of(deltas({"a": -40.0, "b": -20.0, "c": 79.0})).cut() == np.inf


@pytest.mark.parametrize("width", [1.6, 2.4])
def test_values_stay_beside_bars_in_a_narrow_plot(width: float) -> None:
    axes, _ = drawn(chart_of(deltas({"a": -66.0, "b": -45.0, "c": 102.5})), width)
    plot = axes.get_window_extent()
    for box in boxes(axes, [text for text in axes.texts if text.get_text()]):
        assert plot.x0 <= box.x0 < box.x1 <= plot.x1


@pytest.mark.parametrize("width", [3.5, 7.16])
def test_long_names_and_values_do_not_lie_on_each_other(width: float) -> None:
    long = "codec of a long name (weights=mnist-elbo, device=cpu)"
    names = {"a": long, "b": "terrible-codec-of-a-very-long-name-that-has-no-spaces", "c": "C"}
    axes, _ = drawn(chart_of(deltas({"a": -52.0, "b": -45.0, "c": -3.0}), names), width)
    assert outside(axes) == []
    labels = boxes(axes, axes.get_yticklabels())
    for box in boxes(axes, axes.texts):
        assert not any(box.overlaps(label) for label in labels)
    assert all(not one.overlaps(other) for one, other in itertools.pairwise(labels))


def test_series_that_are_not_shown_have_no_bar() -> None:
    bd = deltas({"a": -20.0, "b": 35.5})
    assert [bar.name for bar in chart_of(bd, {"b": "Ours"}).bars] == ["Ours"]
    assert bars_chart(deltas({"jpeg": 0.0, "x": np.nan}), "set", NAMES, "JPEG") is None
