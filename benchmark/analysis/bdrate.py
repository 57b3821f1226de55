"""Bjøntegaard deltas: how much rate one curve saves against another at equal quality, and how much quality it gains.

Bjøntegaard, "Calculation of average PSNR differences between RD-curves", VCEG-M33, 2001. The average is taken over the
range that both curves have, of the logarithm of the rate; nothing is extrapolated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmark.analysis.curve import Curve, Floats, Results
from benchmark.errors import UsageError

LEAST_POINTS = 4
"""Points that a curve needs."""

LEAST_OVERLAP = 0.5
"""Share of the range in common below which a result is flagged."""


@dataclass(frozen=True)
class BDResult:
    """A Bjøntegaard delta.

    Attributes:
        value: in percent of the anchor's rate (negative is better), or in the unit of the quality (positive is
            better); NaN where it was refused.
        low, high: the range over which it is the average: of the quality for a rate, in bits per pixel for a quality.
        overlap: length of that range, as a share of the range that either curve covers; of the logarithm for a rate.
        flags: why it was refused, or what to know of it; empty when all is well.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    overlap: float = math.nan
    flags: tuple[str, ...] = ()


def _pchip(x: Floats, y: Floats) -> Any:
    from scipy.interpolate import PchipInterpolator

    return PchipInterpolator(x, y).antiderivative()


def _akima(x: Floats, y: Floats) -> Any:
    from scipy.interpolate import Akima1DInterpolator

    return Akima1DInterpolator(x, y).antiderivative()


def _cubic(x: Floats, y: Floats) -> Any:
    return np.polynomial.Polynomial.fit(x, y, 3).integ()


INTERPOLATORS: dict[str, Callable[[Floats, Floats], Any]] = {"pchip": _pchip, "akima": _akima, "cubic": _cubic}
"""Antiderivatives of a curve through points. ``pchip``: monotone piecewise cubic (Fritsch and Carlson); ``akima``:
Akima's; ``cubic``: one polynomial of third degree, fitted by least squares, as in VCEG-M33."""


def bd_rate(anchor: Curve, test: Curve, interpolator: str = "pchip") -> BDResult:
    """Average difference in rate at equal quality, in percent of the anchor's: negative where the test needs less.

    Args:
        anchor, test: curves of one quality over the same images.
        interpolator: a name of :data:`INTERPOLATORS`.

    Returns:
        The difference. Refused are curves over other data sets or images, with fewer than four points, or without a
        range of quality in common. Flagged are points left out (see :meth:`Curve.front`) and a small overlap.

    Raises:
        UsageError: an unknown interpolator.
    """
    return _delta(anchor, test, interpolator, of_rate=True)


def bd_metric(anchor: Curve, test: Curve, interpolator: str = "pchip") -> BDResult:
    """Average difference in quality at equal rate, in the quality's unit: positive where the test is better.

    Arguments, refusals and errors are those of :func:`bd_rate`.
    """
    return _delta(anchor, test, interpolator, of_rate=False)


def _delta(anchor: Curve, test: Curve, interpolator: str, *, of_rate: bool) -> BDResult:
    if interpolator not in INTERPOLATORS:
        raise UsageError(f"unknown interpolator {interpolator!r}; known: {', '.join(INTERPOLATORS)}")
    refusal = _mismatch(anchor, test)
    if refusal:
        return BDResult(math.nan, flags=(*anchor.notes, *test.notes, refusal))
    flags = [*anchor.notes, *test.notes]
    pairs = []
    for curve in (anchor, test):
        rates, qualities, notes = curve.front()
        flags += [note for note in notes if note not in flags]
        if len(rates) < LEAST_POINTS:
            points = f"{len(rates)} point{'s' if len(rates) != 1 else ''}"
            return BDResult(math.nan, flags=(*flags, f"refused: {curve.label} has {points}, needs {LEAST_POINTS}"))
        pairs.append((qualities, np.log10(rates)) if of_rate else (np.log10(rates), qualities))
    axis = "quality" if of_rate else "rate"
    ends = [(x[0], x[-1]) for x, _ in pairs]
    low, high = max(first for first, _ in ends), min(last for _, last in ends)
    if high <= low:
        return BDResult(math.nan, overlap=0.0, flags=(*flags, f"refused: the curves have no {axis} in common"))
    overlap = (high - low) / (max(last for _, last in ends) - min(first for first, _ in ends))
    if overlap < LEAST_OVERLAP:
        flags.append(f"only {overlap:.0%} of their range of {axis} is common to both curves")
    means = []
    for x, y in pairs:
        integral = INTERPOLATORS[interpolator](x, y)
        means.append(float(integral(high) - integral(low)) / float(high - low))
    difference = means[1] - means[0]
    if of_rate:
        return BDResult(100 * (10**difference - 1), float(low), float(high), float(overlap), tuple(flags))
    return BDResult(difference, float(10**low), float(10**high), float(overlap), tuple(flags))


