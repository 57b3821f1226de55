"""Charts as pictures of pgfplots."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from benchmark.errors import UsageError
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from benchmark.report.figures.appearance import looks_of
from benchmark.report.figures.bars import Bar, BarsChart
from benchmark.report.figures.heatmap import HeatMapChart
from benchmark.report.figures.lines import Line, View
from benchmark.report.figures.rank import RankChart, Ranked
from benchmark.report.figures.rd import RdChart
from benchmark.report.figures.speed import Mark, SpeedChart
from benchmark.report.pgfplots import pgfplots

PSNR = find_metric(all_metrics(), "psnr")
LOOKS = looks_of(["jpeg", "vvc", "a_b"], ["jpeg", "vvc", "a_b"])


def check(text: str) -> None:
    """Brackets are closed, and every colour that is used is defined."""
    assert text.count("{") == text.count("}") and text.count("[") == text.count("]")
    assert set(re.findall(r"\brd[0-9A-F]{6}", text)) == set(re.findall(r"\\definecolor\{(\w+)", text))


def test_curves() -> None:
    numbers = np.array([0.1, 0.5]), np.array([30.0, 36.5])
    lines = [Line(name, look, *numbers, numbers, is_hollow=name == "vvc") for name, look in LOOKS.items()]
    text = pgfplots(RdChart(lines, View((0, 1.2), (24, 40)), PSNR))
    check(text)
    assert text.count("\\addplot[") == 3
    assert text.count("(0.1,30) (0.5,36.5)") == 3
    assert "\\addlegendentry{a\\_b}" in text
    assert text.count("fill=white") == 1
    assert "xmin=0, xmax=1.2, ymin=24, ymax=40" in text
    assert "xmode=log" in pgfplots(RdChart(lines, View((0.1, 1), (24, 40)), PSNR, log_rate=True))


def test_bars() -> None:
    bars = [Bar("A_1", -40.0, -45.0, -33.0, False), Bar("B", -20.0, np.nan, np.nan, True), Bar("C", 300, 1, 2, False)]
    text = pgfplots(BarsChart([*bars, Bar("D", np.nan, np.nan, np.nan, False)], "JPEG", "set"))
    check(text)
    assert "(-40,3) += (7,0) -= (5,0)" in text
    assert "(-20,2) += (0,0) -= (0,0)" in text
    assert "yticklabels={{D (--)},{C (+300.0)},{B ($-$20.0)},{A\\_1 ($-$40.0)}}" in text
    assert "ymin=-0.7, ymax=3.7" in text  # the row without a value has its place, too
    width = re.search(r"width=(0\.\d+)\\columnwidth", text)
    assert width and float(width[1]) + 4 * len("C (+300.0)") / 252 < 1  # names and plot fit into a column
    assert "xmin=-46, xmax=46" in text  # one is broken
    assert text.count("fill=white") == 1


def test_ranks() -> None:
    ranked = [Ranked(name, look, 1, 30.0, 29.0, 32.0, name == "vvc") for name, look in LOOKS.items()]
    text = pgfplots(RankChart(ranked, PSNR, "set"))
    check(text)
    assert "(30,0) += (2,0) -= (1,0)" in text
    assert "{a\\_b (1)}" in text
    assert text.count("fill=white") == 1


def test_times() -> None:
    marks = [Mark(name, "one", name, look, 0.5, -3.0, True) for name, look in LOOKS.items()]
    text = pgfplots(SpeedChart(marks, "encode", "BD-rate (%)", "set"))
    check(text)
    assert "coordinates {(0.5,-3) (0.5,-3) (0.5,-3)};" in text
    assert "xlabel={encode time (s per megapixel)}, ylabel={BD-rate (\\%)}" in text
    names = [Mark(name, "one", name, LOOKS["vvc"], 0.5 + place, -3.0, True) for place, name in enumerate("abc")]
    assert pgfplots(SpeedChart(names, "encode", "BD-rate (%)", "set")).count("node[right, font") == 3
    assert len(set(re.findall(r"node\[(.*?), font", text))) == 3, "names of marks at one place stand apart"


def test_a_heat_map_has_none() -> None:
    rates = pd.DataFrame({"a": [1.0]}, index=["image"])
    with pytest.raises(UsageError, match="no picture of pgfplots; expected pdf, svg"):
        pgfplots(HeatMapChart(rates, rates.mean(), {"a": "A"}, "JPEG", "set"))
