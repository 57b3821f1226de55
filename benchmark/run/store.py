"""The records file: rows appended as they finish, read back to resume, put in order at the end."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmark.plugins import all_metrics, metric_columns
from benchmark.record.reading import read_rows
from benchmark.record.row import DISTURBED, DISTURBED_TEXT, Record, columns
from benchmark.record.streams import has_streams
from benchmark.system.files import make_folder

_MOST_REASONS = 5
"""Different reasons that are told of rows that cannot be read."""


class RecordStore:
    """``records.csv`` of a results folder, opened to be added to.

    A file of an older schema, or with the columns of other metrics, is written anew with this version's columns.
    Columns that nobody here knows stay, as they are. Nothing is deleted: rows that cannot be read, such as those of an
    unknown schema, are never reused, and their lines move to a file beside it, ``records.csv.unreadable``; rows that
    are replaced move to ``records.csv.replaced``, see :meth:`arrange`.

    Args:
        path: the path of the file; file and folder are made if they are missing.
        fresh: whether rows of earlier runs are not to be reused.

    Attributes:
        rows: all that could be read, in the order of the file.
        problems: what was wrong with the others: a line for each reason.

    Raises:
        RecordsError: the file there is not a records file.
    """

    def __init__(self, path: Path, *, fresh: bool = False) -> None:
        self.path = path
        self.rows: list[Record] = []
        self.problems: list[str] = []
        make_folder(path.parent)
        if path.exists() and path.stat().st_size:
            self._read()
        self._first = len(self.rows) if fresh else 0
        self._columns = self._header()
        text = self._text(self.rows)
        if not path.exists() or path.read_bytes() != text.encode():
            replace_file(path, text)
        self._file = path.open("a", encoding="utf-8", newline="")

    def _read(self) -> None:
        unreadable = []
        lines: defaultdict[str, list[int]] = defaultdict(list)
        metrics = metric_columns()
        for row in read_rows(self.path, metrics):
            if row.problem:
                lines[row.problem].append(row.line)
                unreadable.append(row.written)
            else:
                self.rows.append(Record.from_cells(row.cells, metrics))
        if unreadable:
            with self._beside("unreadable").open("a", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(unreadable)
        self.problems = _told(self.path, lines)

    def _beside(self, what: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{what}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, records: Iterable[Record]) -> None:
        """Adds rows, and hands them to the operating system before it returns."""
        fresh = list(records)
        self.rows += fresh
        if any(name not in self._columns for row in fresh for name in row.others):
            self._columns = self._header()
            self._write_anew()
        else:
            self._file.write(self._text(fresh, header=False))
            self._file.flush()

    def _write_anew(self) -> None:
        """Writes all rows in place of what the file holds."""
        self._file.close()
        replace_file(self.path, self._text(self.rows))
        self._file = self.path.open("a", encoding="utf-8", newline="")

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
            earlier = latest.get(row.identity)
            latest[row.identity] = _with_values_of(row, earlier) if earlier else row
            if earlier and earlier.status == "ok":
                replaced.append(earlier)
        if replaced:
            with RecordStore(self._beside("replaced")) as aside:
                aside.append(replaced)
        place = {identity: index for index, identity in enumerate(order)}
        ranked = sorted(enumerate(latest.items()), key=lambda pair: (place.get(pair[1][0], len(place)), pair[0]))
        self.rows, self._first = [row for _, (_, row) in ranked], 0
        self._write_anew()

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
    ) -> Mapping[tuple[str, str], frozenset[str]]:
        """Keys of the rows of each image and codec that need not be made again.

        Args:
            definitions: the definitions of the metrics that are asked for; a row has to have all of these metrics, by
                the same definitions.
            sources: the digest of the code of each metric.
            timed: how many repeats publishable times need at least; None where the times of any row will do.
            kept: the folder of results that holds the streams of the rows; None where rows need none.
        """
        found: defaultdict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
        for row in self.usable:
            if timed is not None and row.status == "ok" and not (row.publishable and (row.repeats or 0) >= timed):
                continue
            if kept and row.status == "ok" and not has_streams(kept, row.stream_sha256):
                continue
            if row.reusable(definitions, sources):
                found[row.image, row.codec] |= {row.key}
        return found

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


def replace_file(path: Path, text: str) -> None:
    """Writes a file whole or not at all. What UTF-8 cannot hold is escaped with a backslash, as JSON has it."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    temporary.replace(path)


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


def _told(path: Path, lines: Mapping[str, Sequence[int]]) -> list[str]:
    """What was wrong with rows, a text for each reason, given the lines of each."""
    found = []
    for reason, where in list(lines.items())[:_MOST_REASONS]:
        more = f" and {len(where) - 1} more" if len(where) > 1 else ""
        found.append(f"{path}, line {where[0]}{more}: {reason}")
    rest = list(lines.values())[_MOST_REASONS:]
    if rest:
        rows = sum(map(len, rest))
        found.append(f"{path}: {rows} more row{'s' if rows > 1 else ''}, for other reasons; see {path.name}.unreadable")
    return found
