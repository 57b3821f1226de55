"""How the order of codecs changes with the metric: what the chart shows, and that names and heads have room."""

from __future__ import annotations

import itertools
import math

import pandas as pd

from benchmark.report.figures.appearance import looks_of
from benchmark.report.figures.orders import OrdersChart, orders_chart
from tests.report.figures.charts import NAMES, boxes, drawn, outside

LOOKS = looks_of(list(NAMES), list(NAMES))
HEADS = {("set", "psnr_rgb"): "PSNR, RGB", ("set", "vmaf_y"): "VMAF, luma", ("set", "ssim_y"): "SSIM, luma"}


def table() -> pd.DataFrame:
    """The second metric exchanges the last two, and does not tell them apart; the third has one codec alone."""
    found = {"psnr_rgb": ["a", "b", "c"], "vmaf_y": ["a", "c", "b"], "ssim_y": ["a"]}
    rows = [
        {
            "dataset": "set",
            "metric": metric,
            "series": series,
            "rank": place,
            "bd_rate": 10.0 * place,
            "images": 24,
            "rank_low": 1.0 if metric == "vmaf_y" else math.nan,
            "rank_high": float(place) if metric == "vmaf_y" else math.nan,
            "tied": metric == "vmaf_y" and place == 3,
        }
        for metric, order in found.items()
        for place, series in enumerate(order, 1)
    ]
    return pd.DataFrame(rows)


def chart() -> OrdersChart:
    found = orders_chart(table(), HEADS, "set", NAMES, LOOKS)
    assert found is not None
    return found


def test_a_column_for_each_order_and_a_line_for_each_codec() -> None:
    axes, texts = drawn(chart(), 7.16)
    assert [text.get_text().replace("\n", " ") for text in axes.get_xticklabels()] == ["PSNR, RGB", "VMAF, luma τ 0.33"]
    paths = [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines if line.get_marker() != "None"]
    assert paths == [([0, 1], [1, 1]), ([0, 1], [2, 3]), ([0, 1], [3, 2])]
    assert [text.get_text() for text in axes.texts] == ["A", "A", "B", "B", "C", "C"]
    (tie,) = [line for line in axes.lines if list(line.get_ydata()) == [2, 3] and list(line.get_xdata()) == [1, 1]]
    assert tie.get_zorder() < 1.5
    told = next(text for text in texts if text.startswith("set; "))
    assert "grey: nothing tells them apart" in told and "ranks on 80 % of the images" in told and "τ" in told


def test_the_table_has_a_row_for_each_codec_and_order() -> None:
    rows = chart().table()
    assert list(rows["series"]) == ["A", "B", "C", "A", "C", "B"]
    assert list(rows["rank"]) == [1, 2, 3, 1, 2, 3]
    assert rows["agreement"].round(2).tolist()[3:] == [0.33] * 3


def test_heads_and_names_have_room_at_each_width() -> None:
    for width in (3.5, 7.16):
        axes, _ = drawn(chart(), width)
        assert outside(axes) == []
        heads = boxes(axes, axes.get_xticklabels())
        assert all(not one.overlaps(other) for one, other in itertools.pairwise(heads))


def test_what_is_not_shown_elsewhere_is_told_by_what_is() -> None:
    assert orders_chart(table()[:3], HEADS, "set", {"a": "A"}, LOOKS) is None
    one = orders_chart(table()[:3], HEADS, "set", NAMES, LOOKS)
    assert one is not None
    _, texts = drawn(one)
    assert "set" in texts, "nothing is tied, and there are neither images nor another column"
