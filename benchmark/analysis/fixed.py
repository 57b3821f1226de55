"""What the settings of a series fix from one image to the next: the quality, the rate, or neither."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, cast

import numpy as np
import pandas as pd

from benchmark.metric import Metric

Fixed = Literal["", "quality", "rate"]

_SPREAD_DB = 0.25
"""Standard deviation over images, in dB, below which a setting fixes a quality; those of ``jpeg`` on Kodak are 2 dB."""

_SPREAD_RATE = 0.05
"""Standard deviation over images of the logarithm of the rate below which a setting fixes it; of ``jpeg`` 0.3."""

_LEAST = 3
"""Images that tell a spread."""


def fixed(records: pd.DataFrame, metrics: Sequence[Metric]) -> dict[tuple[str, str], Fixed]:
    """What the settings of each series fix, by data set and series: the median operating point decides.

    It is read off the records, so it holds for targets, too, and for codecs that nobody here knows. Series without
    records are not told.

    Args:
        records: see :class:`benchmark.analysis.results.Results`.
        metrics: the metrics of the records.
    """
    good = records[records["status"] == "ok"]
    if good.empty:
        return {}
    decibels = [metric.column for metric in metrics if metric.unit == "dB" and metric.column in good]
    figures = good[["dataset", "series", "point", *decibels]].assign(rate=np.log(pd.to_numeric(good["bpp"])))
    figures[decibels] = figures[decibels].where(np.isfinite(figures[decibels].astype(float)))
    by_point = figures.groupby(["dataset", "series", "point"], sort=False)
    spreads = by_point.std(ddof=1).where(by_point.count() >= _LEAST)
    medians = spreads.groupby(level=["dataset", "series"], sort=False).median()
    found: dict[tuple[str, str], Fixed] = {}
    for key, row in medians.iterrows():
        dataset, series = cast("tuple[str, str]", key)
        least = min((row[name] for name in decibels if not math.isnan(row[name])), default=math.inf)
        kind: Fixed = "quality" if least < _SPREAD_DB else "rate" if row["rate"] < _SPREAD_RATE else ""
        found[dataset, series] = kind
    return found


def note_on_fixed(rows: pd.DataFrame) -> str:
    """What a table must say of series whose settings fix different things; empty where all fix the same.

    Args:
        rows: the rows of :func:`benchmark.analysis.bdrate.bd_table`, of one data set; of each series the
            row of its mean curve counts.
    """
    whole = rows[(rows["image"] == "")].drop_duplicates("series")
    kinds: dict[str, list[str]] = {}
    for series, kind in zip(whole["series"], whole["fixes"], strict=True):
        kinds.setdefault(str(kind), []).append(str(series))
    if len(kinds) < 2:
        return ""
    told = [
        f"{', '.join(kinds[kind])} fix{'es' if len(kinds[kind]) == 1 else ''} the {kind} of each image"
        for kind in ("quality", "rate")
        if kind in kinds
    ]
    rest = "; the others fix neither" if "" in kinds else ""
    return (
        f"At one setting {'; '.join(told)}{rest}. Mean curves of such codecs average different things. The mean over "
        "images compares them image by image."
    )
