"""Columns of records as rows with values: many times quicker than to read each row by itself."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import repeat
from operator import is_
from typing import Any

import numpy as np

from benchmark.record.migrate import RETIRED
from benchmark.record.row import BY_NAME, Record
from benchmark.record.whole import KINDS, Column, is_number
from benchmark.system.memory import uncollected


def records_of(cells: Mapping[str, Column], metrics: Collection[str]) -> list[Record]:
    """The rows of a file that was read column by column.

    Args:
        cells: the columns of :class:`~benchmark.record.whole.Whole`, of which nothing is in doubt.
        metrics: the columns that are known to be those of metrics.

    Returns:
        The rows that :func:`~benchmark.record.reading.read_rows` gives of the same file.
    """
    with uncollected():
        return _records_of(cells, metrics)


def _records_of(cells: Mapping[str, Column], metrics: Collection[str]) -> list[Record]:
    rows = len(next(iter(cells.values()), ()))
    if not rows:
        return []
    fields = {
        name: _values(name, cells[name]) if name in cells else [column.read("")] * rows
        for name, column in BY_NAME.items()
    }
    foreign = [name for name in cells if name not in BY_NAME and name not in RETIRED]
    measured = _given([name for name in foreign if is_number(name, metrics)], cells)
    others = _given([name for name in foreign if not is_number(name, metrics)], cells)
    first = {name: values[0] for name, values in fields.items()}
    differing = {name: values for name, values in fields.items() if not _is_one_object(values)}
    # Each row has dictionaries of its own.
    differing |= {"metrics": measured or [{} for _ in range(rows)], "others": others or [{} for _ in range(rows)]}
    names = list(differing)
    return [_record(first, zip(names, cells, strict=True)) for cells in zip(*differing.values(), strict=True)]


def _is_one_object(values: Sequence[Any]) -> bool:
    """Whether all values are the same object, as those of most columns."""
    return all(map(is_, values, repeat(values[0])))


def _record(first: Mapping[str, Any], values: Iterable[tuple[str, Any]]) -> Record:
    """A row of the values of all its fields, made as a copy is: its constructor sets one after the other, and takes
    longer than all else that is done for the row.

    Args:
        first: those of the first row, by field.
        values: those in which rows differ.
    """
    row = object.__new__(Record)
    row.__dict__.update(first)
    row.__dict__.update(values)
    return row


def _values(name: str, column: Column) -> list[Any]:
    """The values of a column of the table."""
    about = BY_NAME[name]
    if about.kind in KINDS:
        kind = int if about.kind == "whole number" else float
        bits = column.view(np.int64)  # which tell -0 from 0, and of which one NaN is equal to another
        once = bool((bits == bits[0]).all())
        values = [None if math.isnan(value) else kind(value) for value in column[: 1 if once else None].tolist()]
        return values * len(column) if once else values
    cells: list[str] = column.tolist()
    if about.kind == "text":
        return cells
    known = {cell: about.read(cell) for cell in dict.fromkeys(cells)}
    return [known[cell] for cell in cells]


def _given(names: Collection[str], cells: Mapping[str, Column]) -> list[dict[str, Any]]:
    """The cells of some columns that are not empty, row by row; none where there are no such columns, or all empty."""
    there = {name: cells[name] != "" if cells[name].dtype == object else ~np.isnan(cells[name]) for name in names}
    names = [name for name in names if there[name].any()]
    rows = zip(*(cells[name].tolist() for name in names), strict=True)
    given = zip(*(there[name].tolist() for name in names), strict=True)
    return [
        {name: value for name, value, is_there in zip(names, *cells_of_row, strict=True) if is_there}
        for cells_of_row in zip(rows, given, strict=True)
    ]
