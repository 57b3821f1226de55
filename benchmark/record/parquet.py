"""Rows of records as a Parquet file, which DuckDB, Polars and Spark read.

The cells are those of the CSV file, in its order. Numbers are typed, a missing one is null; all else is text. Rows lie
in groups of :data:`GROUP`, so that a reader takes a group, or a column, at a time.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.errors import MissingBackend, RecordsError, one_line
from benchmark.record.columns import write_number
from benchmark.record.row import BY_NAME, Record
from benchmark.system.files import replacing

GROUP = 100_000
"""Rows of a group."""

SUFFIX = ".parquet"
"""By which a file of this format is known."""


def need_pyarrow() -> Any:
    """The package that reads and writes these files.

    Raises:
        MissingBackend: it is not installed.
    """
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingBackend("records as Parquet need pyarrow: pip install 'rdbench[parquet]'") from error
    return pyarrow


def write_parquet(path: Path, rows: Sequence[Record], header: Sequence[str], metrics: Collection[str]) -> None:
    """Writes rows in the place of a file, which is whole on the disk before it gets its name.

    Args:
        path: the path of the file.
        rows: the rows, in their order.
        header: the names of the columns, in their order.
        metrics: those of them that are metrics.

    Raises:
        OutputError: it cannot be written.
        MissingBackend: pyarrow is not installed.
    """
    arrow = need_pyarrow()
    kinds = {name: BY_NAME[name].kind if name in BY_NAME else "number" if name in metrics else "" for name in header}
    types = {"number": arrow.float64(), "whole number": arrow.int64()}
    schema = arrow.schema([(name, types.get(kind, arrow.string())) for name, kind in kinds.items()])
    read = {"number": _number, "whole number": _whole}
    with replacing(path) as file:
        with arrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
            for start in range(0, len(rows), GROUP):
                cells = [row.cells() for row in rows[start : start + GROUP]]
                columns = {
                    name: list(map(read.get(kind, str), [row.get(name, "") for row in cells]))
                    for name, kind in kinds.items()
                }
                writer.write_table(arrow.table(columns, schema))
        file.flush()
        os.fsync(file.fileno())


def parquet_header(path: Path) -> list[str]:
    """The columns of a Parquet file.

    Raises:
        RecordsError: it cannot be read.
    """
    with _opened(path) as file:
        return [str(name) for name in file.schema_arrow.names]


def parquet_columns(path: Path, numbers: Collection[str]) -> dict[str, npt.NDArray[Any]]:
    """The columns of a Parquet file, one after the other.

    Args:
        path: the path of the file.
        numbers: the columns that hold numbers: ``float64``, NaN where there is none. All others are texts, of which
            equal ones of a column are one object.

    Raises:
        RecordsError: it cannot be read.
        ValueError: a column of numbers holds something else.
    """
    with _opened(path) as file:
        return {
            name: _column(name, file.read(columns=[name]).column(0), number=name in numbers)
            for name in file.schema_arrow.names
        }


def parquet_cells(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a Parquet file as the texts that a CSV file would have, by column.

    Raises:
        RecordsError: it cannot be read.
    """
    with _opened(path) as file:
        for batch in file.iter_batches():
            columns = {name: _texts(name, batch.column(name)).tolist() for name in batch.schema.names}
            for cells in zip(*columns.values(), strict=True):
                yield dict(zip(columns, cells, strict=True))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    arrow = need_pyarrow()
    try:
        with arrow.parquet.ParquetFile(path) as file:
            yield file
    except (OSError, arrow.ArrowException) as error:
        raise RecordsError(f"{path}: cannot be read as Parquet: {one_line(error)}") from error


def _column(name: str, column: Any, *, number: bool) -> npt.NDArray[Any]:
    if not number:
        return _texts(name, column)
    arrow = need_pyarrow()
    if _is_number(column):
        numbers: npt.NDArray[np.float64] = column.cast(arrow.float64()).to_numpy()
        return numbers
    return np.array([np.nan if cell is None else cell for cell in map(_number, _texts(name, column))], np.float64)


def _texts(name: str, column: Any) -> npt.NDArray[np.object_]:
    """A column as the texts of cells; empty where there is no value."""
    arrow = need_pyarrow()
    encoded = column.dictionary_encode() if not arrow.types.is_dictionary(column.type) else column
    if hasattr(encoded, "unify_dictionaries"):  # a column of several groups
        encoded = encoded.unify_dictionaries().combine_chunks()
    write = _writer(name) if _is_number(column) else str
    values = list(map(write, encoded.dictionary.to_pylist()))
    places = encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    texts: npt.NDArray[np.object_] = np.array([*values, ""], object)[places]
    return texts


def _is_number(column: Any) -> bool:
    types = need_pyarrow().types
    return bool(types.is_integer(column.type) or types.is_floating(column.type))


def _writer(name: str) -> Callable[[float], str]:
    """What makes a cell of a number of a column."""
    column = BY_NAME.get(name)
    write = column.write if column and column.kind in ("number", "whole number") else write_number
    return lambda value: "" if math.isnan(value) else write(value)


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


def _whole(cell: str) -> int | None:
    return int(cell) if cell else None
