"""Files of results: which of them are records, and which are summaries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmark.analysis.records import read_records
from benchmark.analysis.table import read_summary
from benchmark.errors import NoRows, RecordsError, UsageError
from benchmark.record.files import results_of_folder
from benchmark.record.reading import read_header


def read_table(path: Path, metrics: Sequence[str], notes: list[str]) -> pd.DataFrame:
    """The records or the summary of a folder or of a file, by its columns; that of records has a column ``status``.

    Args:
        path: a results folder, of which the records are read, or the summary where there are none; or a file.
        metrics: the columns of metrics.
        notes: what to know of the file is added to them.

    Raises:
        UsageError: nothing is there.
        RecordsError: the file is neither of the two, or has no rows.
    """
    if path.is_dir():
        found = results_of_folder(path)
        if not found:
            raise UsageError(f"{path}: holds neither records nor summary.csv; name the folder of a run")
        path = found
    if not path.is_file():
        raise UsageError(f"{path}: no such file or folder")
    columns = set(read_header(path))
    if columns >= _OF_RECORDS:
        frame = read_records(path, metrics, notes)
    elif columns >= _OF_SUMMARY:
        frame = read_summary(path)
    else:
        raise RecordsError(f"{path}: neither the records nor the summary of a run, by its columns{_lacks(columns)}")
    if frame.empty:
        raise NoRows(f"{path}: holds no rows; run the study again")
    return frame


_OF_RECORDS, _OF_SUMMARY = {"image", "status", "bpp"}, {"codec", "settings", "images", "bpp_mean"}
"""Columns by which a file is told."""


def _lacks(columns: set[str]) -> str:
    """What a file lacks to be the one or the other, where it has most of it; else empty."""
    for of, needed in (("records", _OF_RECORDS), ("a summary", _OF_SUMMARY)):
        if len(needed & columns) > len(needed) / 2:
            return f": {of} would have {', '.join(sorted(needed - columns))}, too"
    return ""
