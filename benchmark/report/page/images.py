"""What the page computes BD-rates from against any series: the curves of single images, and the rules."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmark.analysis.bdrate import LEAST_SHARE
from benchmark.analysis.delta import LEAST_OVERLAP, LEAST_POINTS, SMALL_OVERLAP
from benchmark.analysis.images import ImageCurves
from benchmark.analysis.interpolate import NEAR
from benchmark.analysis.interval import CONFIDENCE, LEAST_IMAGES
from benchmark.analysis.standing import DIGITS
from benchmark.metric import Metric
from benchmark.report.content import Report

MOST_FIGURES = 200_000
"""Figures of single images above which a page has none: it would be slow to open."""


def has_curves_of_images(report: Report) -> bool:
    """Whether the page has curves of single images: where there are records, and not too many."""
    return 0 < len(report.results.records) * (1 + len(report.metrics)) <= MOST_FIGURES


def image_curves(report: Report, datasets: Sequence[str], series: Sequence[str]) -> list[dict[str, Any]]:
    """The curves of each series on each image; none where there are no records, or too many.

    Args:
        report: what is shown.
        datasets, series: the names whose places stand for them.

    Returns:
        For each data set and series ``names`` of its images and ``covers``, a number that is the same for images with
        the same pixels; ``points``, the numbers of operating points; and ``figures``: rates in bits per pixel, then the
        values of each axis as they are drawn. Of each there are the places of those points of which any image has one,
        and a table, (images, places), as base64 of little-endian ``float64``. NaN stands for what is missing or
        infinite.
    """
    if not has_curves_of_images(report):
        return []
    records = report.results.records
    tables: dict[tuple[str, str], _Table] = {}
    for place, metric in enumerate(report.metrics):
        for curves in report.results.image_curves(metric) if metric.column in records else []:
            tables.setdefault((curves.dataset, curves.label), _Table()).add(place, metric, curves)
    numbers: dict[str, int] = {}
    return [
        {
            "dataset": datasets.index(dataset),
            "series": series.index(label),
            "covers": [numbers.setdefault(cover, len(numbers)) for cover in table.names],
            "names": list(table.names.values()),
            "points": list(table.points),
            "figures": table.packed(len(report.metrics)),
        }
        for (dataset, label), table in tables.items()
    ]


def rules(report: Report) -> dict[str, Any]:
    """The rules of a BD-rate, see :mod:`benchmark.analysis.delta` and :mod:`benchmark.analysis.standing`.

    ``widths`` has, by the number of images from 0 on, half the width of the interval of their mean in standard errors.
    """
    from scipy.special import stdtrit

    most = int(report.bd["image_count"].max()) if len(report.bd) else 0
    return {
        "points": LEAST_POINTS,
        "overlap": LEAST_OVERLAP,
        "small": SMALL_OVERLAP,
        "near": NEAR,
        "share": LEAST_SHARE,
        "images": LEAST_IMAGES,
        "digits": DIGITS,
        "widths": [float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) if count > 1 else None for count in range(most + 1)],
    }


class _Table:
    """Figures of one series by image and operating point."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        """Names of images, by what they are known by."""
        self.points: dict[int, None] = {}
        self._parts: list[tuple[int, list[str], list[int], list[float]]] = []
        """Rates at 0, and the values of each axis behind them, with the image and the point of each."""

    def add(self, place: int, metric: Metric, curves: ImageCurves) -> None:
        there = curves.points >= 0
        covers = [str(cover) for cover in curves.covers]
        self.names |= dict(zip(covers, map(str, curves.names), strict=True))
        points = curves.points[there].tolist()
        self.points |= dict.fromkeys(points)
        images = [covers[row] for row in there.nonzero()[0].tolist()]
        self._parts += [
            (0, images, points, curves.rates[there].tolist()),
            (1 + place, images, points, np.asarray(metric.turned(curves.qualities))[there].tolist()),
        ]

    def packed(self, axes: int) -> list[tuple[list[int], str]]:
        found = np.full((1 + axes, len(self.names), len(self.points)), np.nan, "<f8")
        row_of = {cover: place for place, cover in enumerate(self.names)}
        column_of = {point: place for place, point in enumerate(self.points)}
        for place, images, points, values in self._parts:
            found[place, [row_of[image] for image in images], [column_of[point] for point in points]] = values
        found[~np.isfinite(found)] = np.nan
        there = [np.flatnonzero(~np.isnan(table).all(axis=0)) for table in found]
        return [
            (places.tolist(), base64.b64encode(table[:, places].tobytes()).decode("ascii"))
            for places, table in zip(there, found, strict=True)
        ]
