"""Which times may stand in tables and figures: those that were measured to be published."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmark.analysis.publishable import RULE, numbers_of, publishable
from benchmark.analysis.results import Results
from benchmark.analysis.table import KEYS
from benchmark.record.row import ALONE

SECONDS = ("encode_s", "decode_s")
"""Columns of times."""

_TIMED = (
    *SECONDS,
    "encode_cpu_s",
    "decode_cpu_s",
    "timing",
    "repeats",
    "jobs",
    "threads",
    "time_spread",
    "load",
    "flags",
)
"""Columns of a row that say what it took, and how that was measured."""


def mean_seconds(records: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Seconds for an image, means over the rows that were measured to be published.

    Args:
        records: the rows.
        by: the columns that name an operating point.

    Returns:
        The columns of :data:`SECONDS`, in order, by operating point; only those that have times.
    """
    rows = records[publishable(records)]
    images = numbers_of(rows, "images").fillna(1)
    # A row of several images counts as often as it has images; its seconds are of them all.
    sums = pd.DataFrame({name: numbers_of(rows, name) for name in SECONDS}).assign(images=images)
    sums = pd.concat([rows[list(by)], sums], axis=1).groupby(list(by), sort=False, dropna=False).sum()
    return sums[list(SECONDS)].div(sums["images"], axis=0)


def with_times(results: Results, times: Results) -> Results:
    """Results with the times of other results in place of their own, for the same operating points and images.

    Args:
        results: the results.
        times: those of a run with ``--timing``. It may have fewer operating points and images.

    Returns:
        The results. Rows of which the other run has no times that were measured to be published are as they were.
    """
    keys = [*KEYS, "image", "image_sha256"]
    columns = [name for name in _TIMED if name in times.records]
    better = times.records.loc[publishable(times.records), [*keys, *columns]]
    rows = results.records[keys].reset_index().merge(better, on=keys, how="inner").set_index("index")
    records = results.records.copy()
    for name in columns:
        if name not in records:
            records[name] = pd.Series(np.nan, records.index)
        records[name] = records[name].astype(object).where(~records.index.isin(rows.index), rows[name])
        records[name] = records[name].infer_objects()
    return replace(results, records=records)


def for_times_alone(tables: Sequence[pd.DataFrame]) -> list[bool]:
    """Which tables are there for their times: all rows are of ``run --timing``, on a part of the images of others.

    Args:
        tables: records of runs, or summaries, which are never for their times alone.
    """
    timed = [len(table) > 0 and "timing" in table and bool((table["timing"] == ALONE).all()) for table in tables]
    images = [_images(table) if "status" in table else {} for table in tables]
    others = [own for own, alone in zip(images, timed, strict=True) if not alone]
    return [
        alone and all(any(names < other.get(dataset, set()) for other in others) for dataset, names in own.items())
        for own, alone in zip(images, timed, strict=True)
    ]


def _images(records: pd.DataFrame) -> dict[str, set[str]]:
    """The images of each data set."""
    return {str(dataset): set(rows["image_sha256"]) for dataset, rows in records.groupby("dataset", sort=False)}


def untimed_notes(lacking: Collection[str], folder: str, *, every: bool) -> list[str]:
    """What to say of series whose times are left out, with the command that measures them; nothing where none is.

    Args:
        lacking: the series.
        folder: the folder of the results.
        every: whether these are all that there are.
    """
    if not lacking:
        return []
    who = "all codecs" if every else ", ".join(dict.fromkeys(lacking))
    return [
        f"no times of {who}: they were not measured to be published ({RULE}); this measures them: "
        f"python -m benchmark run --timing --study {folder}/study.toml --out {folder}"
    ]
