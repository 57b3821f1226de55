"""Reads the records of a run as a table."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.errors import RecordsError
from benchmark.record.frames import text_column
from benchmark.record.migrate import RETIRED
from benchmark.record.reading import TORN, read_header, read_rows
from benchmark.record.row import BY_NAME, columns
from benchmark.record.whole import Column, Whole, is_number, read_whole


def read_records(path: Path, metrics: Collection[str] = (), notes: list[str] | None = None) -> pd.DataFrame:
    """Records of a file, of this schema or an older one. A last row that is not whole is left out.

    Args:
        path: the path of the file.
        metrics: the columns that are known to be those of metrics, in which every cell has to be a number.
        notes: what to know of the file is added to them.

    Returns:
        The columns of the table, those of metrics that the file has, and those that nobody here knows. Numbers are
        ``float64``, NaN where there is none; all else is text, empty where there is none. A column that nobody knows
        has numbers if it holds nothing else.

    Raises:
        RecordsError: the file is not a records file, or a row cannot be read; the message says which and why.
    """
    header = read_header(path)
    found = read_whole(path, header, metrics) or _read_each(path, header, metrics)
    if found.torn and notes is not None:
        notes.append(f"{path}, line {found.torn}: left out: {TORN}")
    return frame_of(found.columns, metrics)


def frame_of(cells: dict[str, Column], metrics: Collection[str]) -> pd.DataFrame:
    """Columns of records as the table that :func:`read_records` gives.

    Args:
        cells: the columns by name. They are taken out of it one by one, so that they need not lie in memory twice.
        metrics: the columns that are known to be those of metrics.
    """
    rows = len(next(iter(cells.values()), ()))
    foreign = [name for name in cells if name not in BY_NAME and name not in RETIRED]
    known = [name for name in foreign if name in metrics]
    found: dict[str, Any] = {}
    for name in columns(known, [name for name in foreign if name not in metrics]):
        column = cells.pop(name, None)
        if is_number(name, metrics):
            found[name] = np.full(rows, math.nan) if column is None else column
            continue
        texts = np.full(rows, "", object) if column is None else column
        numbers = None if name in BY_NAME else _all_numbers(texts)
        found[name] = text_column(texts) if numbers is None else numbers
    return pd.DataFrame(found)


def succeeded(records: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The rows that succeeded, of some columns: to take rows of all columns takes ten times as long.

    Args:
        records: rows of records.
        columns: the columns to take; those that the records lack are left out.
    """
    return records.loc[records["status"] == "ok", [name for name in columns if name in records]]


def _read_each(path: Path, header: Sequence[str], metrics: Collection[str]) -> Whole:
    """The rows of a file one by one, of any schema: the first that cannot be read is told."""
    cells: dict[str, list[str]] = {name: [] for name in dict.fromkeys([*BY_NAME, *header])}
    torn = 0
    for row in read_rows(path, metrics):
        if row.problem == TORN:
            torn = row.line
        elif row.problem:
            raise RecordsError(f"{path}, line {row.line}: {row.problem}")
        else:
            for name, column in cells.items():
                column.append(row.cells.get(name, ""))
    return Whole({name: _column(column, number=is_number(name, metrics)) for name, column in cells.items()}, torn)


def _column(cells: Sequence[str], *, number: bool) -> Column:
    if number:
        return np.array([float(cell) if cell else math.nan for cell in cells], np.float64)
    return np.array(cells, object)


def _all_numbers(cells: Column) -> npt.NDArray[np.float64] | None:
    """Cells as numbers, NaN where one is empty; None where one is no number."""
    try:
        return np.array([float(cell) if cell else math.nan for cell in cells], np.float64)
    except ValueError:
        return None
