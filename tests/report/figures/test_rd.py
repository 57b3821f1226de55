"""How curves are drawn: labels at their ends never overlap, and what is not shown is counted."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from benchmark.report.figures.appearance import looks_of
from benchmark.report.figures.lines import Line, View, view_of
from benchmark.report.figures.rd import RdChart, end_of, spread
from tests.report.figures.charts import boxes, drawn, outside

PSNR = find_metric(all_metrics(), "psnr")


def line(label: str, top: float, *, published: bool = False) -> Line:
    rates, values = np.array([0.1, 0.5, 1.0, 3.0]), np.array([top - 6, top - 3, top, top + 9])
    look = looks_of([label], [label])[label]
    return Line(label, look, rates, values, (rates, values), published, published)


@pytest.mark.parametrize(
    ("wanted", "gap", "found"),
    [
        ([0.5], 0.1, [0.5]),
        ([0.2, 0.8], 0.1, [0.2, 0.8]),
        ([0.5, 0.5], 0.1, [0.45, 0.55]),
        ([0.8, 0.2, 0.2], 0.2, [0.8, 0.1, 0.3]),
        ([1.0, 1.0, 1.0], 0.1, [0.8, 0.9, 1.0]),
        ([0.0, 0.0], 0.1, [0.0, 0.1]),
        ([], 0.1, []),
    ],
)
def test_places_are_spread(wanted: list[float], gap: float, found: list[float]) -> None:
    assert spread(wanted, [gap] * len(wanted)) == pytest.approx(found)


def test_a_crowd_keeps_its_distances() -> None:
    wanted = list(np.random.default_rng(3).random(40))
    found = spread(wanted, [0.02] * 40)
    assert np.diff(sorted(found)).min() >= 0.02 - 1e-9
    assert np.argsort(found).tolist() == np.argsort(wanted).tolist()
    assert min(found) >= 0 and max(found) <= 1


def test_labels_at_ends_do_not_overlap_and_stay_in_the_figure() -> None:
    lines = [line(f"codec{number}", 38 + number / 50, published=number % 2 == 0) for number in range(12)]
    figure = Figure(figsize=(3.5, 2.6), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    RdChart(lines, view_of(lines), PSNR).draw(axes)
    figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in axes.texts]  # without the lines to the ends
    assert [text.get_text() for text in axes.texts] == [line.label for line in lines]
    low, high = np.array(sorted([box.y0, box.y1] for box in boxes)).T
    assert (low[1:] >= high[:-1] - 1).all()
    assert max(box.x1 for box in boxes) <= figure.bbox.x1 + 1


def test_points_outside_are_counted() -> None:
    axes = Figure().add_subplot()
    RdChart([line("one", 40), line("two", 38)], View((0, 2), (20, 45)), PSNR, title="kodak").draw(axes)
    assert axes.get_title(loc="left") == "kodak; 2 points outside not shown"


def test_a_curve_that_is_not_shown_has_no_label() -> None:
    axes = Figure().add_subplot()
    RdChart([line("one", 40), line("two", 90)], View((0, 2), (20, 45)), PSNR).draw(axes)
    assert [text.get_text() for text in axes.texts] == ["one"]
    assert end_of(line("one", 40), View((0, 2), (20, 45))) == (1.0, 40.0)


def test_published_markers_are_hollow_and_the_style_is_the_users() -> None:
    with mpl.rc_context({"lines.linewidth": 4.5, "legend.fontsize": 13}):
        axes = Figure().add_subplot()
        RdChart([line("one", 40, published=True)], View((0, 4), (20, 60)), PSNR).draw(axes)
    curve, points, _ = axes.lines
    assert curve.get_linewidth() == 4.5
    assert points.get_markerfacecolor() == "white"
    assert axes.texts[0].get_fontsize() == 13


def test_a_legend_has_each_curve_once() -> None:
    axes = Figure().add_subplot()
    lines = [line("one", 40), line("two", 38)]
    RdChart(lines, View((0.05, 4), (20, 60)), PSNR, labels="legend", log_rate=True).draw(axes)
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["one", "two"]
    assert axes.get_xscale() == "log"


def test_long_names_have_several_lines_that_do_not_overlap() -> None:
    lines = [line(f"codec{number} (weights=mnist-elbo, device=cpu)", 38 + number / 50) for number in range(6)]
    chart = RdChart(lines, view_of(lines), PSNR)
    axes, _ = drawn(chart)
    texts = [text.get_text() for text in axes.texts]
    assert all("\n" in text for text in texts)
    low, high = np.array(sorted([box.y0, box.y1] for box in boxes(axes, axes.texts))).T
    assert (low[1:] >= high[:-1] - 1).all()
    assert outside(axes) == []
    assert axes.get_window_extent().width > 100
