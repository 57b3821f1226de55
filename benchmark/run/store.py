"""The records file: rows appended as they finish, read back to resume, put in order at the end."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmark.errors import RecordsError
from benchmark.run.record import ADDED, SETTLED, Record, columns


class RecordStore:
    """``records.csv`` of a results folder, opened to be added to.

    Args:
        path: the path of the file; file and folder are made if they are missing.

    Raises:
        RecordsError: the file there has other columns.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            _drop_torn_line(path)
        if not path.exists() or not path.stat().st_size:
            replace_file(path, _text([]))
        self.rows = read_rows(path)
        with path.open(encoding="utf-8") as file:
            older = file.readline() != _text([])
        if older:
            replace_file(path, _text(self.rows))
        self._file = path.open("a", encoding="utf-8", newline="")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, records: Iterable[Record]) -> None:
        """Adds rows, and hands them to the operating system before it returns."""
        fresh = list(records)
        csv.DictWriter(self._file, columns(), lineterminator="\n").writerows(fresh)
        self._file.flush()
        self.rows += [{key: str(value) for key, value in record.items()} for record in fresh]

    def arrange(self, order: Sequence[tuple[str, ...]]) -> None:
        """Puts the rows in the order of a plan, and keeps the last of those with one identity.

        Rows of which the plan knows nothing stay, after the others: what was written before is never lost.
        """
        latest = {identity(row): row for row in self.rows}
        place = {name: index for index, name in enumerate(order)}
        ranked = sorted(enumerate(latest.items()), key=lambda pair: (place.get(pair[1][0], len(place)), pair[0]))
        rows = [row for _, (_, row) in ranked]
        self._file.close()
        replace_file(self.path, _text(rows))
        self.rows = rows
        self._file = self.path.open("a", encoding="utf-8", newline="")


def identity(record: Record) -> tuple[str, ...]:
    """What a row is about: two rows of one identity are two attempts at the same thing."""
    return tuple(str(record[key]) for key in ("dataset", "image", "codec", "settings", "target"))


def settled_keys(rows: Iterable[Record]) -> defaultdict[tuple[str, str], frozenset[str]]:
    """Keys of the rows of each image and codec that need no second try; an empty set for others."""
    done: defaultdict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
    for row in rows:
        if row["status"] in SETTLED:
            done[row["image"], row["codec"]] |= {row["key"]}
    return done


def read_rows(path: Path) -> list[Record]:
    """All rows of a records file, every cell a string; columns that came later are empty in an older one.

    Raises:
        RecordsError: it is not a records file of this schema.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        found, wanted = list(reader.fieldnames or []), columns()
        if found != [name for name in wanted if name in found or name not in ADDED]:
            missing = [name for name in wanted if name not in found]
            extra = [name for name in found if name not in wanted]
            raise RecordsError(
                f"{path}: its columns are not this version's (missing: {', '.join(missing) or 'none'}; "
                f"unknown: {', '.join(extra) or 'none'}). Move it away, or give another --out."
            )
        return [{name: row.get(name, "") for name in wanted} for row in reader]


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


def _text(rows: Sequence[Record]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
