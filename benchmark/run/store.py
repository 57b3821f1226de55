"""The file of records: rows appended as they finish, read back to resume, put in order at the end."""

from __future__ import annotations

import csv
import io
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmark.errors import OutputError, RecordsError
from benchmark.plugins import all_metrics, metric_columns
from benchmark.record.columns import write_pairs
from benchmark.record.files import Form
from benchmark.record.parquet import SUFFIX, write_parquet
from benchmark.record.reading import Row, read_header, read_rows
from benchmark.record.row import COLUMNS, DISTURBED, DISTURBED_TEXT, UNUSABLE, Record, columns
from benchmark.record.streams import has_streams
from benchmark.record.typed import records_of
from benchmark.record.whole import read_whole
from benchmark.system.files import append_file, make_folder, remove_file, replace_file
from benchmark.system.names import plain, printable

REJECTED = "rejected.csv"
"""Name of the file of rows that cannot be read, beside the files that they stood in."""

_MOST_REASONS = 5
"""Different reasons that are told of rows that cannot be read."""


class RecordStore:
    """The rows of a results folder, opened to be added to. Whoever opens it holds the lock of the folder.

    Rows are added to ``records.csv``. A run may leave all of them in ``records.parquet`` in its place, see
    :meth:`leave_as`; they move back with the first row that is added.

    The file is only ever added to. Where its rows are put in order, or it gets other columns, a whole new file takes
    its place at once: with all its rows, but for those that were added to another file before, and lie on the disk
    there. So whenever a run is killed, every row is in one of the files. At worst the last row is not whole, because it
    was being written.

    Columns that nobody here knows stay, as they are. Rows that cannot be read, such as those of an unknown schema, are
    never reused: they are set aside in ``rejected.csv``, each with the reason. Rows that are replaced move to
    ``records.csv.replaced``, see :meth:`arrange`.

    Args:
        path: the path of the file; file and folder are made if they are missing.
        fresh: whether rows of earlier runs are not to be reused.

    Attributes:
        rows: all that could be read, in the order of the file.
        problems: what was wrong with the others: a line for each reason.

    Raises:
        RecordsError: the file there is not a records file, as its columns tell, or it is a link. It is told before
            anything is written.
        OutputError: nothing may be written there, or the disk is full.
    """

    def __init__(self, path: Path, *, fresh: bool = False) -> None:
        self.path = path
        self.rows: list[Record] = []
        self.problems: list[str] = []
        self._pairs: dict[str, Mapping[str, str]] = {}
        make_folder(path.parent)
        self._packed = path.with_suffix(SUFFIX)
        for link in filter(Path.is_symlink, (path, self._packed)):
            raise RecordsError(
                f"{link}: expected a file, got a link to {link.readlink()}, and links are not written through; put the "
                "file itself there, or name another folder"
            )
        if path.exists() and not path.is_file():
            raise RecordsError(f"{path}: expected a file; move away what is there, or name another folder")
        if path.exists() and path.stat().st_size:
            self._read(path)
        elif self._packed.is_file():
            self._read(self._packed)
        self._first = len(self.rows) if fresh else 0
        self._columns = self._header()
        if not self._fits():
            self._write_anew()
        self._written = list(self.rows)

    def _read(self, path: Path) -> None:
        rejected = []
        metrics = metric_columns()
        if (whole := read_whole(path, read_header(path), metrics)) and not whole.torn:
            self.rows = records_of(whole.columns, metrics)
            return
        for row in read_rows(path, metrics):
            if row.record is None:
                rejected.append(row)
            else:
                self.rows.append(row.record)
        if rejected:
            set_aside(path, rejected)
        self.problems = _told(path, rejected)

    def _fits(self) -> bool:
        """Whether rows can be added to the file as it is: its columns are those of its rows, and its last line ends."""
        if self.problems:
            return False
        if not self.path.exists():
            return self._packed.is_file()  # it is written with the first row that is added
        header = self._text([]).encode()
        with self.path.open("rb") as file:
            return file.read(len(header)) == header and file.seek(-1, 2) > 0 and file.read() == b"\n"

    def append(self, records: Iterable[Record]) -> None:
        """Adds rows, and hands them to the operating system before it returns.

        Raises:
            OutputError: they cannot be written; the file is as before.
        """
        fresh = [_compact(row, self._pairs) for row in records]
        if not fresh:
            return
        # First here: a signal may come when the file has them, and the file would lose what is not here.
        self.rows += fresh
        is_gone = not self.path.exists()  # it is packed, or somebody has removed it: what it had is here
        try:
            if is_gone or any(name not in self._columns for row in fresh for name in row.others):
                self._columns = self._header()
                self._write_anew()
            else:
                append_file(self.path, self._text(fresh, header=False))
        except OutputError:
            del self.rows[-len(fresh) :]
            self._columns = self._header()
            raise

    def _write_anew(self) -> None:
        """Writes all rows in place of what the file holds."""
        replace_file(self.path, self._text(self.rows), durable=True)

    def arrange(self, order: Sequence[tuple[str, ...]]) -> None:
        """Puts the rows in the order of a plan, and keeps the last of those with one identity.

        Nothing that was written before is lost. Rows of which the plan knows nothing stay, after the others. A row that
        another one replaces leaves it the values that it lacks, if both are of the same stream and pixels. The replaced
        row itself moves to ``records.csv.replaced``, if it has a result.

        Args:
            order: identities, see :attr:`Record.identity <benchmark.record.row.Record.identity>`.
        """
        latest: dict[tuple[str, ...], Record] = {}
        replaced = []
        for row in self.rows:
            identity = row.identity
            earlier = latest.get(identity)
            latest[identity] = _with_values_of(row, earlier) if earlier else row
            if earlier and earlier.status == "ok":
                replaced.append(earlier)
        if replaced:
            aside = RecordStore(self.path.with_name(f"{self.path.name}.replaced"))
            aside.append(replaced)
            aside._write_anew()  # on the disk, before the file loses them
        for superseded in _superseded(self.rows):
            latest.pop(superseded, None)
        place = {identity: index for index, identity in enumerate(order)}
        ranked = sorted(enumerate(latest.items()), key=lambda pair: (place.get(pair[1][0], len(place)), pair[0]))
        self.rows, self._first = [row for _, (_, row) in ranked], 0
        if list(map(id, self.rows)) != list(map(id, self._written)):
            self._write_anew()
            self._written = list(self.rows)

    def leave_as(self, form: Form) -> None:
        """Leaves all rows in one file: ``records.csv``, or ``records.parquet`` in its place.

        At any moment one of the two is whole; where both are there, the first counts.

        Raises:
            OutputError: it cannot be written; the rows are where they were.
        """
        if form == "csv":
            if not self.path.exists():
                self._write_anew()
            remove_file(self._packed)
        elif self.path.exists() or not self._packed.is_file():
            write_parquet(self._packed, self.rows, self._columns, metric_columns())
            remove_file(self.path)

    @property
    def usable(self) -> list[Record]:
        """The rows that may be reused: all, or those of this run alone."""
        return self.rows[self._first :]

    def done(
        self,
        definitions: Mapping[str, str],
        sources: Mapping[str, str],
        *,
        timed: int | None = None,
        kept: Path | None = None,
        devices: Mapping[str, str] = MappingProxyType({}),
    ) -> Mapping[tuple[str, str], frozenset[str]]:
        """Keys of the rows of each image and codec that need not be made again.

        Args:
            definitions: the definitions of the metrics that are asked for; a row has to have all of these metrics, by
                the same definitions.
            sources: the digest of the code of each metric.
            timed: how many repeats publishable times need at least; None where the times of any row will do.
            kept: the folder of results that holds the streams of the rows; None where rows need none.
            devices: what has to have computed the rows of a codec; of others, any device will do.
        """
        found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self.usable:
            if timed is not None and row.status == "ok" and not (row.publishable and (row.repeats or 0) >= timed):
                continue
            if kept and row.status == "ok" and not has_streams(kept, row.stream_sha256):
                continue
            if row.device and row.device != devices.get(row.codec, row.device):
                continue
            if row.reusable(definitions, sources):
                found[row.image, row.codec].append(row.key)
        return {of: frozenset(keys) for of, keys in found.items()}

    def _header(self) -> list[str]:
        """This version's columns, with those that nobody here knows but that rows have cells of."""
        return columns(metric_columns(), dict.fromkeys(name for row in self.rows for name in row.others))

    def _text(self, rows: Sequence[Record], *, header: bool = True) -> str:
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, self._columns, restval="", lineterminator="\n")
        if header:
            writer.writeheader()
        writer.writerows(row.cells() for row in rows)
        return buffer.getvalue()


