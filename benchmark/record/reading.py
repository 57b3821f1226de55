"""Reads the text of a records file, of this schema or an older one."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.errors import RecordsError
from benchmark.record.migrate import migrate
from benchmark.record.row import COLUMNS, Record

FIRST = [column.name for column in COLUMNS if column.since == 1]
"""Columns that every records file has, of whatever schema."""


@dataclass(frozen=True)
class Row:
    """A line of a records file.

    Attributes:
        line: the number of the line.
        written: the cells as they stand there.
        cells: the cells as the present schema has them, by column.
        problem: why it has no such cells; empty where it has.
    """

    line: int
    written: tuple[str, ...]
    cells: Mapping[str, str]
    problem: str


def read_header(path: Path) -> list[str]:
    """The columns of a CSV file.

    Raises:
        RecordsError: it cannot be read as text, is empty, or has a column twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error) as error:
        raise RecordsError(f"{path}: cannot be read as CSV: {error}") from error
    if not header:
        raise RecordsError(f"{path}: cannot be read as CSV: it is empty")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise RecordsError(f"{path}: expected each column once, got more of: {', '.join(twice)}")
    return header


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a records file.

    Columns that are not in the table are those of metrics. A column that came later than the file is not there.

    Raises:
        RecordsError: the file is not a records file, by its columns, or cannot be read.
    """
    header = read_header(path)
    missing = [name for name in FIRST if name not in header]
    if missing:
        raise RecordsError(
            f"{path}: its columns are not those of a records file (missing: {', '.join(missing)}). "
            "Move it away, or name another file or folder."
        )
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            next(lines)
            for cells in filter(None, lines):
                yield Row(lines.line_num, tuple(cells), *_migrated(header, cells))
    except csv.Error as error:
        raise RecordsError(f"{path}: cannot be read as CSV: {error}") from error


def _migrated(header: Sequence[str], cells: Sequence[str]) -> tuple[dict[str, str], str]:
    if len(cells) != len(header):
        return {}, f"expected {len(header)} cells, got {len(cells)}"
    try:
        migrated = migrate(dict(zip(header, cells, strict=True)))
        Record.from_cells(migrated)
        return migrated, ""
    except ValueError as error:
        return {}, str(error)
