"""Codecs in the order of their quality at one rate, or of their rate at one quality."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.delta import LEAST_POINTS
from benchmark.analysis.interpolate import Floats, alike, fronts, pchip_values
from benchmark.analysis.interval import LEAST_IMAGES, interval
from benchmark.analysis.points import Samples
from benchmark.analysis.results import Results
from benchmark.analysis.standing import check_values, unlabelled
from benchmark.analysis.timed import SECONDS, mean_seconds
from benchmark.errors import UsageError, counted
from benchmark.metric import Metric

COLUMNS = (
    "dataset",
    "series",
    "metric",
    "target",
    "value",
    "ci_low",
    "ci_high",
    "rank",
    "encode_s",
    "decode_s",
    "time_bpp",
    "points",
    "images",
    "flags",
)
"""Columns of :func:`ranking`."""


def ranking(
    results: Results,
    metric: Metric,
    *,
    at_rate: float | None = None,
    at_quality: float | None = None,
    hull: bool = False,
) -> pd.DataFrame:
    """Every series at one rate, or at one quality, the best first, on each data set.

    Values are read off the mean curve by PCHIP in the logarithm of the rate; nothing is extrapolated. Their intervals
    are those of one series each, wide because images differ; two series, which have the same images, may differ surely
    though their intervals overlap: that is what the test of :func:`benchmark.analysis.bdrate.bd_table` tells.

    Args:
        results: see :func:`benchmark.analysis.results.read_results`.
        metric: the metric of the quality.
        at_rate: mean bits per pixel, above 0. The value is then that of the metric.
        at_quality: value of the metric as figures draw it. The value is then the rate in bits per pixel.
        hull: whether the series of a codec are merged, see :meth:`benchmark.analysis.results.Results.curves`.

    Returns:
        A row for each data set × series, of the columns :data:`COLUMNS`. ``target`` says what is matched; ``value``
        with its 95 % confidence interval over images ``ci_low``–``ci_high``, by
        :func:`benchmark.analysis.interval.interval` of mean curves; ``rank`` from 1, the same for equal values, empty
        where there is none. ``encode_s`` and ``decode_s``, seconds an image, are measured ones: those of the operating
        point next to the target that was timed to be published, see :mod:`benchmark.analysis.timed`, in the logarithm
        of the rate or in quality, whose rate is ``time_bpp``. ``images``
        that the curve covers; ranks of series that cover other images are not to be compared, and flagged. ``flags``
        say why a value or an interval is NaN.

    Raises:
        UsageError: not exactly one target, or one that no curve can have; no such column.
    """
    if (at_rate is None) == (at_quality is None):
        raise UsageError("a ranking is at a rate or at a quality: name one of the two")
    target = at_rate if at_rate is not None else at_quality
    if target is None or not math.isfinite(target) or (at_rate is not None and target <= 0):
        raise UsageError(f"expected a {'rate above 0' if at_rate is not None else 'finite quality'}, got {target}")
    by_rate = at_rate is not None
    check_values(results, metric)
    curves = results.curves(metric, hull=hull)
    seconds = mean_seconds(results.records, ["point"])
    rows = []
    for curve in curves:
        row: dict[str, Any] = {
            "dataset": curve.dataset,
            "series": curve.label,
            "metric": metric.column,
            "target": f"{target:g} bpp" if by_rate else f"{metric.column} {target:g}",
            "points": len(curve.rates),
            "images": curve.images,
        }
        largest = max((other for other in curves if other.dataset == curve.dataset), key=lambda other: other.images)
        place = target if by_rate else float(metric.turned(target))
        rows.append(
            row
            | _read_off(results.samples(curve, metric), curve, place, metric, by_rate=by_rate)
            | _times(seconds, curve, place, by_rate=by_rate)
        )
        if curve.covers != largest.covers or curve.images != largest.images:
            own = counted(curve.images, "image")
            text = f"covers {own} that are not those of {largest.label}, which has {largest.images}"
            rows[-1]["flags"] = "; ".join(filter(None, (rows[-1]["flags"], text)))
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "rank"])
    ranks = table.groupby("dataset", sort=False)["value"].rank(method="min", ascending=not (by_rate and metric.rises))
    table.insert(COLUMNS.index("rank"), "rank", ranks.astype("Int64"))
    order = table.assign(place=table.groupby("dataset", sort=False).ngroup())
    return table.loc[order.sort_values(["place", "rank"], kind="stable").index].reset_index(drop=True)


def _read_off(samples: Samples | None, curve: Curve, target: float, metric: Metric, *, by_rate: bool) -> dict[str, Any]:
    """The value of a curve at a target, its interval, and what to know of them."""
    rates, qualities, notes = curve.front()
    flags = unlabelled((*curve.notes, *notes), curve.label)
    found = {"value": math.nan, "ci_low": math.nan, "ci_high": math.nan}
    if len(rates) < LEAST_POINTS:
        flags.append(f"no value: {counted(len(rates), 'point')}, needs {LEAST_POINTS}")
        return {**found, "flags": "; ".join(flags)}
    ends = (rates[0], rates[-1]) if by_rate else (qualities[0], qualities[-1])
    if not ends[0] <= target <= ends[1]:
        if not by_rate:
            ends = tuple(metric.turned(ends))
        flags.append(f"no value: the curve goes from {ends[0]:.4g} to {ends[1]:.4g}")
        return {**found, "flags": "; ".join(flags)}
    found["value"] = float(_values(rates[None], qualities[None], target, by_rate=by_rate)[0])
    if samples is None:
        flags.append("no records of images: no interval")
    elif len(samples.weights) < LEAST_IMAGES:
        flags.append(f"{counted(len(samples.weights), 'image')}: no interval, which needs {LEAST_IMAGES}")
    else:
        drawn = _values(*samples.means(), target, by_rate=by_rate)
        # A rate is a ratio: its interval is that of its logarithm.
        ends_of = interval(drawn) if by_rate else tuple(np.exp(interval(np.log(drawn))))
        found["ci_low"], found["ci_high"] = (float(end) for end in ends_of)
        if math.isnan(found["ci_low"]):
            flags.append("no interval: without one of the images the curve does not reach the target")
    if by_rate and not metric.rises:
        value, low, high = (float(metric.turned(found[name])) for name in ("value", "ci_high", "ci_low"))
        found = {"value": value, "ci_low": low, "ci_high": high}
    return {**found, "flags": "; ".join(flags)}


def _values(rates: Floats, qualities: Floats, target: float, *, by_rate: bool) -> Floats:
    """The values of curves, (curves, points), at a target; NaN where a curve does not reach it."""
    rates, qualities, counts = fronts(rates, qualities)
    found = np.full(len(rates), np.nan)
    for rows, mask in alike(counts):
        if mask.sum() < LEAST_POINTS:
            continue
        logarithms, heights = np.log10(rates[np.ix_(rows, mask)]), qualities[np.ix_(rows, mask)]
        # The logarithm of an end, and of the target there, may differ by rounding: compare before taking it.
        if by_rate:
            place = np.clip(np.log10(target), logarithms[:, 0], logarithms[:, -1])
            values = pchip_values(logarithms, heights, place)
        else:
            values = 10 ** pchip_values(heights, logarithms, np.full(len(rows), target))
        edges = rates[np.ix_(rows, mask)] if by_rate else heights
        found[rows] = np.where((edges[:, 0] <= target) & (target <= edges[:, -1]), values, np.nan)
    return found


def _times(seconds: pd.DataFrame, curve: Curve, target: float, *, by_rate: bool) -> dict[str, float]:
    """Seconds of the operating point next to the target; NaN where none was timed, as of a curve of others."""
    places = np.array(curve.rates if by_rate else curve.qualities, float)
    timed = np.isin(np.array(curve.points or [-1] * len(places)), seconds.index.to_numpy())
    with np.errstate(invalid="ignore", divide="ignore"):
        distances = np.abs(np.log(places / target) if by_rate else places - target)
    distances = np.where(timed & np.isfinite(distances), distances, np.inf)
    if not np.isfinite(distances).any():
        return {"encode_s": math.nan, "decode_s": math.nan, "time_bpp": math.nan}
    nearest = int(np.argmin(distances))
    row = seconds.index.get_loc(curve.points[nearest])
    found = {name: float(seconds[name].to_numpy(float)[row]) for name in SECONDS}
    return {**found, "time_bpp": float(curve.rates[nearest])}
