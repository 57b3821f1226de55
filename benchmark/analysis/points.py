"""Operating points as curves and figures take them: rate and quality that are means over the same images."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmark.analysis.interpolate import Floats
from benchmark.analysis.interval import means_without
from benchmark.analysis.records import succeeded
from benchmark.errors import UsageError
from benchmark.metric import Metric

MOST_RATIO = 4.0
"""Pixels of the largest image over those of the smallest above which rates are pooled: all bits over all pixels."""

_MOST_INFINITE = 0.25
"""Share of a data set's images that may be left out because their quality is infinite."""


@dataclass(frozen=True)
class Samples:
    """A mean curve's operating points on every image that it is a mean of.

    Attributes:
        rates, values: (images, points), the points in the curve's order; values of the metric as the records have them.
        weights: (images,), how many images a row is of: more than one where batches were coded.
        sizes: (images,), weights of the rates: those above, or times the pixels of an image where rates are pooled.
        metric: the metric of the values.
    """

    rates: Floats
    values: Floats
    weights: Floats
    sizes: Floats
    metric: Metric

    def means(self) -> tuple[Floats, Floats]:
        """The mean curves of all images, and of all but each in turn: rates and qualities, (1 + images, points)."""
        rates = means_without(self.rates, self.sizes)  # a batch counts as often as it has images
        return rates, self.metric.quality(means_without(self.values, self.weights))


def mixed_sizes(summary: pd.DataFrame) -> dict[str, float]:
    """The data sets whose images differ in size by more than :data:`MOST_RATIO`, each with the factor."""
    if "pixels_ratio" not in summary:
        return {}
    ratios = pd.to_numeric(summary["pixels_ratio"]).groupby(summary["dataset"], sort=False).max()
    return {str(name): float(ratio) for name, ratio in ratios.items() if ratio > MOST_RATIO}


def note_on_sizes(summary: pd.DataFrame) -> list[str]:
    """What to know of data sets whose images differ much in size."""
    return [
        f"{name}: images differ in size by a factor of {ratio:.3g}, so rates of curves are pooled: all bits over all "
        "pixels (bpp_pooled). A mean of bits per pixel would be that of the small images"
        for name, ratio in mixed_sizes(summary).items()
    ]


def points_of(summary: pd.DataFrame, records: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """The operating points of a summary, with the rate and quality that curves of a metric go through.

    Both are means over the same images: an image on which the metric has no value counts in neither. An image on which
    the quality is infinite, such as a flat one, is left out of all points of its data set, if it is one of a few;
    otherwise the point is infinite. Where images differ much in size, see :func:`mixed_sizes`, the rate is pooled.

    Args:
        summary: see :class:`benchmark.analysis.results.Results`.
        records: the same.
        metric: the metric of the quality.

    Returns:
        The summary with ``rate``, ``quality``, ``images`` and ``covers`` of the images that count; ``undefined``, on
        how many images a point has no value though it has one on others; ``infinite``, the names of the images that
        were left out because their quality is infinite.

    Raises:
        UsageError: there is no such column.
    """
    column = f"{metric.column}_mean"
    if column not in summary:
        raise UsageError(f"the results have no column {column}")
    mixed = mixed_sizes(summary)
    rates = pd.to_numeric(summary["bpp_mean"])
    if mixed:
        rates = rates.where(~summary["dataset"].isin(list(mixed)), pd.to_numeric(summary["bpp_pooled"]))
    points = summary.assign(
        rate=rates, quality=metric.quality(pd.to_numeric(summary[column])), undefined=0, infinite=""
    )
    if metric.column not in records or np.isfinite(records.loc[records["status"] == "ok", metric.column]).all():
        return points  # as good as always
    needed = ("dataset", "point", "covers", "image", "images", "bpp", "width", "height", metric.column)
    good = succeeded(records, needed)
    lost = _infinite(good, metric.column)
    bad = good[metric.column].isna() | good["covers"].isin(lost)
    there = good[~bad & good["point"].isin(good.loc[bad, "point"])]
    own = points.set_index("point")
    names = ("rate", "quality", "images", "covers", "undefined", "infinite")
    columns = {name: own[name].to_dict() for name in names}
    for point, rows in there.groupby("point", sort=False):
        weights = rows["images"].fillna(1).to_numpy(float)
        mean = np.average(rows[metric.column].to_numpy(float), weights=weights)
        sizes = rate_weights(rows).to_numpy() if rows["dataset"].iloc[0] in mixed else weights
        gone = good.loc[(good["point"] == point) & good["covers"].isin(lost)]
        columns["rate"][point] = float(np.average(rows["bpp"].to_numpy(float), weights=sizes))
        columns["quality"][point] = float(metric.quality(mean))
        columns["undefined"][point] = int(columns["images"][point]) - int(weights.sum()) - int(gone["images"].sum())
        columns["infinite"][point] = ", ".join(sorted(gone["image"]))
        columns["images"][point] = int(weights.sum())
        columns["covers"][point] = frozenset(rows["covers"])
    return points.assign(**{name: points["point"].map(values) for name, values in columns.items()})


def over_one_space(points: Mapping[Metric, pd.DataFrame]) -> list[Metric]:
    """Of the metrics of each name, that over the space in which most images have values; none that has no value.

    Args:
        points: the operating points of one data set by metric, see :func:`points_of`. Of equals the first counts.
    """
    valued = {metric: int(rows.loc[rows["quality"].notna(), "images"].sum()) for metric, rows in points.items()}
    chosen: dict[str, Metric] = {}
    for metric, count in valued.items():
        if count > (valued[chosen[metric.name]] if metric.name in chosen else 0):
            chosen[metric.name] = metric
    return list(chosen.values())


def rate_weights(rows: pd.DataFrame) -> pd.Series:
    """Weights of the rates of rows of records whose mean is all bits over all pixels."""
    pixels = pd.to_numeric(rows["width"]) * pd.to_numeric(rows["height"])
    return (pixels * rows["images"].fillna(1)).astype(float)


def _infinite(good: pd.DataFrame, column: str) -> set[str]:
    """The images that are left out of all points of a data set, because their quality is infinite where most is not."""
    infinite = pd.Series(np.isinf(good[column].to_numpy(float)), index=good.index)
    if not infinite.any():
        return set()
    share = infinite.groupby(good["point"]).transform("mean")
    found: set[str] = set()
    for _, rows in good.assign(odd=infinite & (share < 0.5)).groupby("dataset", sort=False):
        odd = set(rows.loc[rows["odd"], "covers"])
        if len(odd) <= math.floor(_MOST_INFINITE * rows["covers"].nunique()):
            found |= odd
    return found
