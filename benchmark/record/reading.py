"""Reads a records file row by row, of this schema or an older one."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.errors import RecordsError
from benchmark.record.migrate import migrate
from benchmark.record.parquet import SUFFIX, parquet_cells, parquet_header
from benchmark.record.row import Record
from benchmark.record.whole import FIRST

TORN = "the last row is not whole: a run that was killed did not finish it"
"""What is wrong with the last row of a file whose line has no end, or that lacks cells."""

_END = re.compile(r"\r\n|\n|\r")

# A cell may be longer than the 131,072 characters that Python's reader takes unasked: the limit is that of a C long.
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


@dataclass(frozen=True)
class Row:
    """A line of a records file.

    Attributes:
        line: the number of the line; in a Parquet file that of the row.
        written: the text as it stands there, without its end. A byte that is no UTF-8 is half of a surrogate pair.
        cells: the cells as the present schema has them, by column.
        problem: why it has no such cells; empty where it has. :data:`TORN` is left out by every reader, with a note.
        record: the cells as values; None where there are none.
    """

    line: int
    written: str
    cells: Mapping[str, str]
    problem: str
    record: Record | None = None


def read_header(path: Path) -> list[str]:
    """The columns of a CSV file, or of a Parquet file.

    Raises:
        RecordsError: it cannot be read, is empty, or has a column twice.
    """
    if path.suffix == SUFFIX:
        return parquet_header(path)
    text, _ = _text(path, _MOST_HEADER)
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
    header = read_header(path)
    missing = [name for name in FIRST if name not in header]
    if missing:
        raise RecordsError(
            f"{path}: its columns are not those of a records file (missing: {', '.join(missing)}). "
            "Move it away, or name another file or folder."
        )
    if path.suffix == SUFFIX:
        for number, found in enumerate(parquet_cells(path), 1):
            written = _line(found.values())
            yield Row(number, written, *_migrated(header, list(found.values()), written, metrics))
        return
    text, ended = _text(path)
    lines = _lines(text, len(header))
    for place, (line, written) in enumerate(lines):
        cells = _cells(written)
        torn = place + 1 == len(lines) and (not ended or len(cells) < len(header))
        yield Row(line, written, *(({}, TORN, None) if torn else _migrated(header, cells, written, metrics)))


_MOST_HEADER = 1 << 20
"""Bytes within which a header ends."""


def _text(path: Path, most: int = -1) -> tuple[str, bool]:
    """The first bytes of a file as text, and whether its last line has an end. Bytes that are no UTF-8 are kept."""
    try:
        with path.open("rb") as file:
            data = file.read(most)
    except OSError as error:
        raise RecordsError(f"{path}: cannot be read as CSV: {error}") from error
    return data.decode("utf-8-sig", "surrogateescape"), data.endswith((b"\n", b"\r"))


def other_separator(header: Sequence[str]) -> str:
    """The separator in whose place a header has no commas, in words; empty where it looks well.

    Args:
        header: the names of the columns, as cut at commas.
    """
    names = {";": "semicolon", "\t": "tab"}
    return next((names[sign] for sign in names if len(header) == 1 and sign in header[0]), "")


def _header(path: Path, text: str) -> list[str]:
    if not _is_text(_END.split(text, maxsplit=1)[0]):
        raise RecordsError(f"{path}: cannot be read as CSV: expected UTF-8, got other bytes in the first line")
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


_MOST_LINES = 100
"""Lines that a row may have, if cells of columns that nobody here knows hold line breaks."""


def _lines(text: str, columns: int) -> list[tuple[int, str]]:
    """The texts of all rows below the header, with the number of their first line.

    A row is a line. It may have more only if a cell in quotes holds line breaks, and if it then has a cell for each
    column: a stray quote in a damaged line does not swallow those that follow.
    """
    lines = _END.split(text)
    found = []
    place = 1
    while place < len(lines):
        written, count = lines[place], 1
        if written.count('"') % 2:
            for more in range(2, _MOST_LINES + 1):
                if place + more <= len(lines) and lines[place + more - 1].count('"') % 2:
                    longer = "\n".join(lines[place : place + more])
                    if len(_cells(longer)) == columns:
                        written, count = longer, more
                    break
        if written:
            found.append((place + 1, written))
        place += count
    return found


def _line(cells: Iterable[str]) -> str:
    """Cells as a row of a CSV file, without its end."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def _cells(written: str) -> list[str]:
    """The cells of a row; none where it is no CSV."""
    try:
        return next(csv.reader(io.StringIO(written, newline="")), [])
    except csv.Error:
        return []


def _migrated(
    header: Sequence[str], cells: Sequence[str], written: str, metrics: Collection[str]
) -> tuple[dict[str, str], str, Record | None]:
    if not _is_text(written):
        return {}, "expected UTF-8 without NUL characters, got other bytes", None
    if len(cells) != len(header):
        return {}, f"expected {len(header)} cells, got {len(cells)}", None
    try:
        migrated = migrate(dict(zip(header, cells, strict=True)))
        return migrated, "", Record.from_cells(migrated, metrics)
    except ValueError as error:
        return {}, str(error), None


def _is_text(written: str) -> bool:
    """Whether a line is UTF-8 without NUL."""
    return "\0" not in written and (written.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in written))
