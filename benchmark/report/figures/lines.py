"""The curves of a rate–distortion figure as plain data: what is drawn, and what a table or a TeX file of it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.interpolate import drawn_path
from benchmark.errors import UsageError, meant
from benchmark.metric import Metric
from benchmark.report.figures.appearance import LOOKS, MARKERS, Look, codec_of, looks_of
from benchmark.report.figures.style import REFERENCE

Floats = npt.NDArray[np.float64]

LOW, HIGH = 0.05, 2.0
"""Rates that people compare pictures at, in bits per pixel: what a figure shows where nobody says otherwise."""

_DASHED = (0, (4, 1.6))


@dataclass(frozen=True)
class Line:
    """A curve of a figure.

    Attributes:
        label: what it is called in the figure.
        look: its colour, marker and dash.
        rates, values: its operating points: bits per pixel, and the metric as figures show it.
        path: the curve through them, rates and values; an operating point that it leaves out is a marker alone.
        is_published: whether others published it: then its markers are hollow.
    """

    label: str
    look: Look
    rates: Floats
    values: Floats
    path: tuple[Floats, Floats]
    is_published: bool = False


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
    given = dict(names or {})
    own = _own(points, metric, codecs, given)
    others = _published(published, metric, refs, given)
    if unknown := set(given):
        known = [*points["series"].unique(), *(curve.label for curve in published)]
        name = min(unknown)
        raise UsageError(f"names: no series {name!r}; there are {', '.join(map(str, known))}{meant(name, known)}")
    return [*own, *others]


def _own(points: pd.DataFrame, metric: Metric, codecs: Sequence[str] | None, names: dict[str, str]) -> list[Line]:
    codec_of_series = dict(zip(points["series"], points["codec"], strict=True))
    looks = looks_of(list(codec_of_series), list(codec_of_series.values()))
    known = [*codec_of_series, *codec_of_series.values()]
    chosen = list(codec_of_series) if codecs is None else []
    for name in codecs or ():
        found = [label for label, codec in codec_of_series.items() if name in (label, codec)]
        if not found:
            few = ", ".join(dict.fromkeys(codec_of_series.values()))
            raise UsageError(f"codecs: the results have no {name!r}; they have {few}{meant(name, known)}")
        chosen += [label for label in found if label not in chosen]
    lines = []
    for series in chosen:
        codec = codec_of_series[series]
        rows = points[points["series"] == series]
        rows = rows[rows["images"] == points["images"].max()]
        curve = Curve(list(rows["rate"]), list(rows["quality"]))
        label = looks[series].name
        if codec in names:
            label = names[codec] + series.removeprefix(codec)
        label = names.get(series, label)
        line = _line(curve, metric, label, looks[series])
        if len(line.rates):
            lines.append(line)
    for key in [key for key in names if key in known]:
        del names[key]
    return lines


def _published(
    curves: Sequence[Curve], metric: Metric, refs: Sequence[str] | None, names: dict[str, str]
) -> list[Line]:
    chosen = list(curves) if refs is None else []
    for name in refs or ():
        found = [curve for curve in curves if curve.label.lower().startswith(name.lower())]
        if not found:
            labels = ", ".join(curve.label for curve in curves) or "none: name their files among the results"
            raise UsageError(f"refs: no published curve begins with {name!r}; there are {labels}")
        chosen += [curve for curve in found if curve not in chosen]
    marked: dict[str, int] = {}
    lines = []
    for curve in chosen:
        known = LOOKS.get(codec_of(curve.label))
        place = marked[known.name if known else ""] = marked.get(known.name if known else "", -1) + 1
        # Curves of one codec differ by their markers, and so do those of none that is known.
        marker = known.marker if known and not place else MARKERS[place % len(MARKERS)]
        look = Look(curve.label, known.colour if known else REFERENCE, marker, _DASHED)
        lines.append(_line(curve, metric, names.get(curve.label, curve.label), look, is_published=True))
    for curve in curves:
        names.pop(curve.label, None)
    return [line for line in lines if len(line.rates)]


def _line(curve: Curve, metric: Metric, label: str, look: Look, *, is_published: bool = False) -> Line:
    rates, values = np.array(curve.rates, float), metric.turned(np.array(curve.qualities, float))
    finite = np.isfinite(rates) & np.isfinite(values)
    order = np.argsort(rates[finite], kind="stable")
    path_rates, path_qualities = drawn_path(*curve.front()[:2])
    path = (path_rates, metric.turned(path_qualities))
    return Line(label, look, rates[finite][order], values[finite][order], path, is_published)


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
        inside = values[(rates >= xlim[0]) & (rates <= xlim[1])]
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
