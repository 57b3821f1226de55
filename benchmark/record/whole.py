"""Reads a whole records file column by column, where every row is as a run of this version writes it.

That is many times quicker than row by row, and takes less memory. A file of which anything is in doubt is left to
:mod:`benchmark.record.reading`, which tells what is wrong and where.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.errors import RecordsError
from benchmark.record.columns import read_pairs
from benchmark.record.parquet import SUFFIX, parquet_columns
from benchmark.record.row import BY_NAME, COLUMNS, SCHEMA, STATUSES
from benchmark.record.settings import read_settings
from benchmark.system.memory import uncollected

Column = npt.NDArray[Any]
"""The cells of a column: numbers, NaN where there is none; or texts."""

FIRST = [column.name for column in COLUMNS if column.since == 1]
"""Columns that every records file has, of whatever schema."""

_NEEDED = ("dataset", "image", "codec", "settings")
"""Columns of texts of which no cell is empty."""

_BLOCK = 1 << 22
"""Bytes that are parsed at once."""

_PLAIN = b"0123456789+-.einf"
"""What numbers are written with, infinite ones included, and those that are none are not."""

KINDS = ("number", "whole number")
"""Kinds of columns of numbers."""


class Odd(ValueError):
    """Something that a run of this version does not write. It may be of an older version, or damaged."""


@dataclass(frozen=True)
class Whole:
    """The rows of a file.

    Attributes:
        columns: the columns of the file, in its order. Those of numbers are ``float64``; all others are texts.
        torn: the line of a last row that is not whole, and is none of the rows; 0 where there is none.
    """

    columns: dict[str, Column]
    torn: int = 0


def read_whole(path: Path, header: Sequence[str], metrics: Collection[str]) -> Whole | None:
    """All rows of a records file; None where anything in it is in doubt.

    Args:
        path: the path of the file.
        header: its columns.
        metrics: the columns that are known to be those of metrics.
    """
    if not set(FIRST) <= set(header):
        return None
    if path.suffix == SUFFIX:
        return _read_parquet(path, header, metrics)
    numbers = {name for name in header if is_number(name, metrics)}
    parts: dict[str, list[Column]] = {name: [] for name in header}
    lines, rest = 1, b""
    try:
        with path.open("rb") as file, uncollected():
            file.readline()
            while block := file.read(_BLOCK):
                whole, end, rest = (rest + block).rpartition(b"\n")
                if not end:
                    continue
                columns = _parsed(whole + end, header, numbers)
                check_columns(columns)
                lines += len(columns[header[0]])
                for name, column in columns.items():
                    parts[name].append(column)
    except Odd:
        return None
    return Whole({name: _joined(parts.pop(name)) for name in header}, lines + 1 if rest else 0)


def _read_parquet(path: Path, header: Sequence[str], metrics: Collection[str]) -> Whole | None:
    numbers = {name for name in header if is_number(name, metrics)}
    try:
        columns = parquet_columns(path, numbers)
        _check_whole_numbers(columns)
        check_columns(columns)
    except ValueError:
        return None
    return Whole(columns)


def _joined(parts: Sequence[Column]) -> Column:
    """The parts of a column as one. Equal texts become one object."""
    if not parts:
        return np.empty(0, object)
    if len(parts) == 1:
        return parts[0]
    column: Column = np.concatenate(parts)
    return _texts(column.tolist()) if column.dtype == object else column


def _parsed(block: bytes, header: Sequence[str], numbers: Collection[str]) -> dict[str, Column]:
    """The columns of some lines, the last of which has its end.

    The standard library reads them: pandas takes longer to load than this for ten thousand rows.

    Raises:
        Odd: a row has more than one line, or not a cell for each column, or a cell of a number holds none.
    """
    if b"\r" in block or b"\0" in block:
        raise Odd
    try:
        lines = block.decode().split("\n")[:-1]
        rows = list(csv.reader(lines))
        if len(rows) != len(lines) or any(len(row) != len(header) for row in rows):
            raise Odd
        columns = {
            name: (_numbers if name in numbers else _texts)(cells)
            for name, cells in zip(header, zip(*rows, strict=True), strict=True)
        }
    except (ValueError, csv.Error) as error:  # other text than UTF-8 is a ValueError, too
        raise Odd from error
    _check_whole_numbers(columns)
    return columns


def _texts(cells: Sequence[str]) -> Column:
    """Cells of texts, of which equal ones become one object."""
    column = np.empty(len(cells), object)
    if cells.count(cells[0]) == len(cells):  # as of most columns
        column[:] = cells[0]
    else:
        known: dict[str, str] = {}
        column[:] = [known.setdefault(cell, cell) for cell in cells]
    return column


def _numbers(cells: Sequence[str]) -> Column:
    """Cells of numbers, NaN where there is none.

    Raises:
        ValueError: a cell holds none, or one that :func:`~benchmark.record.columns.read_number` looks at more closely.
    """
    if not any(cells):  # as of most columns
        return np.full(len(cells), math.nan)
    told = cells[:1] if cells.count(cells[0]) == len(cells) else cells
    column = np.array([float(cell) if cell else math.nan for cell in told])
    written = "".join(told).encode("ascii").lower()
    if written.translate(None, _PLAIN) or np.isinf(column).sum() != written.count(b"inf"):  # of 1e999
        raise Odd
    return column if told is cells else np.full(len(cells), column[0])


def _check_whole_numbers(columns: Mapping[str, Column]) -> None:
    for name in columns.keys() & {name for name, column in BY_NAME.items() if column.kind == "whole number"}:
        check_whole(columns[name])


def is_number(name: str, metrics: Collection[str]) -> bool:
    """Whether a column holds numbers."""
    return BY_NAME[name].kind in KINDS if name in BY_NAME else name in metrics


def check_whole(numbers: npt.NDArray[np.float64]) -> None:
    """Refuses numbers that are not whole.

    Raises:
        Odd: there is one.
    """
    present = numbers[~np.isnan(numbers)]
    if not np.isfinite(present).all() or (present % 1).any():
        raise Odd


def check_columns(columns: Mapping[str, Column]) -> None:
    """Refuses rows that :meth:`benchmark.record.row.Record.from_cells` would refuse.

    Args:
        columns: the columns, those of numbers as numbers.

    Raises:
        Odd: a row is not of this schema, or is what no run writes.
    """
    if not (columns["schema"] == SCHEMA).all() or not set(columns["status"]) <= set(STATUSES):
        raise Odd
    if any("" in set(columns[name]) for name in _NEEDED):
        raise Odd
    try:
        for name in columns.keys() & {name for name, column in BY_NAME.items() if column.kind == "pairs"}:
            for text in set(columns[name]):
                read_pairs(text)
        points = (columns[name] for name in ("settings", "knob", "target"))
        for settings, knob, target in set(zip(*points, strict=True)):
            if knob not in {"", *read_settings(settings)} and not target:
                raise Odd
    except (RecordsError, ValueError):
        raise Odd from None
    good = columns["status"] == "ok"
    for name in ("images", "bpp"):
        numbers = columns[name][good]
        if not ((numbers > 0) & np.isfinite(numbers)).all():
            raise Odd
    if any((columns[name][good] < 1).any() for name in ("width", "height")):
        raise Odd