_REPEATED = [
    column.name
    for column in COLUMNS
    if column.kind == "text" and column.name not in ("key", "stream_sha256", "pixels_sha256")
]
"""Columns in which many rows have the same text."""


def _compact(row: Record, pairs: dict[str, Mapping[str, str]]) -> Record:
    """A row that shares with others what it has in common: each row of a worker comes with objects of its own.

    Args:
        row: the row.
        pairs: the pairs that rows had before, by their text; those of this row are added.
    """
    texts: dict[str, Any] = {name: sys.intern(getattr(row, name)) for name in _REPEATED}
    definitions, sources = (
        pairs.setdefault(write_pairs(told), told) for told in (row.metric_definitions, row.metric_sources)
    )
    return replace(row, **texts, metric_definitions=definitions, metric_sources=sources)


def set_aside(path: Path, rejected: Sequence[Row]) -> None:
    """Adds rows of a file that cannot be read to ``rejected.csv`` beside it, with file, line and reason of each.

    A row is there as it stood in the file, as :func:`~benchmark.system.names.printable` makes it.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    aside = path.with_name(REJECTED)
    if not aside.exists():
        writer.writerow(["file", "line", "reason", "row"])
    writer.writerows([path.name, row.line, plain(row.problem), printable(row.written)] for row in rejected)
    append_file(aside, text.getvalue(), make=True, durable=True)


def _superseded(rows: Sequence[Record]) -> set[tuple[str, ...]]:
    """Identities of rows of codecs that could not be used, and were used later: their settings are nobody's."""
    if not any(UNUSABLE in row.flags for row in rows):
        return set()
    latest, used = {}, {}
    for number, row in enumerate(rows):
        latest[row.identity] = number, row
        if UNUSABLE not in row.flags:
            used[row.dataset, row.image, row.codec, row.target] = number
    return {
        identity
        for identity, (number, row) in latest.items()
        if UNUSABLE in row.flags and used.get((row.dataset, row.image, row.codec, row.target), -1) > number
    }


