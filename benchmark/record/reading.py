"""Reads the text of a records file, of this schema or an older one."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.errors import RecordsError
from benchmark.record.migrate import migrate
from benchmark.record.row import COLUMNS, Record

FIRST = [column.name for column in COLUMNS if column.since == 1]
"""Columns that every records file has, of whatever schema."""

TORN = "the last row is not whole: a run that was killed did not finish it"
"""What is wrong with the last row of a file whose line has no end, or that lacks cells."""

# A cell may be longer than the 131,072 characters that Python's reader takes unasked: the limit is that of a C long.
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


@dataclass(frozen=True)
class Row:
    """A line of a records file.

    Attributes:
        line: the number of the line.
        written: the cells as they stand there.
        cells: the cells as the present schema has them, by column.
        problem: why it has no such cells; empty where it has. :data:`TORN` is left out by every reader, with a note.
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
    text, _ = _text(path)
    return _header(path, text)


def read_rows(path: Path, metrics: Collection[str] = ()) -> Iterator[Row]:
    """The rows of a records file.

    A column that came later than the file is not there. The cells of a column that is neither in the table nor a
    metric's are not looked at.

    Args:
        path: the path of the file.
        metrics: the columns that are known to be those of metrics: their cells have to be numbers.

    Raises:
        RecordsError: the file is not a records file, by its columns, or cannot be read.
    """
    text, ended = _text(path)
    header = _header(path, text)
    missing = [name for name in FIRST if name not in header]
    if missing:
        raise RecordsError(
            f"{path}: its columns are not those of a records file (missing: {', '.join(missing)}). "
            "Move it away, or name another file or folder."
        )
    rows = _lines(path, text)
    for place, (line, cells) in enumerate(rows):
        torn = place + 1 == len(rows) and (not ended or len(cells) < len(header))
        yield Row(line, cells, *(({}, TORN) if torn else _migrated(header, cells, metrics)))


def _text(path: Path) -> tuple[str, bool]:
    """The text of a file, and whether its last line has an end."""
    try:
        data = path.read_bytes()
        return data.decode("utf-8-sig"), data.endswith((b"\n", b"\r"))
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":  # torn within a character
            return data[: error.start].decode("utf-8-sig"), False
        raise RecordsError(f"{path}: cannot be read as CSV: {error}; expected UTF-8") from error
    except OSError as error:
        raise RecordsError(f"{path}: cannot be read as CSV: {error}") from error


def other_separator(header: Sequence[str]) -> str:
    """The separator in whose place a header has no commas, in words; empty where it looks well.

    Args:
        header: the names of the columns, as cut at commas.
    """
    names = {";": "semicolon", "\t": "tab"}
    return next((names[sign] for sign in names if len(header) == 1 and sign in header[0]), "")


def _header(path: Path, text: str) -> list[str]:
    try:
        header = next(csv.reader(io.StringIO(text, newline="")), [])
    except csv.Error as error:
        raise RecordsError(f"{path}: cannot be read as CSV: {error}") from error
    if separator := other_separator(header):
        raise RecordsError(f"{path}: looks {separator}-separated; write it with commas, and with decimal points")
    if not header:
        raise RecordsError(f"{path}: cannot be read as CSV: it is empty")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise RecordsError(f"{path}: expected each column once, got more of: {', '.join(twice)}")
    return header


def _lines(path: Path, text: str) -> list[tuple[int, tuple[str, ...]]]:
    """The cells of all rows below the header, with the number of the line."""
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        next(lines)
        return [(lines.line_num, tuple(cells)) for cells in lines if cells]
    except csv.Error as error:
        raise RecordsError(f"{path}: cannot be read as CSV: {error}") from error


def _migrated(header: Sequence[str], cells: Sequence[str], metrics: Collection[str]) -> tuple[dict[str, str], str]:
    if len(cells) != len(header):
        return {}, f"expected {len(header)} cells, got {len(cells)}"
    try:
        migrated = migrate(dict(zip(header, cells, strict=True)))
        Record.from_cells(migrated, metrics)
        return migrated, ""
    except ValueError as error:
        return {}, str(error)
