"""Bjøntegaard deltas of a series image by image, all images at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from benchmark.analysis.curve import Curve
from benchmark.analysis.delta import LEAST_POINTS, SMALL_OVERLAP, BDResult, remarks
from benchmark.analysis.images import ImageCurves
from benchmark.analysis.interpolate import Floats
from benchmark.analysis.pairs import Deltas, deltas
from benchmark.analysis.standing import unlabelled

_OF_IMAGES = ("curve_ci_low", "curve_ci_high", "spread", "image_mean", "ci_low", "ci_high", "p_value", "image_std")


@dataclass(frozen=True)
class OfImages:
    """The curves of a series and of an anchor on single images.

    Attributes:
        own: the curves of the series.
        anchors: those of the anchor.
        interpolator: see :func:`benchmark.analysis.delta.bd_rate`.
    """

    own: ImageCurves
    anchors: ImageCurves
    interpolator: str

    @cached_property
    def pairs(self) -> tuple[ImageCurves, ImageCurves]:
        """The curves of the series and of the anchor on the images that both have, in the order of the series."""
        return self.own.shared(self.anchors)

    @cached_property
    def rates(self) -> Deltas:
        """The differences in rate, in percent."""
        return self._deltas(of_rate=True)

    @property
    def values(self) -> Floats:
        """The BD-rate of each image that both have, in percent; NaN where it was refused."""
        return self.rates.values

    def _deltas(self, *, of_rate: bool) -> Deltas:
        own, anchors = self.pairs
        found = deltas(anchors.front, own.front, self.interpolator, of_rate=of_rate)
        for figures in (found.values, found.low, found.high, found.overlap):
            figures[own.images != anchors.images] = math.nan
        return found

    def rows(self, common: Mapping[str, str], title: str) -> dict[str, list[Any]]:
        """The columns of :func:`delta_row`, with a row for each image that both have.

        Args:
            common: cells of all rows.
            title: the title of the metric.
        """
        own, anchors = self.pairs
        rates, metrics = self.rates, self._deltas(of_rate=False)
        good = ~np.isnan(rates.values) & ~np.isnan(metrics.values)
        good &= np.minimum(rates.overlap, metrics.overlap) >= SMALL_OVERLAP
        sizes = np.stack([own.sizes, anchors.sizes, own.gaps, anchors.gaps], axis=1)
        few = (sizes[:, :2] - sizes[:, 2:]).min(axis=1) < LEAST_POINTS
        # Of such curves nothing but their numbers of points is told; it is found once for each of these.
        plain = own.orderly & anchors.orderly & (own.images == anchors.images) & (good | few)
        told: dict[tuple[int, ...], str] = {}
        flags = np.full(len(own), "", object)
        for place, (numbers, known) in enumerate(zip(map(tuple, sizes.tolist()), plain.tolist(), strict=True)):
            if not known or numbers not in told:
                flags[place] = _told(own[place], *remarks(anchors[place], own[place]), title)
                if known:
                    told[numbers] = flags[place]
            else:
                flags[place] = told[numbers]
        columns = {
            "image": own.names,
            "bd_rate": rates.values,
            "low": rates.low,
            "high": rates.high,
            "overlap": rates.overlap,
            "bd_metric": metrics.values,
            "rate_low": metrics.low,
            "rate_high": metrics.high,
            "rate_overlap": metrics.overlap,
            "points": own.sizes,
            "images": own.images,
            "flags": flags,
        }
        same = {**common, **dict.fromkeys(_OF_IMAGES, math.nan), "image_count": 0, "fixes": ""}
        return {name: [value] * len(own) for name, value in same.items()} | {
            name: column.tolist() for name, column in columns.items()
        }


def delta_row(
    common: Mapping[str, str], curve: Curve, rate: BDResult, metric: BDResult, *, title: str
) -> dict[str, Any]:
    """A row of :func:`benchmark.analysis.bdrate.bd_table`; what it says of many images is not filled in.

    Args:
        common: cells of all rows.
        curve: the curve of the series.
        rate, metric: the deltas of the two curves.
        title: the title of the metric.
    """
    return {
        **common,
        "bd_rate": rate.value,
        "low": rate.low,
        "high": rate.high,
        "overlap": rate.overlap,
        "bd_metric": metric.value,
        "rate_low": metric.low,
        "rate_high": metric.high,
        "rate_overlap": metric.overlap,
        "points": len(curve.rates),
        "images": curve.images,
        **dict.fromkeys(_OF_IMAGES, math.nan),
        "image_count": 0,
        "fixes": "",
        "flags": _told(curve, rate.flags, metric.flags, title),
    }


def _told(curve: Curve, of_rate: Iterable[str], of_metric: Iterable[str], title: str) -> str:
    """The flags of both deltas of a curve, those that are the same once."""
    told: dict[str, list[str]] = {}
    for name, notes in (("BD-rate", of_rate), (f"BD-{title}", of_metric)):
        for flag in unlabelled(notes, curve.label):
            told.setdefault(flag, []).append(name)
    of = "" if curve.image else " of the mean curve"
    return "; ".join(f"{' and '.join(names)}{of} " * flag.startswith("refused") + flag for flag, names in told.items())
