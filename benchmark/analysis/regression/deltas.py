"""BD-rates of a run against its baseline: one for each curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.delta import bd_rate
from benchmark.analysis.regression.changes import NOISE
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
    """BD-rate of the current run against the baseline for each series, data set and metric, with a verdict."""
    rows = []
    for (dataset, label), part in good.groupby(["dataset", series], sort=False):
        for metric in leading(judged):
            names = [f"{metric.column}_before", f"{metric.column}_after"]
            if not set(names) <= set(part.columns) or part[names].isna().any(axis=1).all():
                continue
            whole = part[part[names].notna().all(axis=1)]
            row = _bd(whole, metric, str(dataset), str(label))
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


def _bd(part: pd.DataFrame, metric: Metric, dataset: str, label: str) -> dict[str, Any]:
    """BD-rates over the images that most operating points cover: their mean over images, and that of the mean curve.

    Where half of the images or more have none, such as flat ones, that of the mean curve stands for both.
    """
    values = ["images_before", *(f"{name}_{side}" for name in ("bpp", metric.column) for side in ("before", "after"))]
    table = part.pivot(index=["settings", "target"], columns="image", values=values)
    covered = table["images_before"].notna().to_numpy()
    most = covered[covered.sum(axis=1).argmax()]
    whole = (covered == most).all(axis=1)
    weights = table["images_before"].to_numpy(float)[whole][:, most]
    sides = {
        name: [table[f"{column}_{side}"].to_numpy(float)[whole][:, most] for column in ("bpp", metric.column)]
        for side, name in (("before", "baseline"), ("after", "current run"))
    }

    def delta(where: slice) -> tuple[float, tuple[str, ...]]:
        pairs = [(old[:, where], new[:, where]) for old, new in zip(*sides.values(), strict=True)]
        if np.array_equal(*pairs[0]) and np.allclose(*pairs[1], rtol=NOISE, atol=0):
            return 0.0, ()
        curves = []
        for name, figures in sides.items():
            rates, means = (np.average(each[:, where], axis=1, weights=weights[:, where]) for each in figures)
            curves.append(Curve(list(rates), list(metric.quality(means)), f"{label} of the {name}", dataset))
        found = bd_rate(curves[0], curves[1])
        return found.value, found.flags

    value, flags = delta(slice(None))
    each = np.array([delta(slice(place, place + 1))[0] for place in range(int(most.sum()))])
    each = each[~np.isnan(each)]
    if not whole.all():
        flags = (*flags, f"{int((~whole).sum())} of {len(whole)} points cover other images or fewer, left out")
    return {
        "bd_rate": float(each.mean()) if len(each) > most.sum() / 2 else value,
        "mean_curve": value,
        "image_count": len(each),
        "points": int(whole.sum()),
        "flags": "; ".join(flags),
    }
