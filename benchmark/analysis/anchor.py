"""What a report compares with, where nobody says it."""

from __future__ import annotations

import numpy as np

from benchmark.analysis.bdrate import anchor_series
from benchmark.analysis.results import Results
from benchmark.defaults import ANCHOR
from benchmark.metric import Metric
from benchmark.record.row import ESTIMATE


def anchor_of(results: Results, anchor: str | None, metric: Metric) -> tuple[str, list[str]]:
    """The series that BD-rates compare with.

    Args:
        results: see :func:`benchmark.analysis.results.read_results`.
        anchor: a series, or a codec that has but one; if it is not given :data:`~benchmark.defaults.ANCHOR`, or, where
            the results lack it, the series with the most operating points of finite quality.
        metric: the metric of the quality.

    Returns:
        The series; and a note where it is none that anybody asked for.

    Raises:
        UsageError: no series is the anchor that was asked for, or several are.
    """
    if anchor is not None or ANCHOR in set(results.summary["codec"]):
        return anchor_series(results.summary, anchor or ANCHOR), []
    points = results.points(metric)
    if "kind" in points and (points["kind"] != ESTIMATE).any():
        points = points[points["kind"] != ESTIMATE]
    finite = points.assign(finite=np.isfinite(points["quality"].astype(float)))
    counts = finite.groupby("series", sort=False)["finite"].sum()
    found = str(counts.idxmax())
    return found, [f"the results have no {ANCHOR}, so BD-rates are against {found}: --anchor names another"]
