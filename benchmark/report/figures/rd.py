"""Rate–distortion curves: one metric against bits per pixel, a curve for each codec."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.points import mixed_sizes
from benchmark.analysis.table import dataset_labels
from benchmark.errors import UsageError, counted
from benchmark.metric import Metric
from benchmark.report.figures.chart import Chart
from benchmark.report.figures.lines import Line, View, lines_of, table_of, view_of
from benchmark.report.figures.names import lead
from benchmark.report.figures.style import folded, lay_out, legend_size, log_ticks, small_title

Labels = Literal["end", "legend"]
"""Where the names of curves stand: at their ends, or in a legend."""

_GOLDEN = 0.72
"""Height of a figure over its width, where it has room for its labels."""

_GAP = 1.27
"""Distance of two labels, in heights of a line of text."""

_LINE = 0.135
"""Height of a line of text, with what parts it from the next, in inches."""

_WIDEST = 0.3
"""Share of a figure's width that labels may take; longer ones have several lines."""


@dataclass(frozen=True)
class RdChart(Chart):
    """Rate–distortion curves.

    Attributes:
        lines: the curves.
        view: what is shown of them.
        metric: what is drawn upwards.
        rate_label: the text of the rate's axis.
        labels: where the names of the curves stand.
        log_rate: whether the rate's axis is logarithmic.
        title: what the figure covers.
    """

    lines: Sequence[Line]
    view: View
    metric: Metric
    rate_label: str = "rate (bits per pixel)"
    labels: Labels = "end"
    log_rate: bool = False
    title: str = ""

    def height(self, width: float) -> float:
        """So that the names of all curves have room beside the plot."""
        lines = [folded(line.label, _WIDEST * width, 8).count("\n") + 1 for line in self.lines]
        return max(_GOLDEN * width, 0.75 + _LINE * sum(lines))

    def draw(self, axes: Any) -> None:
        """Draws the curves, and tells above them how many of their points the view leaves out."""
        axes.set_xlabel(self.rate_label)
        axes.set_ylabel(self.metric.axis)
        if self.log_rate:
            log_ticks(axes.set_xscale, axes.xaxis)
        axes.set_xlim(self.view.rates)
        axes.set_ylim(self.view.values)
        for line in self.lines:
            _draw(axes, line)
        outside = sum(int((~self.view.shows(line.rates, line.values)).sum()) for line in self.lines)
        told = f"{counted(outside, 'point')} outside not shown" if outside else ""
        if text := "; ".join(filter(None, (self.title, told))):
            small_title(axes, text)
        if self.labels == "legend":
            axes.legend(handlelength=3.0)
        else:
            _label_ends(axes, self.lines, self.view)

    def table(self) -> pd.DataFrame:
        """All operating points, also those that the view leaves out."""
        return table_of(self.lines, self.metric)


def rd_chart(
    points: pd.DataFrame,
    metric: Metric,
    published: Sequence[Curve] = (),
    *,
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    log_rate: bool = False,
    labels: Labels = "end",
    **chosen: Any,
) -> RdChart | None:
    """The curves of one data set; none where no operating point has a finite value.

    Points are means over images; those that cover fewer images than the rest are left out and counted above the plot.

    Args:
        points: the operating points of one data set and this metric, see ``analysis.results.Results.points``.
        metric: what to draw upwards.
        published: curves of others, of the same metric.
        xlim, ylim, log_rate: see :func:`benchmark.report.figures.lines.view_of`.
        labels: where the names of the curves stand.
        chosen: ``codecs``, ``names`` and ``refs`` of :func:`benchmark.report.figures.lines.lines_of`.

    Raises:
        UsageError: see :func:`benchmark.report.figures.lines.lines_of`; or the limits show nothing of any curve.
    """
    lines = lines_of(points, metric, published, **chosen)
    if not lines:
        return None
    (dataset,) = dataset_labels(points).values()
    valued = points[np.isfinite(points["rate"].astype(float)) & np.isfinite(points["quality"].astype(float))]
    images = int(points["images"].max())
    title = f"{dataset}, mean of {counted(images, 'image')}"
    if left_out := int((valued["images"] < images).sum()):
        title += f"; {counted(left_out, 'incomplete point')} left out"
    pooled = ", all bits over all pixels" if mixed_sizes(points) else ""
    view = view_of(lines, xlim=xlim, ylim=ylim, log_rate=log_rate)
    if not any(view.shows(*line.path).any() or view.shows(line.rates, line.values).any() for line in lines):
        told = [
            f"{words} {low:g} to {high:g}" for words, (low, high) in (("rates", view.rates), ("values", view.values))
        ]
        raise UsageError(f"no curve has a point at {' and '.join(told)}: name other limits, or none")
    return RdChart(lines, view, metric, f"rate (bits per pixel{pooled})", labels, log_rate, title)


