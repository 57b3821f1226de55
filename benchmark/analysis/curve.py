"""A rate–distortion curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from benchmark.analysis.interpolate import Floats, fronts, same
from benchmark.errors import counted


@dataclass(frozen=True)
class Curve:
    """Operating points of one codec.

    Attributes:
        rates: bits per pixel, in any order.
        qualities: the quality at each rate; a higher one is better.
        label: the name of the series.
        dataset: the data set of the curve.
        image: the one image that it is of; empty for a mean over images.
        images: how many images each point is a mean of.
        covers: the images that each point is a mean of, by name and digest; empty where only their number is known.
        notes: what is missing of it, and why.
        points: the number of each point's operating point in the results, see :class:`Results`; empty where
            it has none.
    """

    rates: Sequence[float]
    qualities: Sequence[float]
    label: str = ""
    dataset: str = ""
    image: str = ""
    images: int = 1
    covers: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    points: tuple[int, ...] = ()

    def front(self) -> tuple[Floats, Floats, tuple[str, ...]]:
        """Rates and qualities that both rise, and what was left out of the points to have them so.

        A point is left out if it is not finite, or if another has a better quality, or the same, at no higher rate.
        """
        return self._front

    @cached_property
    def _front(self) -> tuple[Floats, Floats, tuple[str, ...]]:
        points = np.array(sorted(set(zip(self.rates, self.qualities, strict=True))), float).reshape(-1, 2)
        rates, qualities, counts = (rows[0] for rows in fronts(points[None, :, 0], points[None, :, 1]))
        finite = int((np.isfinite(points).all(axis=1) & (points[:, 0] > 0)).sum())
        missing = int(np.isnan(points).any(axis=1).sum())
        notes = []
        if missing:
            notes.append(f"{self.label}: {missing} of {counted(len(points), 'point')} left out, without a value")
        if infinite := len(points) - finite - missing:
            notes.append(f"{self.label}: {infinite} of {counted(len(points), 'point')} left out, not finite")
        good = np.isfinite(rates) & np.isfinite(qualities) & (rates > 0) & ~counts
        near = sum(
            bool((same(rates[counts], rate) & same(qualities[counts], quality)).any())
            for rate, quality in zip(rates[good], qualities[good], strict=True)
        )
        if near:
            notes.append(f"{self.label}: {near} of {counted(finite, 'point')} left out, equal another but for rounding")
        if good.sum() > near:
            notes.append(f"{self.label}: not monotone, {good.sum() - near} of {counted(finite, 'point')} left out")
        return rates[counts], qualities[counts], tuple(notes)

    def hull(self) -> Curve:
        """The points on the upper convex hull, in the plane of bits per pixel and quality, from the cheapest on.

        In that plane, and not in that of the logarithm of the rate, because a codec that codes some images at one
        setting and the rest at another has on average a rate and a quality on the line between the two: what lies below
        such a line is no setting to choose. Only points are left out; none is added between them.
        """
        chosen: list[tuple[float, float, int]] = []
        rates, qualities = np.array(self.rates, float), np.array(self.qualities, float)
        good = np.isfinite(rates) & np.isfinite(qualities) & (rates > 0)
        for index in np.lexsort((-qualities, rates)):
            rate, quality = float(rates[index]), float(qualities[index])
            if not good[index] or (chosen and quality <= chosen[-1][1]):
                continue
            while len(chosen) > 1 and _bends_up(chosen[-2], chosen[-1], (rate, quality)):
                chosen.pop()
            chosen.append((rate, quality, int(index)))
        places = [place for _, _, place in chosen]
        return replace(
            self,
            rates=[rate for rate, _, _ in chosen],
            qualities=[quality for _, quality, _ in chosen],
            points=tuple(self.points[place] for place in places) if self.points else (),
        )


def _bends_up(first: Sequence[float], middle: Sequence[float], last: Sequence[float]) -> bool:
    """Whether the middle one of three points, of rising rate, is not above the line from the first to the last."""
    run, rise = middle[0] - first[0], middle[1] - first[1]
    return rise * (last[0] - first[0]) <= run * (last[1] - first[1])
