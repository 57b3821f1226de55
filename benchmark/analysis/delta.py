"""Bjøntegaard deltas: how much rate one curve saves against another at equal quality, and how much quality it gains.

Bjøntegaard, "Calculation of average PSNR differences between RD-curves", VCEG-M33, 2001. The average is taken over the
range that both curves have, of the logarithm of the rate; nothing is extrapolated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmark.analysis.curve import Curve
from benchmark.analysis.interpolate import Floats, pchip_means
from benchmark.errors import UsageError, counted, did_you_mean

LEAST_POINTS = 4
"""Points that a curve needs."""

LEAST_OVERLAP = 0.2
"""Share of the range in common below which a result is refused: it would be that of the ends of two curves."""

SMALL_OVERLAP = 0.5
"""Share of the range in common below which a result is flagged."""


@dataclass(frozen=True)
class BDResult:
    """A Bjøntegaard delta.

    Attributes:
        value: the difference, in percent of the anchor's rate (negative is better), or in the quality's unit (positive
            is better); NaN where it was refused.
        low, high: the range over which it is the average: of the quality for a rate, in bits per pixel for a quality.
        overlap: length of that range, as a share of the range that either curve covers; of the logarithm for a rate.
        flags: why it was refused, or what to know of it; empty when all is well.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    overlap: float = math.nan
    flags: tuple[str, ...] = ()


def _pchip(x: Floats, y: Floats, low: float, high: float) -> float:
    return float(pchip_means(x[None], y[None], np.array([low]), np.array([high]))[0])


def _akima(x: Floats, y: Floats, low: float, high: float) -> float:
    from scipy.interpolate import Akima1DInterpolator

    return float(Akima1DInterpolator(x, y).integrate(low, high)) / (high - low)


def _cubic(x: Floats, y: Floats, low: float, high: float) -> float:
    integral = np.polynomial.Polynomial.fit(x, y, 3).integ()
    return float(integral(high) - integral(low)) / (high - low)


INTERPOLATORS: dict[str, Callable[[Floats, Floats, float, float], float]] = {
    "pchip": _pchip,
    "akima": _akima,
    "cubic": _cubic,
}
"""Means of a curve through points between two places. ``pchip``: monotone piecewise cubic (Fritsch and Carlson);
``akima``: Akima's; ``cubic``: one polynomial of third degree, fitted by least squares, as in VCEG-M33."""


def bd_rate(anchor: Curve, test: Curve, interpolator: str = "pchip") -> BDResult:
    """Average difference in rate at equal quality, in percent of the anchor's: negative where the test needs less.

    Args:
        anchor, test: curves of one quality over the same images.
        interpolator: a name of :data:`INTERPOLATORS`.

    Returns:
        The difference. Refused are curves over other data sets or images, with fewer than four points, or with less
        than :data:`LEAST_OVERLAP` of their range of quality in common. Flagged are points left out (see
        :meth:`Curve.front`) and an overlap below :data:`SMALL_OVERLAP`.

    Raises:
        UsageError: an unknown interpolator.
    """
    return _delta(anchor, test, interpolator, of_rate=True)


def bd_metric(anchor: Curve, test: Curve, interpolator: str = "pchip") -> BDResult:
    """Average difference in quality at equal rate, in the quality's unit: positive where the test is better.

    Arguments, refusals and errors are those of :func:`bd_rate`.
    """
    return _delta(anchor, test, interpolator, of_rate=False)


def remarks(anchor: Curve, test: Curve) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The flags of :func:`bd_rate` and of :func:`bd_metric`, without what takes most of their time."""
    return _common(anchor, test, of_rate=True)[0].flags, _common(anchor, test, of_rate=False)[0].flags


def _delta(anchor: Curve, test: Curve, interpolator: str, *, of_rate: bool) -> BDResult:
    if interpolator not in INTERPOLATORS:
        raise UsageError(f"unknown interpolator {interpolator!r}{did_you_mean(interpolator, INTERPOLATORS)}")
    found, pairs = _common(anchor, test, of_rate=of_rate)
    if math.isnan(found.low):
        return found
    means = [INTERPOLATORS[interpolator](x, y, found.low, found.high) for x, y in pairs]
    difference = means[1] - means[0]
    if of_rate:
        return replace(found, value=100 * (10**difference - 1))
    return replace(found, value=difference, low=float(10**found.low), high=float(10**found.high))


def _common(anchor: Curve, test: Curve, *, of_rate: bool) -> tuple[BDResult, list[tuple[Floats, Floats]]]:
    """The range that two curves have in common, with the flags, and both as what is averaged over it, and its values.

    The range is of the quality, or of the logarithm of the rate; it is NaN where a difference is refused.
    """
    refusal = _mismatch(anchor, test)
    if refusal:
        return BDResult(math.nan, flags=(*anchor.notes, *test.notes, refusal)), []
    flags = [*anchor.notes, *test.notes]
    pairs = []
    for curve in (anchor, test):
        rates, qualities, notes = curve.front()
        flags += [note for note in notes if note not in flags]
        if len(rates) < LEAST_POINTS:
            few = f"refused: {curve.label} has {counted(len(rates), 'point')}, needs {LEAST_POINTS}"
            return BDResult(math.nan, flags=(*flags, few)), []
        pairs.append((qualities, np.log10(rates)) if of_rate else (np.log10(rates), qualities))
    axis = "quality" if of_rate else "rate"
    ends = [(x[0], x[-1]) for x, _ in pairs]
    low, high = max(first for first, _ in ends), min(last for _, last in ends)
    if high <= low:
        return BDResult(math.nan, overlap=0.0, flags=(*flags, f"refused: the curves have no {axis} in common")), []
    overlap = (high - low) / (max(last for _, last in ends) - min(first for first, _ in ends))
    if overlap < LEAST_OVERLAP:
        share, least = _apart(overlap, LEAST_OVERLAP)
        flags.append(f"refused: only {share} of their range of {axis} is common to both curves, needs {least}")
        return BDResult(math.nan, overlap=float(overlap), flags=tuple(flags)), []
    if overlap < SMALL_OVERLAP:
        flags.append(f"only {overlap:.0%} of their range of {axis} is common to both curves")
    return BDResult(math.nan, float(low), float(high), float(overlap), tuple(flags)), pairs


def _apart(share: float, least: float) -> tuple[str, str]:
    """Two shares as percentages, with as many digits as it takes to tell them apart."""
    digits = 0
    while digits < _MOST_DIGITS and f"{share:.{digits}%}" == f"{least:.{digits}%}":
        digits += 1
    return f"{share:.{digits}%}", f"{least:.{digits}%}"


_MOST_DIGITS = 13


def _mismatch(anchor: Curve, test: Curve) -> str:
    """Why two curves must not be compared; empty when they may."""
    if anchor.dataset != test.dataset:
        return f"refused: on {test.dataset}, the anchor on {anchor.dataset}"
    for curve in (anchor, test):
        if not curve.images and curve.points:
            return f"refused: no image of {curve.label} was measured: its rows failed or were skipped"
        if not curve.images:
            return f"refused: nothing says how many images {curve.label} is a mean of; import it again with --images"
    if anchor.images != test.images:
        return f"refused: {test.label} covers {counted(test.images, 'image')}, the anchor {anchor.images}"
    if anchor.covers and test.covers and anchor.covers != test.covers:
        others = len(test.covers - anchor.covers)
        return f"refused: {others} of the images of {test.label} are not those of the anchor"
    return ""