def _with_values_of(row: Record, earlier: Record) -> Record:
    """A row, with the values that an earlier one has and it lacks, if both are of the same stream and pixels."""
    same = ("image_sha256", "stream_sha256", "pixels_sha256")
    if any(not getattr(row, name) or getattr(row, name) != getattr(earlier, name) for name in same):
        return row
    # A metric that was asked for and has no value has none by its present definition.
    asked = {metric.column for metric in all_metrics() if metric.name in row.metric_definitions}
    kept = {column: value for column, value in earlier.metrics.items() if column not in asked}
    # How the earlier row was timed is no matter of this one.
    before = [text for text in earlier.reason.split("; ") if not text.startswith(DISTURBED_TEXT)]
    remarks = [row.reason, *(text for text in before if text not in row.reason)]
    return replace(
        row,
        metrics={**kept, **row.metrics},
        metric_definitions={**earlier.metric_definitions, **row.metric_definitions},
        metric_sources={**earlier.metric_sources, **row.metric_sources},
        others={**earlier.others, **row.others},
        flags=tuple(dict.fromkeys([*row.flags, *(flag for flag in earlier.flags if flag != DISTURBED)])),
        reason="; ".join(filter(None, remarks)),
    )


def _told(path: Path, rejected: Sequence[Row]) -> list[str]:
    """What was wrong with rows, a text for each reason."""
    lines: defaultdict[str, list[int]] = defaultdict(list)
    for row in rejected:
        lines[row.problem].append(row.line)
    found = []
    for reason, where in list(lines.items())[:_MOST_REASONS]:
        more = f" and {len(where) - 1} more" if len(where) > 1 else ""
        found.append(f"{path}, line {where[0]}{more}: {reason}")
    rest = list(lines.values())[_MOST_REASONS:]
    if rest:
        rows = sum(map(len, rest))
        found.append(f"{path}: {rows} more row{'s' if rows > 1 else ''}, for other reasons; see {REJECTED}")
    return found
