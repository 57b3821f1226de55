"""The curves of a rate–distortion figure as plain data: what is drawn, and what a table or a TeX file of it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.interpolate import drawn_path
from benchmark.metric import Metric
from benchmark.record.row import ESTIMATE
from benchmark.report.figures.appearance import Look, looks_of, looks_of_published
from benchmark.report.figures.choice import series_shown

Floats = npt.NDArray[np.float64]

LOW, HIGH = 0.05, 2.0
"""Rates that people compare pictures at, in bits per pixel: what a figure shows where nobody says otherwise."""


@dataclass(frozen=True)
class Line:
    """A curve of a figure.

    Attributes:
        label: what it is called in the figure.
        look: its colour, marker and dash.
        rates, values: its operating points: bits per pixel, and the metric as figures show it.
        path: the curve through them, rates and values; an operating point that it leaves out is a marker alone.
        is_published: whether others published it.
        is_hollow: whether its markers are: those of others, and of rates that are estimates.
    """

    label: str
    look: Look
    rates: Floats
    values: Floats
    path: tuple[Floats, Floats]
    is_published: bool = False
    is_hollow: bool = False


@dataclass(frozen=True)
class View:
    """What a figure shows: limits of the rate, in bits per pixel, and of the metric."""

    rates: tuple[float, float]
    values: tuple[float, float]

    def shows(self, rates: Floats, values: Floats) -> npt.NDArray[np.bool_]:
        """Which points are in it, shape (N,)."""
        (left, right), (low, high) = self.rates, self.values
        return (rates >= left) & (rates <= right) & (values >= low) & (values <= high)


def lines_of(
    points: pd.DataFrame,
    metric: Metric,
    published: Sequence[Curve] = (),
    *,
    codecs: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    refs: Sequence[str] | None = None,
) -> list[Line]:
    """The curves of one data set.

    Args:
        points: the operating points of one data set and one metric, see ``analysis.results.Results.points``.
        metric: the metric.
        published: curves of others, of the same metric.
        codecs: the codecs or series to show, in this order; None for all.
        names: what to call codecs, series or published curves.
        refs: the published curves to show, by the words that their labels begin with; None for all.

    Raises:
        UsageError: there is no such codec, series or published curve.
    """
    codec_of_series = dict(zip(points["series"], points["codec"], strict=True))
    labels = [curve.label for curve in published]
    shown = series_shown(codec_of_series, labels, codecs=codecs, names=names, refs=refs)
    looks = looks_of(list(codec_of_series), list(codec_of_series.values()))
    plotted = ["series", "rate", "quality", *(["kind"] if "kind" in points else [])]
    whole = points.loc[points["images"] == points["images"].max(), plotted]
    rows_of = dict(list(whole.groupby("series", sort=False)))
    own = []
    for series in (name for name in shown if name in rows_of):
        rows = rows_of[series]
        curve = Curve(list(rows["rate"]), list(rows["quality"]))
        estimated = "kind" in rows and bool((rows["kind"] == ESTIMATE).all())
        own.append(_line(curve, metric, shown[series], looks[series], is_hollow=estimated))
    of_others = {curve.label: curve for curve in published if curve.label in shown}
    others = [
        _line(of_others[label], metric, shown[label], look, is_published=True, is_hollow=True)
        for label, look in looks_of_published([name for name in shown if name in of_others]).items()
    ]
    return [line for line in (*own, *others) if len(line.rates)]


def _line(
    curve: Curve, metric: Metric, label: str, look: Look, *, is_published: bool = False, is_hollow: bool = False
) -> Line:
    rates, values = np.array(curve.rates, float), metric.turned(np.array(curve.qualities, float))
    finite = np.isfinite(rates) & np.isfinite(values)
    order = np.argsort(rates[finite], kind="stable")
    path_rates, path_qualities = drawn_path(*curve.front()[:2])
    path = (path_rates, metric.turned(path_qualities))
    return Line(label, look, rates[finite][order], values[finite][order], path, is_published, is_hollow)


def view_of(
    lines: Sequence[Line],
    *,
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    log_rate: bool = False,
) -> View:
    """What a figure shows: all rates that people compare, as far as the curves go there, and the values there.

    Args:
        lines: the curves.
        xlim, ylim: limits of rate and metric, where somebody says them.
        log_rate: whether the rate's axis is logarithmic.
    """
    rates, values = (np.concatenate([getattr(line, name) for line in lines]) for name in ("rates", "values"))
    if xlim is None:
        usual = (rates >= LOW) & (rates <= HIGH)
        shown = rates[usual] if usual.any() else rates
        xlim = (shown.min() / 1.1 if log_rate else 0.0, shown.max() * 1.04)
    if ylim is None:
        # Of the points and of the curves through them: none leaves the figure above or below.
        places, drawn = (
            np.concatenate([own, *(line.path[axis] for line in lines)]) for axis, own in enumerate((rates, values))
        )
        inside = drawn[(places >= xlim[0]) & (places <= xlim[1])]
        inside = inside if len(inside) else values
        margin = 0.04 * float(np.ptp(inside)) or 0.5
        ylim = (float(inside.min()) - margin, float(inside.max()) + margin)
    return View((float(xlim[0]), float(xlim[1])), (float(ylim[0]), float(ylim[1])))


def table_of(lines: Sequence[Line], metric: Metric) -> pd.DataFrame:
    """All operating points, also those that the figure does not show: a row each."""
    frames = [
        pd.DataFrame(
            {"series": line.label, "published": line.is_published, "bpp": line.rates, metric.column: line.values}
        )
        for line in lines
    ]
    return pd.concat(frames, ignore_index=True)
