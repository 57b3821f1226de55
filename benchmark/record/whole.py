"""Reads a whole records file column by column, where every row is as a run of this version writes it.

That is many times quicker than row by row, and takes less memory. A file of which anything is in doubt is left to
:mod:`benchmark.record.reading`, which tells what is wrong and where.
"""

from __future__ import annotations

import io
import re
import warnings
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

Column = npt.NDArray[Any]
"""The cells of a column: numbers, NaN where there is none; or texts."""

FIRST = [column.name for column in COLUMNS if column.since == 1]
"""Columns that every records file has, of whatever schema."""

_NEEDED = ("dataset", "image", "codec", "settings")
"""Columns of texts of which no cell is empty."""

_BLOCK = 1 << 24
"""Bytes that are parsed at once."""

_MARK = "\0"
"""Name of the cell at the end of each line, which no column has."""

_NOT_A_NUMBER = re.compile(rb'(?:^|[,"\n])\s*[+-]?nan\s*[,"\n]', re.IGNORECASE)
"""A cell that would be read as a number that is none."""

_INFINITE = re.compile(rb'(?<=[,"\n])[+-]?inf(?=[,"\n])', re.IGNORECASE)
"""A cell that may be infinite on purpose; one such as 1e999 would be read so, too."""

_NUMBERS = ("number", "whole number")


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
    parts: dict[str, list[Column]] = {name: [] for name in header}
    lines, rest = 1, b""
    try:
        with path.open("rb") as file:
            file.readline()
            while block := file.read(_BLOCK):
                whole, end, rest = (rest + block).rpartition(b"\n")
                if not end:
                    continue
                columns = _parsed(whole + end, header, metrics)
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
    """The parts of a column as one. Where texts occur again and again, equal ones become one object."""
    column: Column = np.concatenate(parts) if parts else np.empty(0, object)
    if column.dtype != object:
        return column
    import pandas as pd  # a run that begins reads no rows, and starts its workers sooner without

    places, texts = pd.factorize(column)
    return texts[places] if len(texts) < len(column) / 2 else column


def _parsed(block: bytes, header: Sequence[str], metrics: Collection[str]) -> dict[str, Column]:
    """The columns of some lines, the last of which has its end.

    Raises:
        Odd: a row has more than one line, or not a cell for each column, or a cell of a number holds none.
    """
    import pandas as pd

    if b"\r" in block or b"\0" in block or (b"nan" in block.lower() and _NOT_A_NUMBER.search(block)):
        raise Odd
    numbers = {name for name in header if is_number(name, metrics)}
    # What makes pandas read numbers to the last digit: later versions always do, and warn of the option.
    exact: dict[str, Any] = {} if np.lib.NumpyVersion(pd.__version__) >= "3.1.0" else {"float_precision": "round_trip"}
    # Every line gets one cell more, at the end: where a cell is missing it does not lie there.
    marked = io.BytesIO(block.replace(b"\n", b",!\n"))
    try:
        with pd.option_context("mode.string_storage", "python"), warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # of cells that are too many
            frame = pd.read_csv(
                marked,
                header=None,
                names=[*header, _MARK],
                dtype={name: np.float64 if name in numbers else str for name in (*header, _MARK)},
                keep_default_na=False,
                na_values={name: [""] for name in numbers},
                index_col=False,
                encoding="utf-8",
                **exact,
            )
    except (ValueError, OverflowError, pd.errors.ParserWarning) as error:  # other text than UTF-8 is one, too
        raise Odd from error
    if len(frame) != block.count(b"\n") or not (frame[_MARK] == "!").all():
        raise Odd
    columns: dict[str, Column] = {
        name: frame[name].to_numpy(np.float64 if name in numbers else object) for name in header
    }
    if sum(int(np.isinf(columns[name]).sum()) for name in numbers) > len(_INFINITE.findall(block)):
        raise Odd
    _check_whole_numbers(columns)
    return columns


def _check_whole_numbers(columns: Mapping[str, Column]) -> None:
    for name in columns.keys() & {name for name, column in BY_NAME.items() if column.kind == "whole number"}:
        check_whole(columns[name])


def is_number(name: str, metrics: Collection[str]) -> bool:
    """Whether a column holds numbers."""
    return BY_NAME[name].kind in _NUMBERS if name in BY_NAME else name in metrics


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
