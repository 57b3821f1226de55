"""Published figures and ours."""

from __future__ import annotations

import math

from benchmark.report.figures.published import Beside, published_chart
from tests.report.figures.charts import drawn, outside

CURVE = [Beside("A", f"A, {rate}", 30 + rate, 29 + rate, (rate, rate + 0.1)) for rate in (2.0, 1.0, 3.0)]


def test_curves_along_the_rate_published_dashed_and_hollow() -> None:
    chart = published_chart([*CURVE, Beside("B", "B", 31.0, math.nan, (1.0, math.nan))], "PSNR (dB)")
    assert chart is not None and chart.by_rate
    axes, texts = drawn(chart)
    theirs, ours = axes.lines[:2]
    assert theirs.get_xdata().tolist() == [1, 2, 3] and theirs.get_linestyle() == "--"
    assert theirs.get_markerfacecolor() == "white" and ours.get_markerfacecolor() != "white"
    assert [round(float(rate), 6) for rate in ours.get_xdata()] == [1.1, 2.1, 3.1] and ours.get_linestyle() == "-"
    assert {"A", "B", "hollow: published; solid: ours"} <= set(texts)
    assert len(chart.table()) == 4


def test_else_a_row_for_each_place_the_first_on_top() -> None:
    pairs = [Beside("", "first", 30.0, 31.0, (2.0, 2.0)), Beside("", "a second one", 40.0, math.nan)]
    chart = published_chart(pairs, "PSNR (dB)")
    assert chart is not None and not chart.by_rate
    axes, _ = drawn(chart)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a second one", "first"]
    assert axes.lines[0].get_xdata().tolist() == [30.0, 31.0] and set(axes.lines[0].get_ydata()) == {1.0}
    assert outside(axes) == []


def test_groups_of_one_place_stand_below_each_other() -> None:
    chart = published_chart([Beside(group, "set", 30.0, 31.0) for group in "ab"], "PSNR (dB)")
    assert chart is not None
    axes, texts = drawn(chart)
    heights = [float(line.get_ydata()[0]) for line in axes.lines if len(line.get_xdata()) == 2]
    assert heights[0] > heights[1] and {"a", "b"} <= set(texts)


def test_two_rates_are_no_curve_and_without_ours_there_is_none() -> None:
    chart = published_chart(CURVE[:2], "PSNR (dB)")
    assert chart is not None and not chart.by_rate
    assert published_chart([Beside("A", "A", 30.0, math.nan)], "PSNR (dB)") is None
    assert published_chart([], "") is None
