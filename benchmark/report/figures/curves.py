"""Rate–distortion curves and histograms, as a paper can take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.points import over_one_space
from benchmark.analysis.results import Results
from benchmark.metric import Metric
from benchmark.report.figures.chart import write
from benchmark.report.figures.rd import rd_chart
from benchmark.report.figures.style import COLOURS, PRINT, WIDTHS, figure_of, save, small_title
from benchmark.system.files import slug


def draw_rd_curves(
    points: pd.DataFrame,
    metric: Metric,
    path: Path,
    *,
    width: float = WIDTHS["double"],
    log_rate: bool = False,
    references: Sequence[Curve] = (),
    forms: Sequence[str] = PRINT,
) -> list[Path]:
    """Writes one metric against bpp, a curve for each codec: a chart of :func:`benchmark.report.figures.rd.rd_chart`.

    Args:
        points: the operating points of one data set and this metric, see ``analysis.results.Results.points``.
        metric: what to draw upwards.
        path: without an ending.
        width: the width of the figure in inches.
        log_rate: whether the rate's axis is logarithmic.
        references: others' curves of this metric.
        forms: see :func:`benchmark.report.figures.style.save`.

    Returns:
        The files written; none if no operating point has a value.
    """
    chart = rd_chart(points, metric, references, log_rate=log_rate)
    return write([chart] if chart else [], path, width=width, forms=forms)


def draw_all(results: Results, metrics: Sequence[Metric], folder: Path) -> list[Path]:
    """Draws metrics of every data set of results, each over one space, in the forms of print.

    Args:
        results: see ``analysis.results.read_results``.
        metrics: what to draw, as :func:`benchmark.analysis.points.over_one_space` chooses of them.
        folder: the folder of the files ``rd_<metric>.<format>``; each of several data sets gets a folder below it.
    """
    written = []
    points = {metric: results.points(metric) for metric in metrics}
    datasets = list(dict.fromkeys(results.summary["dataset"]))
    for dataset in datasets:
        below = folder if len(datasets) == 1 else folder / slug(dataset)
        shown = {metric: rows[rows["dataset"] == dataset] for metric, rows in points.items()}
        for metric in over_one_space(shown):
            written += draw_rd_curves(shown[metric], metric, below / f"rd_{metric.column}")
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