def _draw(axes: Any, line: Line) -> None:
    """Draws a curve and its points; a legend shows both together."""
    look = line.look
    faces = {"markerfacecolor": "white", "markeredgecolor": look.colour} if line.is_hollow else {}
    solid = {} if line.is_hollow else {"markeredgecolor": "white", "markeredgewidth": 0.25}
    order = 1.8 if line.is_published else 2.0
    axes.plot(*line.path, color=look.colour, linestyle=look.dash, zorder=order)
    points = {"color": look.colour, "marker": look.marker, "linestyle": "none", "zorder": order + 0.1}
    axes.plot(line.rates, line.values, **points, **faces, **solid)
    axes.plot([], [], label=line.label, color=look.colour, marker=look.marker, linestyle=look.dash, **faces, **solid)


def _label_ends(axes: Any, lines: Sequence[Line], view: View) -> None:
    """Writes the name of each curve beside the plot, as high as its end where that is free, with a thin line to it."""
    ends = [(end, line) for line in lines if (end := end_of(line, view)) is not None]
    figure = axes.get_figure(root=True)
    lay_out(figure)  # how high the plot is
    inches, size = figure.bbox.width / figure.dpi, legend_size()
    texts = [folded(line.label, _WIDEST * inches, size) for _, line in ends]
    line_height = size * figure.dpi / 72 * _GAP / axes.get_window_extent().height
    low, high = view.values
    notes = [
        axes.text(
            1.05, 0.5, text, transform=axes.transAxes, ha="left", va="center", color=line.look.colour, fontsize=size
        )
        for (_, line), text in zip(ends, texts, strict=True)
    ]
    # Lines of one text are as far apart as its font says, which for some is farther than names are.
    high_as = [_height(note) / axes.get_window_extent().height for note in notes]
    sizes = [max(line_height, height + line_height * (1 - 1 / _GAP)) for height in high_as]
    wanted = [(value - low) / (high - low) for (_, value), _ in ends]
    for note, (end, line), place in zip(notes, ends, spread(wanted, sizes), strict=True):
        note.set_position((1.05, place))
        lead(axes, end, (1.05, place), line.look.colour)


def _height(note: Any) -> float:
    """The height of a text in dots where it has several lines; else 0."""
    return float(note.get_window_extent().height) if "\n" in note.get_text() else 0.0


def end_of(line: Line, view: View) -> tuple[float, float] | None:
    """Where a curve leaves the view, or ends: rate and value; None where nothing of it is shown.

    A curve of one point ends there.
    """
    for rates, values in (line.path, (line.rates, line.values)):
        shown = np.flatnonzero(view.shows(rates, values))
        if len(shown):
            return float(rates[shown[-1]]), float(values[shown[-1]])
    return None


def spread(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Middles as near as may be to those that are wanted, of things that do not overlap, in their order.

    Things that are too near are moved to both sides of their mean. All middles keep between 0 and 1, where there is
    room.

    Args:
        wanted: where the middles should be, as fractions of a length.
        sizes: how long the things are, as fractions of it.
    """
    if not wanted:
        return []
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    gaps = [0.0, *((sizes[one] + sizes[other]) / 2 for one, other in itertools.pairwise(order))]
    ladder = np.cumsum(gaps)
    most = max(1 - float(ladder[-1]), 0.0)
    groups: list[list[float]] = []  # offsets from the ladder: groups of equal ones, whose means rise
    for rank, index in enumerate(order):
        groups.append([wanted[index] - ladder[rank]])
        while len(groups) > 1 and np.mean(groups[-2]) >= np.mean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    bottoms = [min(max(float(np.mean(group)), 0.0), most) for group in groups for _ in group]
    found = [0.0] * len(wanted)
    for rank, (index, bottom) in enumerate(zip(order, bottoms, strict=True)):
        found[index] = bottom + float(ladder[rank])
    return found
