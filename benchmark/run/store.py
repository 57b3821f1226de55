"""The records file: rows appended as they finish, read back to resume, put in order at the end."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmark.plugins import metric_columns
from benchmark.record.reading import read_rows
from benchmark.record.row import Record, columns


class RecordStore:
    """``records.csv`` of a results folder, opened to be added to.

    A file of an older schema, or with the columns of other metrics, is written anew with this version's columns. Rows
    that cannot be read, such as those of an unknown schema, are never reused: their lines move to a file beside it,
    ``records.csv.unreadable``.

    Args:
        path: the path of the file; file and folder are made if they are missing.

    Attributes:
        rows: all that could be read, in the order of the file.
        problems: what was wrong with each of the others.

    Raises:
        RecordsError: the file there is not a records file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[Record] = []
        self.problems: list[str] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            _drop_torn_line(path)
        if path.exists() and path.stat().st_size:
            self._read()
        self._columns = self._header()
        text = self._text(self.rows)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            replace_file(path, text)
        self._file = path.open("a", encoding="utf-8", newline="")

    def _read(self) -> None:
        unreadable = []
        for row in read_rows(self.path):
            if row.problem:
                self.problems.append(f"{self.path}, line {row.line}: {row.problem}")
                unreadable.append(row.written)
            else:
                self.rows.append(Record.from_cells(row.cells))
        if unreadable:
            with self.path.with_name(f"{self.path.name}.unreadable").open("a", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(unreadable)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, records: Iterable[Record]) -> None:
        """Adds rows, and hands them to the operating system before it returns."""
        fresh = list(records)
        self._file.write(self._text(fresh, header=False))
        self._file.flush()
        self.rows += fresh

    def arrange(self, order: Sequence[tuple[str, ...]]) -> None:
        """Puts the rows in the order of a plan, and keeps the last of those with one identity.

        Rows of which the plan knows nothing stay, after the others: what was written before is never lost.

        Args:
            order: identities, see :attr:`Record.identity <benchmark.record.row.Record.identity>`.
        """
        latest = {row.identity: row for row in self.rows}
        place = {identity: index for index, identity in enumerate(order)}
        ranked = sorted(enumerate(latest.items()), key=lambda pair: (place.get(pair[1][0], len(place)), pair[0]))
        rows = [row for _, (_, row) in ranked]
        self._file.close()
        replace_file(self.path, self._text(rows))
        self.rows = rows
        self._file = self.path.open("a", encoding="utf-8", newline="")

    def done(self, definitions: Mapping[str, str]) -> Mapping[tuple[str, str], frozenset[str]]:
        """Keys of the rows of each image and codec that need not be made again.

        Args:
            definitions: the definitions of the metrics that are asked for; a row has to have all of these metrics, by
                the same definitions.
        """
        found: defaultdict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
        for row in self.rows:
            if row.reusable(definitions):
                found[row.image, row.codec] |= {row.key}
        return found

    def _header(self) -> list[str]:
        """This version's columns, with those of metrics that are not installed here but that rows have values of."""
        installed = metric_columns()
        return columns(dict.fromkeys([*installed, *(name for row in self.rows for name in row.metrics)]))

    def _text(self, rows: Sequence[Record], *, header: bool = True) -> str:
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, self._columns, restval="", lineterminator="\n")
        if header:
            writer.writeheader()
        writer.writerows(row.cells() for row in rows)
        return buffer.getvalue()


def replace_file(path: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8", newline="")
    temporary.replace(path)


def _drop_torn_line(path: Path) -> None:
    """Cuts off a last line that a killed run did not finish."""
    with path.open("rb+") as file:
        data = file.read()
        if data and not data.endswith(b"\n"):
            file.truncate(data.rfind(b"\n") + 1)
