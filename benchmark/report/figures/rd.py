"""Draws the curves of a rate–distortion figure on axes of matplotlib, whoever made these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from benchmark.errors import counted
from benchmark.report.figures.lines import Line, View
from benchmark.report.figures.style import log_ticks, small_title

Labels = Literal["ends", "legend"]
"""Where the names of curves stand: at their ends, or in a legend."""

_GAP = 1.15
"""Distance of two labels, in heights of a line of text."""


def draw_lines(
    axes: Any, lines: Sequence[Line], view: View, *, labels: Labels = "ends", log_rate: bool = False, title: str = ""
) -> None:
    """Draws curves, and tells above them how many of their points the view leaves out.

    Args:
        axes: the axes, of matplotlib. The style is that of whoever made them.
        lines: the curves.
        view: what is shown.
        labels: where their names stand.
        log_rate: whether the rate's axis is logarithmic.
        title: what the figure covers.
    """
    if log_rate:
        log_ticks(axes.set_xscale, axes.xaxis)
    axes.set_xlim(view.rates)
    axes.set_ylim(view.values)
    for line in lines:
        _draw(axes, line)
    outside = sum(int((~view.shows(line.rates, line.values)).sum()) for line in lines)
    told = f"{counted(outside, 'point')} outside not shown" if outside else ""
    if text := "; ".join(filter(None, (title, told))):
        small_title(axes, text)
    if labels == "legend":
        axes.legend(handlelength=3.0)
    else:
        _label_ends(axes, lines, view)


def _draw(axes: Any, line: Line) -> None:
    """Draws a curve and its points; a legend shows both together."""
    look = line.look
    faces = {"markerfacecolor": "white", "markeredgecolor": look.colour} if line.is_published else {}
    solid = {} if line.is_published else {"markeredgecolor": "white", "markeredgewidth": 0.25}
    order = 1.8 if line.is_published else 2.0
    axes.plot(*line.path, color=look.colour, linestyle=look.dash, zorder=order)
    points = {"color": look.colour, "marker": look.marker, "linestyle": "none", "zorder": order + 0.1}
    axes.plot(line.rates, line.values, **points, **faces, **solid)
    axes.plot([], [], label=line.label, color=look.colour, marker=look.marker, linestyle=look.dash, **faces, **solid)


def _label_ends(axes: Any, lines: Sequence[Line], view: View) -> None:
    """Writes the name of each curve beside the plot, as high as its end where that is free, with a thin line to it."""
    ends = [(end, line) for line in lines if (end := end_of(line, view)) is not None]
    figure = axes.get_figure(root=True)
    figure.draw_without_rendering()  # how high the plot is
    line_height = _font_size() * figure.dpi / 72 * _GAP / axes.get_window_extent().height
    low, high = view.values
    wanted = [(value - low) / (high - low) for (_, value), _ in ends]
    for ((rate, value), line), place in zip(ends, spread(wanted, line_height), strict=True):
        axes.annotate(
            line.label,
            xy=(rate, value),
            xytext=(1.05, place),
            textcoords="axes fraction",
            ha="left",
            va="center",
            color=line.look.colour,
            fontsize=_font_size(),
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": line.look.colour,
                "linewidth": 0.5,
                "alpha": 0.55,
                "shrinkA": 1,
                "shrinkB": 1,
                "relpos": (0, 0.5),
            },
        )


def _font_size() -> float:
    """Size of labels, in points: that of a legend in the style that holds."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    return float(FontProperties(size=rcParams["legend.fontsize"]).get_size_in_points())


def end_of(line: Line, view: View) -> tuple[float, float] | None:
    """Where a curve leaves the view, or ends: rate and value; None where nothing of it is shown.

    A curve of one point ends there.
    """
    for rates, values in (line.path, (line.rates, line.values)):
        shown = np.flatnonzero(view.shows(rates, values))
        if len(shown):
            return float(rates[shown[-1]]), float(values[shown[-1]])
    return None


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Places as near as may be to those that are wanted, none nearer to another than a gap, in their order.

    Places that are too near are moved to both sides of their mean. All keep between 0 and 1, where there is room.

    Args:
        wanted: fractions of a length.
        gap: fraction of it.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    most = 1 - gap * (len(wanted) - 1)
    groups: list[list[float]] = []  # offsets from an even ladder: groups of equal ones, whose means rise
    for rank, index in enumerate(order):
        groups.append([wanted[index] - gap * rank])
        while len(groups) > 1 and np.mean(groups[-2]) >= np.mean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    bottoms = [min(max(float(np.mean(group)), 0.0), max(most, 0.0)) for group in groups for _ in group]
    found = [0.0] * len(wanted)
    for rank, (index, bottom) in enumerate(zip(order, bottoms, strict=True)):
        found[index] = bottom + gap * rank
    return found
