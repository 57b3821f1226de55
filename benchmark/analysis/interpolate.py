"""Points of curves that rise, and the curve through them: PCHIP, for many curves of equal length at once.

A bootstrap draws thousands of curves; SciPy's interpolators take one at a time. These agree with them to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

Front = tuple[Floats, Floats, npt.NDArray[np.bool_]]
"""Curves, as :func:`fronts` gives them."""

NEAR = 1e-9
"""Relative distance below which two rates, or two qualities, are the same: a curve between them would be rounding."""


def fronts(rates: Floats, qualities: Floats) -> Front:
    """Points in the order of their rates, and which of them are on the front of their curve.

    Args:
        rates, qualities: (curves, points).

    Returns:
        Rates and qualities, sorted by rate, and whether a point counts: it is finite, its rate is above 0, and no other
        has a better quality, or the same, at no higher rate. Of equal points one counts; rates and qualities are equal
        where they differ by less than :data:`NEAR` of themselves.
    """
    order = np.lexsort((-qualities, rates), axis=-1)
    rates, qualities = (np.take_along_axis(values, order, -1) for values in (rates, qualities))
    with np.errstate(invalid="ignore"):
        apart = np.diff(rates, axis=-1) > NEAR * np.abs(rates[:, 1:])
    if not apart.all():  # points of one rate come in the order of their qualities, the best first
        groups = np.concatenate([np.zeros((len(rates), 1), int), np.cumsum(apart, axis=-1)], axis=-1)
        order = np.lexsort((-qualities, groups), axis=-1)
        rates, qualities = (np.take_along_axis(values, order, -1) for values in (rates, qualities))
    finite = np.isfinite(rates) & np.isfinite(qualities) & (rates > 0)
    best = np.maximum.accumulate(np.where(finite, qualities, -np.inf), axis=-1)
    before = np.concatenate([np.full((len(best), 1), -np.inf), best[:, :-1]], axis=-1)
    with np.errstate(invalid="ignore"):
        better = qualities - before > NEAR * np.maximum(1, np.abs(qualities))
    return rates, qualities, finite & better


def same(values: Floats, value: float) -> npt.NDArray[np.bool_]:
    """Which values differ from one by rounding alone, see :data:`NEAR`."""
    return np.asarray(np.abs(values - value) <= NEAR * max(1.0, abs(value)))


def alike(masks: npt.NDArray[np.bool_]) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]]:
    """The rows of each mask that occurs, and the mask: rows of one mask are curves of equal length."""
    if not len(masks):
        return
    if (masks == masks[:1]).all():  # as good as always: images that rise have means that rise
        yield np.arange(len(masks)), masks[0]
        return
    known, which = np.unique(masks, axis=0, return_inverse=True)
    for place, mask in enumerate(known):
        yield np.flatnonzero(which.reshape(-1) == place), mask


def pchip_means(x: Floats, y: Floats, low: Floats, high: Floats) -> Floats:
    """Mean of each curve between two places: its integral over their distance.

    Args:
        x, y: (curves, points), both strictly rising, at least three points.
        low, high: (curves,), within the range of ``x``, low below high.
    """
    width = np.diff(x)
    ends = (np.clip((end[:, None] - x[:, :-1]) / width, 0, 1) for end in (low, high))
    before, until = (_integrals(t) for t in ends)
    pieces = _hermite(x, y, [last - first for first, last in zip(before, until, strict=True)])
    return np.asarray((pieces * width).sum(axis=-1) / (high - low))


def pchip_values(x: Floats, y: Floats, place: Floats) -> Floats:
    """Each curve at one place, (curves,), NaN outside the range of ``x``; see :func:`pchip_means`."""
    piece = np.clip((x[:, 1:-1] <= place[:, None]).sum(axis=-1), 0, x.shape[1] - 2)[:, None]
    t = (place[:, None] - x[:, :-1]) / np.diff(x)
    found = np.take_along_axis(_hermite(x, y, _weights(t)), piece, -1)[:, 0]
    return np.where((x[:, 0] <= place) & (place <= x[:, -1]), found, np.nan)


def drawn_slopes(rates: Floats, qualities: Floats) -> Floats:
    """How the logarithm (of base 10) of the rate rises with the quality, at each point of one curve.

    With the points they are all of the curve that BD-rates integrate.

    Args:
        rates, qualities: (points,), both strictly rising; of two points it is the straight line.
    """
    logarithms = np.log10(rates)
    if len(rates) < 3:
        return np.repeat(np.diff(logarithms) / np.diff(qualities), len(rates))
    return np.asarray(_slopes(qualities[None], logarithms[None])[0])


def drawn_path(rates: Floats, qualities: Floats, steps: int = 8) -> tuple[Floats, Floats]:
    """Places on the curve that BD-rates integrate, near enough to one another to be joined by lines.

    Args:
        rates, qualities: (points,), both strictly rising.
        steps: how many places lie on each piece between two points.

    Returns:
        Rates and qualities, ((points − 1) · steps + 1,).
    """
    if len(rates) < 2:
        return rates, qualities
    slopes, logarithms, width = drawn_slopes(rates, qualities), np.log10(rates), np.diff(qualities)
    first, last, leaving, arriving = (weights[:, None] for weights in _weights(np.arange(steps) / steps))
    between = logarithms[:-1] * first + logarithms[1:] * last + width * (slopes[:-1] * leaving + slopes[1:] * arriving)
    places = qualities[:-1] + width * (np.arange(steps) / steps)[:, None]
    return np.append(10 ** between.T.ravel(), rates[-1]), np.append(places.T.ravel(), qualities[-1])


def _weights(t: Floats) -> list[Floats]:
    """Weights of the values and of the slopes at both ends of a piece, at a place of it from 0 to 1."""
    square = t * t
    cube = square * t
    last = 3 * square - 2 * cube
    return [1 - last, last, t - 2 * square + cube, cube - square]


def _integrals(t: Floats) -> list[Floats]:
    """Integrals of :func:`_weights` from 0 on."""
    square = t * t
    third, fourth = square * t, square * square / 2
    last = third - fourth
    return [t - last, last, square / 2 - third * (2 / 3) + fourth / 2, fourth / 2 - third / 3]


def _hermite(x: Floats, y: Floats, weights: Sequence[Floats]) -> Floats:
    """On each piece of each curve the sum of its ends' values and slopes by weights, in widths of the piece."""
    slopes, (first, last, leaving, arriving) = _slopes(x, y), weights
    return np.asarray(
        y[:, :-1] * first + y[:, 1:] * last + np.diff(x) * (slopes[:, :-1] * leaving + slopes[:, 1:] * arriving)
    )


def _slopes(x: Floats, y: Floats) -> Floats:
    """Slopes at the points, by Fritsch and Butland's weighted harmonic mean; at the ends by three points."""
    width = np.diff(x)
    rise = np.diff(y) / width
    before, after = width[:, :-1], width[:, 1:]
    weights = 2 * after + before, after + 2 * before
    inner = (weights[0] + weights[1]) / (weights[0] / rise[:, :-1] + weights[1] / rise[:, 1:])
    return np.concatenate(
        [
            _end(width[:, :1], width[:, 1:2], rise[:, :1], rise[:, 1:2]),
            inner,
            _end(width[:, -1:], width[:, -2:-1], rise[:, -1:], rise[:, -2:-1]),
        ],
        axis=-1,
    )


def _end(near: Floats, far: Floats, near_rise: Floats, far_rise: Floats) -> Floats:
    """Slope at an end. Where points rise, it must not fall; the limit of three slopes needs a turn, which none has."""
    return np.asarray(np.maximum(((2 * near + far) * near_rise - near * far_rise) / (near + far), 0))
