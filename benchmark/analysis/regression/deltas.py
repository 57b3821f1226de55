"""BD-rates of a run against its baseline: one for each curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.delta import bd_rate
from benchmark.analysis.images import ImageCurves
from benchmark.analysis.pairs import deltas
from benchmark.analysis.regression.changes import NOISE
from benchmark.analysis.regression.runs import KEYS
from benchmark.analysis.results import Results, results_of
from benchmark.analysis.standing import unlabelled
from benchmark.analysis.table import matched_labels, series_labels
from benchmark.metric import Metric, leading
from benchmark.record.frames import text_column
from benchmark.record.row import BY_NAME
from benchmark.record.whole import is_number

COLUMNS = (
    "dataset",
    "codec",
    "series",
    "metric",
    "bd_rate",
    "mean_curve",
    "image_count",
    "points",
    "verdict",
    "flags",
)

_TARGET = ("target_column", "target_limit", "target_over")

_OF_CURVES = ("status", "bytes", "width", "height", "bpp")
"""Columns that curves need besides those of metrics."""


def series_of(good: pd.DataFrame) -> pd.Series:
    """The curve that each row lies on."""
    names = ["codec", "settings", "target"]
    numbers = good.groupby(names, sort=False).ngroup().to_numpy()
    beside = [f"{name}_after" for name in ("knob", "target_column", "target_over")]
    unique = good[[*names, *beside]].drop_duplicates(names).rename(columns=lambda name: name.removesuffix("_after"))
    labels = (series_labels(unique) + matched_labels(unique)).to_numpy(object)
    return text_column(labels[numbers]).set_axis(good.index)


def bd_rates(good: pd.DataFrame, series: pd.Series, judged: Sequence[Metric], tolerance: float) -> pd.DataFrame:
    """BD-rate of the current run against the baseline for each series, data set and metric, with a verdict.

    The curves are those of tables and figures, see :meth:`benchmark.analysis.results.Results.curves`: rates are pooled
    where images differ much in size, and a few images of infinite quality are left out.
    """
    metrics = [metric for metric in leading(judged) if _both(good, metric)]
    if not metrics:
        return pd.DataFrame(columns=COLUMNS)
    before, after = (_results(good, series, metrics, side) for side in ("before", "after"))
    rows = []
    for metric in metrics:
        curves = [_by_series(results.curves(metric)) for results in (before, after)]
        images = [_by_series(results.image_curves(metric)) for results in (before, after)]
        for (dataset, label), part in good.groupby(["dataset", series], sort=False):
            if not _both(part, metric):
                continue
            key = str(dataset), str(label)
            pair = _of_mean(images[0][key], images[1][key], curves[0][key].covers)
            row = _bd(curves[0][key], curves[1][key], pair, str(label), _alike(part, metric))
            value = row["bd_rate"]
            verdict = "" if math.isnan(value) else "same"
            if abs(value) > tolerance:
                verdict = "worse" if value > 0 else "better"
            rows.append(
                {
                    "dataset": dataset,
                    "codec": part["codec"].iloc[0],
                    "series": label,
                    "metric": metric.column,
                    **row,
                    "verdict": verdict,
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _both(rows: pd.DataFrame, metric: Metric) -> bool:
    """Whether some row has a value of a metric in both runs."""
    names = [f"{metric.column}_before", f"{metric.column}_after"]
    return set(names) <= set(rows.columns) and bool(rows[names].notna().all(axis=1).any())


def _results(good: pd.DataFrame, series: pd.Series, metrics: Sequence[Metric], side: str) -> Results:
    """The rows of one run that succeeded in both, as results of their own, on the curves that both have."""
    # What names an operating point or a picture beside the keys of the pairs may differ between the runs.
    columns: dict[str, Any] = dict.fromkeys(("version", "weights", "image_sha256"), "")
    columns |= {name: good[f"{name}_after"] for name in ("knob", "images", *_TARGET)}
    columns |= {name: good[f"{name}_{side}"] for name in _OF_CURVES}
    for metric in metrics:
        both = good[[f"{metric.column}_before", f"{metric.column}_after"]].notna().all(axis=1)
        columns[metric.column] = good[f"{metric.column}_{side}"].where(both)
    blank = {column.name: math.nan if is_number(column.name, ()) else "" for column in BY_NAME.values()}
    frame = good[KEYS].assign(**{name: blank[name] for name in blank if name not in KEYS} | columns)
    results = results_of([frame], [], metrics)
    labels = good[["codec", "settings", "target"]].assign(series=series).drop_duplicates()
    named = {(codec, text, target): label for codec, text, target, label in labels.itertuples(index=False, name=None)}
    keys = zip(*(results.summary[name] for name in ("codec", "settings", "target")), strict=True)
    own = text_column(np.array([named[key] for key in keys], object))
    points = results.records["point"].to_numpy(np.intp)
    return replace(
        results,
        summary=results.summary.assign(series=own),
        records=results.records.assign(series=text_column(own.to_numpy(object)[points])),
    )


_Curves = TypeVar("_Curves", Curve, ImageCurves)


def _by_series(curves: Sequence[_Curves]) -> dict[tuple[str, str], _Curves]:
    return {(curve.dataset, curve.label): curve for curve in curves}


def _of_mean(before: ImageCurves, after: ImageCurves, covers: frozenset[str]) -> tuple[ImageCurves, ImageCurves]:
    """The curves on the images that a mean curve covers."""
    old, new = before.shared(after)
    covered = np.flatnonzero([image in covers for image in old.covers])
    return old.take(covered), new.take(covered)


def _alike(part: pd.DataFrame, metric: Metric) -> frozenset[str]:
    """The images of which both runs have the same rates, and the same values but for a processor's arithmetic."""
    both = part[part[[f"{metric.column}_before", f"{metric.column}_after"]].notna().all(axis=1)]
    rates = both["bpp_before"] == both["bpp_after"]
    values = np.isclose(both[f"{metric.column}_before"], both[f"{metric.column}_after"], rtol=NOISE, atol=0)
    same = (rates & values).groupby(both["image"]).all()
    return frozenset(map(str, same.index[same]))


def _bd(
    before: Curve, after: Curve, pair: tuple[ImageCurves, ImageCurves], label: str, alike: frozenset[str]
) -> dict[str, Any]:
    """BD-rates of the images and of their mean curve.

    Where half of the images or more have none, such as flat ones, that of the mean curve stands for both.
    """
    old, new = pair
    moved = np.array([name not in alike for name in old.names], bool)
    values = np.zeros(len(old))
    values[moved] = deltas(old.take(moved).front, new.take(moved).front).values
    each = values[~np.isnan(values)]
    value, flags = 0.0, (*before.notes, *after.notes)
    if moved.any():
        named = (replace(before, label=f"{label} of the baseline"), replace(after, label=f"{label} of the current run"))
        found = bd_rate(*named)
        value, flags = found.value, found.flags
    return {
        "bd_rate": float(np.mean(each)) if len(each) > len(old) / 2 else value,
        "mean_curve": value,
        "image_count": len(each),
        "points": len(before.rates),
        "flags": "; ".join(dict.fromkeys(unlabelled(flags, label))),
    }
