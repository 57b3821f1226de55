"""Bjøntegaard deltas of many pairs of curves at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmark.analysis.delta import INTERPOLATORS, LEAST_OVERLAP, LEAST_POINTS
from benchmark.analysis.interpolate import Floats, Front, alike, pchip_means
from benchmark.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class Deltas:
    """What :class:`benchmark.analysis.delta.BDResult` says of one pair, of many: each array is (pairs,)."""

    values: Floats
    low: Floats
    high: Floats
    overlap: Floats


def deltas(anchors: Front, tests: Front, interpolator: str = "pchip", *, of_rate: bool = True) -> Deltas:
    """Differences in rate at equal quality, or in quality at equal rate, of curves of the same images.

    Args:
        anchors: curves, as :func:`~benchmark.analysis.interpolate.fronts` gives them, of shape (pairs, points).
        tests: as many others.
        interpolator: a name of :data:`benchmark.analysis.delta.INTERPOLATORS`; all but ``pchip`` take a pair at a time.
        of_rate: whether it is the rate: in percent of the anchor's; else it is the quality, in its unit.

    Returns:
        What :func:`benchmark.analysis.delta.bd_rate` and :func:`benchmark.analysis.delta.bd_metric` give for each pair.

    Raises:
        UsageError: an unknown interpolator.
    """
    if interpolator not in INTERPOLATORS:
        raise UsageError(f"unknown interpolator {interpolator!r}{did_you_mean(interpolator, INTERPOLATORS)}")
    values, lows, highs, overlaps = (np.full(len(anchors[0]), np.nan) for _ in range(4))
    for rows, mask in alike(np.concatenate([anchors[2], tests[2]], axis=1)):
        pairs = []
        for (rates, qualities, _), keep in zip((anchors, tests), np.split(mask, [anchors[2].shape[1]]), strict=True):
            both = qualities[np.ix_(rows, keep)], np.log10(rates[np.ix_(rows, keep)])
            pairs.append(both if of_rate else both[::-1])
        if min(x.shape[1] for x, _ in pairs) < LEAST_POINTS:
            continue
        low = np.maximum(*(x[:, 0] for x, _ in pairs))
        high = np.minimum(*(x[:, -1] for x, _ in pairs))
        whole = np.maximum(*(x[:, -1] for x, _ in pairs)) - np.minimum(*(x[:, 0] for x, _ in pairs))
        overlap = np.maximum(high - low, 0.0) / whole
        overlaps[rows] = overlap
        good = overlap >= LEAST_OVERLAP
        low, high = low[good], high[good]
        means = [_means(x[good], y[good], low, high, interpolator) for x, y in pairs]
        difference = means[1] - means[0]
        values[rows[good]] = 100 * (10**difference - 1) if of_rate else difference
        lows[rows[good]], highs[rows[good]] = (low, high) if of_rate else (10**low, 10**high)
    return Deltas(values, lows, highs, overlaps)


def _means(x: Floats, y: Floats, low: Floats, high: Floats, interpolator: str) -> Floats:
    """The mean of each curve between two places."""
    if interpolator == "pchip":
        return pchip_means(x, y, low, high)
    one = INTERPOLATORS[interpolator]
    return np.array([one(*row) for row in zip(x, y, low, high, strict=True)], float)
