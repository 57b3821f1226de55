"""How many points of BD-rate come from the protocol: the average, the interpolation, what is rate and quality."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.curve import Curve
from benchmark.analysis.delta import bd_rate
from benchmark.analysis.results import Results
from benchmark.analysis.standing import headline
from benchmark.metric import Metric
from benchmark.record.settings import read_settings

Values = dict[tuple[str, str], float]
"""BD-rates in percent by data set and series; NaN where one was refused."""

_FULL, _HALF = "4:4:4", "4:2:0"
"""Settings of the resolution of chroma."""

EFFECTS = {
    "mean_curve": "that of the mean curve, in place of the mean over images of that of each image",
    "pooled": "that of the curve of pooled quality, the decibels of the mean over images of the squared error",
    "akima": "with Akima's interpolation, in place of PCHIP",
    "cubic": "with one cubic polynomial fitted to each curve, as in VCEG-M33, in place of PCHIP",
    "payload": "without the bytes of containers and headers, where a format lets one tell them",
    "luma": "by the metric of luma, in place of that of RGB",
    "chroma": "of the same codec with chroma at full resolution, 4:4:4, in place of 4:2:0",
}
"""What each column of :func:`protocol_effects` is the effect of."""


def protocol_effects(results: Results, bd: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """By how many points a BD-rate is another if one thing of the protocol is.

    Args:
        results: see :func:`benchmark.analysis.results.read_results`.
        bd: rows of :func:`benchmark.analysis.bdrate.bd_table` for the metric, and maybe for others, against one anchor.
        metric: the metric of the quality.

    Returns:
        A row for each data set × series but the anchor that has a rank, in the order of the ranks: ``dataset``,
        ``series``, ``bd_rate``, the one that ranks, in percent, and for each of :data:`EFFECTS` the difference to it,
        in points of percent; NaN where the records do not have what it takes, or a BD-rate was refused.
    """
    base = _means(bd, metric)
    anchor = str(base["anchor"].iloc[0])
    told = base.assign(**headline(base))
    told = told[(told["series"] != told["anchor"]) & told["rank"].notna()]
    ways: dict[str, Callable[[], Values]] = {
        "mean_curve": lambda: _by_series(base, base["bd_rate"]),
        "pooled": lambda: _pooled(results, anchor, metric),
        "akima": lambda: _headlines(results, anchor, metric, "akima"),
        "cubic": lambda: _headlines(results, anchor, metric, "cubic"),
        "payload": lambda: _without_headers(results, anchor, metric),
        "luma": lambda: _luma(results, bd, metric),
        "chroma": lambda: _full_chroma(results, base),
    }
    keys = list(zip(told["dataset"], told["series"], strict=True))
    found = told[["dataset", "series"]].assign(bd_rate=told["headline"])
    for name, way in ways.items():
        values = way()
        found[name] = [values.get(key, math.nan) - own for key, own in zip(keys, told["headline"], strict=True)]
    return found.reset_index(drop=True)


def _by_series(table: pd.DataFrame, values: pd.Series) -> Values:
    return {
        (str(one), str(two)): float(value)
        for one, two, value in zip(table["dataset"], table["series"], values, strict=True)
    }


def _headlines(results: Results, anchor: str, metric: Metric, interpolator: str = "pchip") -> Values:
    table = bd_table(results, anchor, metric, interpolator=interpolator, tested=False)
    return _by_series(table, headline(table)["headline"])


def _pooled(results: Results, anchor: str, metric: Metric) -> Values:
    """Of curves whose quality is that of all images together; none where the metric is not the decibels of another."""
    name = f"{metric.column}_pooled"
    if name not in results.summary:
        return {}
    values = dict(zip(results.summary["point"], pd.to_numeric(results.summary[name]), strict=True))
    curves = [_with_qualities(curve, metric, values) for curve in results.curves(metric) if curve.points]
    bases = {curve.dataset: curve for curve in curves if curve.label == anchor}
    return {
        (curve.dataset, curve.label): bd_rate(bases[curve.dataset], curve).value
        for curve in curves
        if curve.dataset in bases
    }


def _with_qualities(curve: Curve, metric: Metric, values: dict[int, float]) -> Curve:
    return replace(curve, qualities=[float(metric.turned(values[point])) for point in curve.points])


def _without_headers(results: Results, anchor: str, metric: Metric) -> Values:
    """By the rate without containers and headers; none where no row tells it."""
    summary, records = results.summary, results.records
    if "payload_bpp_mean" not in summary or summary["payload_bpp_mean"].isna().all():
        return {}
    rates = {"bpp_mean": "payload_bpp_mean", "bpp": "payload_bpp"}
    summary, records = (
        table.assign(**{name: table[own].fillna(table[name]) for name, own in rates.items() if own in table})
        for table in (summary, records)
    )
    return _headlines(replace(results, summary=summary.assign(bpp_pooled=math.nan), records=records), anchor, metric)


def _luma(results: Results, bd: pd.DataFrame, metric: Metric) -> Values:
    """By the same metric of luma; none where it was not measured, or the metric is no one of RGB."""
    for other in results.metrics:
        named = (other.name, other.space) == (metric.name, "y") and metric.space == "rgb"
        if named and not results.points(other)["quality"].isna().all():
            known = _means(bd, other)
            if len(known):
                return _by_series(known, headline(known)["headline"])
            return _headlines(results, str(bd["anchor"].iloc[0]), other)
    return {}


def _full_chroma(results: Results, base: pd.DataFrame) -> Values:
    """For series with chroma at half the resolution the BD-rate of the one that differs from them in that alone."""
    settings: dict[tuple[str, str], dict[str, Any]] = {}
    for row in results.summary.drop_duplicates(["dataset", "series"]).to_dict("records"):
        own = {name: value for name, value in read_settings(row["settings"]).items() if name != row["knob"]}
        settings[str(row["dataset"]), str(row["series"])] = own | {"": row["codec"]}
    values = _by_series(base, headline(base)["headline"])
    found = {}
    for (dataset, series), own in settings.items():
        full = {name: _FULL if value == _HALF else value for name, value in own.items()}
        for other, theirs in settings.items():
            if full != own and theirs == full and other[0] == dataset and other in values:
                found[dataset, series] = values[other]
    return found


def _means(bd: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """The rows of a metric that are of no single image."""
    rows: pd.DataFrame = bd[(bd["metric"] == metric.column) & (bd["image"] == "")]
    return rows
