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


def series_of(good: pd.DataFrame) -> pd.Series:
    """The curve that each row lies on."""
    beside = {name: good[f"{name}_after"] for name in ("knob", "target_column", "target_over")}
    points = good[["codec", "settings", "target"]].assign(**beside)
    unique = points.drop_duplicates(["codec", "settings", "target"])
    named = unique.assign(series=(series_labels(unique) + matched_labels(unique)).astype(object))
    return points.merge(
        named[["codec", "settings", "target", "series"]], on=["codec", "settings", "target"], how="left"
    )["series"].set_axis(good.index)


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
    names = [str(name).removesuffix(f"_{side}") for name in good if str(name).endswith(f"_{side}")]
    # What names an operating point or a picture beside the keys of the pairs may differ between the runs.
    columns: dict[str, Any] = {name: good[f"{name}_{side}"] for name in names}
    columns |= dict.fromkeys(("version", "weights", "image_sha256"), "")
    columns |= {name: good[f"{name}_after"] for name in ("knob", "images", *_TARGET)}
    frame = good[KEYS].assign(**columns)
    for metric in metrics:
        both = good[[f"{metric.column}_before", f"{metric.column}_after"]].notna().all(axis=1)
        frame[metric.column] = good[f"{metric.column}_{side}"].where(both)
    results = results_of([frame], [], metrics)
    labels = good[["codec", "settings", "target"]].assign(series=series).drop_duplicates()
    named = {(codec, text, target): label for codec, text, target, label in labels.itertuples(index=False, name=None)}

    def with_labels(table: pd.DataFrame) -> pd.DataFrame:
        keys = zip(table["codec"], table["settings"], table["target"], strict=True)
        return table.assign(series=[named[key] for key in keys])

    return replace(results, summary=with_labels(results.summary), records=with_labels(results.records))


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