def _mismatch(anchor: Curve, test: Curve) -> str:
    """Why two curves must not be compared; empty when they may."""
    if anchor.dataset != test.dataset:
        return f"refused: on {test.dataset}, the anchor on {anchor.dataset}"
    if anchor.images != test.images:
        return f"refused: {test.label} covers {test.images} images, the anchor {anchor.images}"
    if anchor.covers and test.covers and anchor.covers != test.covers:
        others = len(test.covers - anchor.covers)
        return f"refused: {others} of the images of {test.label} are not those of the anchor"
    return ""


def bd_table(
    results: Results, anchor: str, column: str, *, decibels: bool = False, interpolator: str = "pchip",
    every_image: bool = False,
) -> pd.DataFrame:
    """Every series against an anchor, on each data set.

    Args:
        results: see :func:`benchmark.analysis.curve.read_results`.
        anchor: a series, or a codec that has but one.
        column: quality, a column of the records.
        decibels: whether it is compared as −10·log₁₀(1 − quality).
        interpolator: see :func:`bd_rate`.
        every_image: whether rows of single images follow that of their mean.

    Returns:
        A row for each data set × series: ``bd_rate`` in percent with its range ``low``–``high`` of quality and share
        ``overlap``; ``bd_metric`` with ``rate_low``, ``rate_high``, ``rate_overlap``; ``points``; ``images``; then
        mean, standard deviation (n − 1) and number of the BD-rates of single images, NaN and 0 where there are no
        records; ``flags``. ``image`` is empty for the row of the mean curve.

    Raises:
        UsageError: no series is the anchor, or several are; no such column; an unknown interpolator.
    """
    curves = results.curves(column, decibels=decibels)
    name = anchor_series(results.summary, anchor)
    by_image: dict[tuple[str, str, str], Curve] = {
        (curve.dataset, curve.label, curve.image): curve
        for curve in (results.image_curves(column, decibels=decibels) if column in results.records else [])
    }
    rows = []
    for curve in curves:
        base = next((other for other in curves if other.label == name and other.dataset == curve.dataset), None)
        common = {"dataset": curve.dataset, "series": curve.label, "image": "", "anchor": name, "metric": column}
        if base is None:
            rows.append(_row(common, curve, *[BDResult(math.nan, flags=("refused: the anchor is not there",))] * 2))
            continue
        single = []
        for (dataset, label, image), own in by_image.items():
            other = by_image.get((dataset, name, image))
            if (dataset, label) == (curve.dataset, curve.label) and other is not None:
                pair = bd_rate(other, own, interpolator), bd_metric(other, own, interpolator)
                single.append(_row({**common, "image": image}, own, *pair))
        values = np.array([row["bd_rate"] for row in single], float)
        values = values[~np.isnan(values)]
        both = bd_rate(base, curve, interpolator), bd_metric(base, curve, interpolator)
        rows.append(_row(common, curve, *both) | {
            "image_mean": values.mean() if len(values) else math.nan,
            "image_std": values.std(ddof=1) if len(values) > 1 else math.nan,
            "image_count": len(values),
        })
        rows += single if every_image else []
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = (
    "dataset", "series", "image", "anchor", "metric", "bd_rate", "low", "high", "overlap", "bd_metric", "rate_low",
    "rate_high", "rate_overlap", "points", "images", "image_mean", "image_std", "image_count", "flags",
)
"""Columns of :func:`bd_table`."""


def _row(common: dict[str, str], curve: Curve, rate: BDResult, metric: BDResult) -> dict[str, Any]:
    return {
        **common,
        "bd_rate": rate.value, "low": rate.low, "high": rate.high, "overlap": rate.overlap,
        "bd_metric": metric.value, "rate_low": metric.low, "rate_high": metric.high, "rate_overlap": metric.overlap,
        "points": len(curve.rates), "images": curve.images,
        "image_mean": math.nan, "image_std": math.nan, "image_count": 0,
        "flags": "; ".join(dict.fromkeys((*rate.flags, *metric.flags))),
    }


def anchor_series(summary: pd.DataFrame, anchor: str) -> str:
    """The series that a text names: its label, or its codec where that has one alone.

    Raises:
        UsageError: there is none, or several.
    """
    known = list(dict.fromkeys(summary["series"]))
    if anchor in known:
        return anchor
    found = list(dict.fromkeys(summary.loc[summary["codec"] == anchor, "series"]))
    if len(found) != 1:
        problem = "several series" if found else "no series"
        raise UsageError(f"anchor {anchor!r} is {problem} of the results; name one of: {'; '.join(found or known)}")
    return str(found[0])
