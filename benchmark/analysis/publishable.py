"""Which rows have times that were measured to be published."""

from __future__ import annotations

import math

import pandas as pd

from benchmark.record.row import DISTURBED, LEAST_REPEATS

RULE = f"one worker, {LEAST_REPEATS} repeats or more, undisturbed"
"""What times need."""


def publishable(records: pd.DataFrame) -> pd.Series:
    """Which rows have times that were measured to be published, see :data:`RULE`.

    Args:
        records: as :func:`benchmark.analysis.records.read_records` gives them.
    """
    alone = (numbers_of(records, "jobs") == 1) & (numbers_of(records, "repeats") >= LEAST_REPEATS)
    return (records["status"] == "ok") & alone & ~disturbed(records)


def disturbed(frame: pd.DataFrame, column: str = "flags") -> pd.Series:
    """Which rows were disturbed while they were timed, by their flags; none where there are no such."""
    flags = frame[column].fillna("").astype(str) if column in frame else pd.Series("", frame.index, dtype=str)
    told = {text: DISTURBED in text.split() for text in flags.unique()}
    return flags.map(told).astype(bool)


def numbers_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column as numbers; all NaN where there is none, as in older records."""
    return pd.to_numeric(frame[name]) if name in frame else pd.Series(math.nan, frame.index)
