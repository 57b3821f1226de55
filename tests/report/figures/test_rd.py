"""How curves are drawn: labels at their ends never overlap, and what is not shown is counted."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from benchmark.report.figures.appearance import looks_of
from benchmark.report.figures.lines import Line, View, view_of
from benchmark.report.figures.rd import draw_lines, end_of, spread


def line(label: str, top: float, *, published: bool = False) -> Line:
    rates, values = np.array([0.1, 0.5, 1.0, 3.0]), np.array([top - 6, top - 3, top, top + 9])
    return Line(label, looks_of([label], [label])[label], rates, values, (rates, values), published)


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
    assert spread(wanted, gap) == pytest.approx(found)


def test_a_crowd_keeps_its_distances() -> None:
    wanted = list(np.random.default_rng(3).random(40))
    found = spread(wanted, 0.02)
    assert np.diff(sorted(found)).min() >= 0.02 - 1e-9
    assert np.argsort(found).tolist() == np.argsort(wanted).tolist()
    assert min(found) >= 0 and max(found) <= 1


def test_labels_at_ends_do_not_overlap_and_stay_in_the_figure() -> None:
    lines = [line(f"codec{number}", 38 + number / 50, published=number % 2 == 0) for number in range(12)]
    figure = Figure(figsize=(3.5, 2.6), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    draw_lines(axes, lines, view_of(lines))
    figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in axes.texts]  # without the lines to the ends
    assert [text.get_text() for text in axes.texts] == [line.label for line in lines]
    low, high = np.array(sorted([box.y0, box.y1] for box in boxes)).T
    assert (low[1:] >= high[:-1] - 1).all()
    assert max(box.x1 for box in boxes) <= figure.bbox.x1 + 1


def test_points_outside_are_counted() -> None:
    axes = Figure().add_subplot()
    draw_lines(axes, [line("one", 40), line("two", 38)], View((0, 2), (20, 45)), title="kodak")
    assert axes.get_title(loc="left") == "kodak; 2 points outside not shown"


def test_a_curve_that_is_not_shown_has_no_label() -> None:
    axes = Figure().add_subplot()
    draw_lines(axes, [line("one", 40), line("two", 90)], View((0, 2), (20, 45)))
    assert [text.get_text() for text in axes.texts] == ["one"]
    assert end_of(line("one", 40), View((0, 2), (20, 45))) == (1.0, 40.0)


def test_published_markers_are_hollow_and_the_style_is_the_users() -> None:
    with mpl.rc_context({"lines.linewidth": 4.5, "legend.fontsize": 13}):
        axes = Figure().add_subplot()
        draw_lines(axes, [line("one", 40, published=True)], View((0, 4), (20, 60)))
    curve, points, _ = axes.lines
    assert curve.get_linewidth() == 4.5
    assert points.get_markerfacecolor() == "white"
    assert axes.texts[0].get_fontsize() == 13


def test_a_legend_has_each_curve_once() -> None:
    axes = Figure().add_subplot()
    draw_lines(axes, [line("one", 40), line("two", 38)], View((0.05, 4), (20, 60)), labels="legend", log_rate=True)
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["one", "two"]
    assert axes.get_xscale() == "log"
