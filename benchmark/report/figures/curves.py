"""Rate–distortion curves and histograms, as a paper can take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.interpolate import drawn_path
from benchmark.analysis.points import mixed_sizes
from benchmark.analysis.results import Results
from benchmark.analysis.table import dataset_labels
from benchmark.metric import Metric
from benchmark.record.row import ESTIMATE
from benchmark.report.figures.appearance import Look, looks_of
from benchmark.report.figures.style import (
    COLOURS,
    PRINT,
    REFERENCE,
    WIDTHS,
    figure_of,
    log_ticks,
    save,
    small_title,
)
from benchmark.system.files import slug

_WIDE = 4.0
"""Rates above this, in bits per pixel, are drawn on a logarithmic axis: they would squeeze all that is of use."""

_REFERENCE_DASHES: tuple[Any, ...] = ((0, (5, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.2, 1.2, 1.2)))


def draw_rd_curves(
    points: pd.DataFrame,
    metric: Metric,
    path: Path,
    *,
    width: float = WIDTHS["double"],
    log_rate: bool | None = None,
    references: Sequence[Curve] = (),
    forms: Sequence[str] = PRINT,
) -> list[Path]:
    """Draws one metric against bpp, a curve for each codec.

    Points are means over images; those that cover fewer images than the rest are left out and counted above the plot.
    A codec with a single point, such as a lossless one at its infinite PSNR, is drawn only if its values are finite.
    The line through them is the curve that BD-rates integrate; a point that it leaves out is a marker alone.

    Args:
        points: the operating points of one data set and this metric, see ``analysis.results.Results.points``.
        metric: what to draw upwards.
        path: without an ending.
        width: the width of the figure in inches.
        log_rate: whether the rate's axis is logarithmic; if it is not said, where there are high rates.
        references: others' curves of this metric, drawn in grey.
        forms: see :func:`benchmark.report.figures.style.save`.

    Returns:
        The files written; none if no operating point has a value.
    """
    styles = looks_of(list(points["series"]), list(points["codec"]))
    pooled = bool(mixed_sizes(points))
    points = points.assign(value=metric.turned(points["quality"]))
    points = points[np.isfinite(points["rate"].astype(float)) & np.isfinite(points["value"].astype(float))]
    if points.empty:
        return []
    complete = points["images"] == points["images"].max()
    left_out = int((~complete).sum())
    points = points[complete]
    layout = _layout([*points["series"].unique(), *(curve.label for curve in references)], width)
    with figure_of(width, layout.height) as figure:
        axes = figure.add_subplot()
        _draw_references(axes, references, metric)
        _draw_codecs(axes, points, metric, styles)
        axes.set_xlabel("rate (bits per pixel, all bits over all pixels)" if pooled else "rate (bits per pixel)")
        axes.set_ylabel(metric.axis if layout.beside else metric.axis.replace(" (dB, ", "\n(dB, "))
        axes.margins(y=0.04)
        if points["rate"].max() > _WIDE if log_rate is None else log_rate:
            log_ticks(axes.set_xscale, axes.xaxis)
        else:
            axes.set_xlim(left=0)
        _draw_legend(figure, axes, layout, len(references))
        small_title(axes, _covers(points, left_out))
        return save(figure, path, forms)


@dataclass(frozen=True)
class _Layout:
    """How high a figure is, in inches; whether its legend stands beside the plot or below it; the legend's columns."""

    height: float
    beside: bool
    columns: int


