"""Ranks at one rate."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from benchmark.report.figures.appearance import looks_of
from benchmark.report.figures.rank import rank_chart
from tests.report.figures.charts import NAMES, boxes, drawn, outside

PSNR = find_metric(all_metrics(), "psnr")
RANKS = pd.DataFrame(
    {
        "series": ["a", "b", "x", "c"],
        "rank": pd.Series([1, 2, 3, None], dtype="Int64"),
        "value": [36.0, 35.0, 34.0, np.nan],
        "ci_low": [35.0, np.nan, 33.0, np.nan],
        "ci_high": [37.0, np.nan, 35.0, np.nan],
        "target": "0.5 bpp",
        "images": 24,
    }
)
LOOKS = looks_of(list(NAMES), list(NAMES))


def test_values_with_intervals_and_ranks_the_best_on_top() -> None:
    chart = rank_chart(RANKS, PSNR, "set", NAMES, LOOKS, ["x"])
    assert chart is not None
    axes, texts = drawn(chart)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["X", "B", "A"]
    assert [text.get_text() for text in axes.texts] == ["3", "2", "1"]
    assert "set, at 0.5 bpp, mean of 24 images, lines: 95 % interval; not reached: C" in texts
    lines = [line.get_xdata().tolist() for line in axes.lines]
    assert lines[0] == [33.0, 35.0] and lines[1] == [34.0]
    faces = [line.get_markerfacecolor() for line in axes.lines[1::2]]
    assert [face == "white" for face in faces] == [True, False, False]  # that of others is hollow
    few = rank_chart(RANKS.assign(ci_low=np.nan, ci_high=np.nan, images=5), PSNR, "set", NAMES, LOOKS)
    assert few is not None
    assert few.title == "set, at 0.5 bpp, mean of 5 images"  # too few for intervals
    table = chart.table()
    assert table["series"].tolist() == ["A", "B", "X", "C"]
    assert table["rank"].tolist()[:3] == [1, 2, 3] and table["value"].isna().tolist() == [False] * 3 + [True]


def test_long_names_and_ranks_stay_in_the_figure() -> None:
    names = {series: f"{series} (weights=mnist-elbo, device=cpu, threads=1)" for series in NAMES}
    chart = rank_chart(RANKS, PSNR, "set", names, LOOKS)
    assert chart is not None
    axes, _ = drawn(chart)
    assert outside(axes) == []
    labels = boxes(axes, axes.get_yticklabels())
    assert all(not one.overlaps(other) for one, other in itertools.pairwise(labels))


def test_where_no_curve_reaches_the_rate_there_is_none() -> None:
    assert rank_chart(RANKS[3:], PSNR, "set", NAMES, LOOKS) is None
    assert rank_chart(RANKS, PSNR, "set", {}, LOOKS) is None