def _layout(labels: Sequence[str], width: float) -> _Layout:
    """The layout of a figure of some width, in inches, whose legend has these labels."""
    count = len(labels)
    if width >= WIDTHS["double"]:
        return _Layout(max(3.4, 0.165 * count + 0.5), beside=True, columns=1)
    # Below the plot, as many columns as fit, all about as long; 0.06 inches is a letter's width.
    rows = -(-count // max(1, int(width / (0.06 * max(map(len, labels)) + 0.4))))
    return _Layout(2.5 + 0.135 * rows, beside=False, columns=-(-count // rows))


def _draw_references(axes: Any, references: Sequence[Curve], metric: Metric) -> None:
    """Draws others' curves in grey, below those of codecs."""
    for place, curve in enumerate(references):
        rates, qualities, _ = curve.front()
        rates, qualities = drawn_path(rates, qualities)
        axes.plot(
            rates,
            metric.turned(qualities),
            label=curve.label,
            color=REFERENCE,
            zorder=1.5,
            linewidth=0.9,
            linestyle=_REFERENCE_DASHES[place % len(_REFERENCE_DASHES)],
        )


def _draw_codecs(axes: Any, points: pd.DataFrame, metric: Metric, styles: Mapping[str, Look]) -> None:
    """Draws each series: its curve, its points, and what the legend shows."""
    filled = {"markeredgecolor": "white", "markeredgewidth": 0.25}
    for label, group in points.groupby("series", sort=False):
        style = styles[str(label)]
        # Rates that are estimates are hollow.
        hollow = "kind" in group and (group["kind"] == ESTIMATE).all()
        look = {"markeredgecolor": style.colour, "markerfacecolor": "white"} if hollow else filled
        curve = Curve(list(group["rate"]), list(group["quality"]))
        rates, qualities = drawn_path(*curve.front()[:2])
        axes.plot(rates, metric.turned(qualities), color=style.colour, linestyle=style.dash)
        axes.plot(group["rate"], group["value"], color=style.colour, marker=style.marker, linestyle="none", **look)
        # What the legend shows: line and marker together.
        axes.plot([], [], label=str(label), color=style.colour, marker=style.marker, linestyle=style.dash, **look)


def _draw_legend(figure: Any, axes: Any, layout: _Layout, references: int) -> None:
    """Draws the legend: the codecs, then others' curves, which were drawn first."""
    handles, labels = axes.get_legend_handles_labels()
    order = [*range(references, len(handles)), *range(references)]
    figure.legend(
        [handles[place] for place in order],
        [labels[place] for place in order],
        loc="outside right upper" if layout.beside else "outside lower center",
        ncols=layout.columns,
        handlelength=3.0,
        columnspacing=1.0,
        handletextpad=0.5,
        labelspacing=0.35,
    )


def _covers(points: pd.DataFrame, left_out: int) -> str:
    images = int(points["images"].max())
    (dataset,) = dataset_labels(points).values()
    text = f"{dataset}, mean of {images} image{'s' if images != 1 else ''}"
    return f"{text}; {left_out} incomplete points left out" if left_out else text


def draw_all(results: Results, metrics: Sequence[Metric], folder: Path) -> list[Path]:
    """Draws every metric of every data set of results, in the forms of print.

    Args:
        results: see ``analysis.results.read_results``.
        metrics: what to draw.
        folder: the folder of the files ``rd_<metric>.<format>``; each of several data sets gets a folder below it.
    """
    written = []
    datasets = list(dict.fromkeys(results.summary["dataset"]))
    for metric in metrics:
        points = results.points(metric)
        for dataset in datasets:
            below = folder if len(datasets) == 1 else folder / slug(dataset)
            written += draw_rd_curves(points[points["dataset"] == dataset], metric, below / f"rd_{metric.column}")
    return written


@dataclass(frozen=True)
class Band:
    """A range of values that a histogram marks, with its name."""

    name: str
    low: float
    high: float


def draw_histograms(
    edges: npt.NDArray[np.float64],
    counts: Mapping[str, npt.NDArray[np.int64]],
    bands: Sequence[Band],
    label: str,
    path: Path,
) -> list[Path]:
    """Draws a histogram with bands marked, and below it those of parts of the same values, in the forms of print.

    Args:
        edges: the edges of the bins, shape (N + 1,).
        counts: how many values lie in each bin, shape (N,): first all values, then each part by name.
        bands: the ranges to mark in the upper plot.
        label: the text of the horizontal axis.
        path: without an ending.

    Returns:
        The files written.
    """
    (_, whole), *parts = counts.items()
    with figure_of(5.0, 4.4) as figure:
        upper, lower = figure.subplots(2, sharex=True)
        upper.stairs(whole, edges, fill=True, color="#BBBBBB")
        for place, (name, part) in enumerate(parts):
            lower.stairs(part, edges, label=name, color=COLOURS[place % len(COLOURS)], linewidth=1.3)
        names = [name for name, _ in parts]
        for band in bands:
            colour = COLOURS[names.index(band.name) % len(COLOURS)]
            upper.axvspan(band.low, band.high, color=colour, alpha=0.22, linewidth=0, label=band.name)
        for axes in (upper, lower):
            axes.set_ylabel("patches in a bin")
            axes.set_ylim(bottom=0)
            axes.legend(loc="upper right")
        small_title(upper, f"all {int(whole.sum()):,} patches")
        small_title(lower, "by set")
        lower.set_xlabel(label)
        return save(figure, path, PRINT)
