"""Rows in Parquet files: they are those of CSV files, to the last digit."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark.errors import MissingBackend, RecordsError
from benchmark.plugins import metric_columns
from benchmark.record import parquet
from benchmark.record.parquet import need_pyarrow, write_parquet
from benchmark.record.reading import read_header, read_rows
from benchmark.record.row import Record, columns
from benchmark.record.typed import records_of
from benchmark.record.whole import read_whole
from tests.needs import needs
from tests.record.test_typed import ROW as TYPED

pa = needs("pyarrow", extra="parquet")
pq = needs("pyarrow.parquet", extra="parquet")

METRICS = metric_columns()
ROW = replace(TYPED, image='a, "b"', bpp=5.123456789, metrics={"psnr_rgb": 31.25, "ssim_y": 1e-7})
ROWS = [
    ROW,
    replace(ROW, image="日本", bytes=None, bpp=None, metrics={}, flags=(), others={}, status="failed", reason="no, no"),
    replace(ROW, image="c", metrics={"psnr_rgb": float("inf")}, others={"mine": "x"}),
]
HEADER = columns(METRICS, ["mine"])


def text_of(rows: list[Record]) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, HEADER, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.cells() for row in rows)
    return file.getvalue()


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    """The same rows as CSV and as Parquet."""
    paths = tmp_path / "records.csv", tmp_path / "records.parquet"
    paths[0].write_text(text_of(ROWS), encoding="utf-8")
    write_parquet(paths[1], ROWS, HEADER, METRICS)
    return paths


@pytest.mark.parametrize("group", [2, 100])
def test_rows_and_columns_are_those_of_the_csv_file(
    tmp_path: Path, both: tuple[Path, Path], group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "GROUP", group)
    write_parquet(both[1], ROWS, HEADER, METRICS)
    assert pq.ParquetFile(both[1]).num_row_groups == (2 if group == 2 else 1)
    plain, packed = (list(read_rows(path, METRICS)) for path in both)
    assert [row.record for row in packed] == [row.record for row in plain]
    assert [row.cells for row in packed] == [row.cells for row in plain]
    assert [row.written for row in packed] == text_of(ROWS).splitlines()[1:]
    assert [row.line for row in packed] == [1, 2, 3]
    assert read_header(both[1]) == HEADER
    wholes = [read_whole(path, HEADER, METRICS) for path in both]
    assert wholes[0] is not None and wholes[1] is not None
    for name in HEADER:
        np.testing.assert_array_equal(wholes[1].columns[name], wholes[0].columns[name], err_msg=name)
        assert wholes[1].columns[name].dtype == wholes[0].columns[name].dtype
    assert records_of(wholes[1].columns, METRICS) == [row.record for row in plain]


def test_numbers_are_typed_for_other_readers(both: tuple[Path, Path]) -> None:
    table = pq.read_table(both[1])
    kinds = {name: str(table.schema.field(name).type) for name in ("bpp", "bytes", "psnr_rgb", "codec", "mine")}
    assert kinds == {"bpp": "double", "bytes": "int64", "psnr_rgb": "double", "codec": "string", "mine": "string"}
    assert table["bytes"].to_pylist() == [40, None, 40]
    assert table["psnr_rgb"].to_pylist() == [31.25, None, float("inf")]


def test_a_metric_that_is_not_installed_is_a_text_and_one_that_is_a_number(both: tuple[Path, Path]) -> None:
    fewer = [name for name in METRICS if name != "psnr_rgb"]
    assert [row.record and row.record.others.get("psnr_rgb") for row in read_rows(both[1], fewer)] == [
        "31.25",
        None,
        "inf",
    ]
    found = read_whole(both[1], HEADER, [*METRICS, "mine"])
    assert found is None, "x is no number"
    assert "mine: expected a number, got 'x'" in list(read_rows(both[1], [*METRICS, "mine"]))[2].problem
    write_parquet(both[1], ROWS[:2], HEADER, METRICS)
    found = read_whole(both[1], HEADER, [*METRICS, "mine"])
    assert found is not None
    np.testing.assert_array_equal(found.columns["mine"], [0.5, np.nan])


def test_a_file_that_another_program_wrote_is_read(both: tuple[Path, Path]) -> None:
    """Nulls for empty texts, dictionaries, and numbers of other widths."""
    table = pq.read_table(both[1])
    reason = pa.array([None, "no, no", None]).dictionary_encode()
    table = table.set_column(HEADER.index("reason"), "reason", reason)
    table = table.set_column(HEADER.index("width"), "width", table["width"].cast(pa.float64()))
    pq.write_table(table, both[1])
    assert [row.record for row in read_rows(both[1], METRICS)] == ROWS
    whole = read_whole(both[1], HEADER, METRICS)
    assert whole is not None
    assert records_of(whole.columns, METRICS) == ROWS


def test_what_is_no_parquet_file_or_has_none_of_its_rows_is_told(tmp_path: Path, both: tuple[Path, Path]) -> None:
    path = both[1]
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(RecordsError, match=r"records\.parquet: cannot be read as Parquet: .+"):
        read_header(path)
    pq.write_table(pa.table({"codec": ["jpeg"]}), path)
    with pytest.raises(RecordsError, match=r"its columns are not those of a records file \(missing: schema"):
        list(read_rows(path))
    write_parquet(path, [replace(ROW, status="odd")], HEADER, METRICS)
    assert read_whole(path, HEADER, METRICS) is None
    assert "status: expected one of" in next(iter(read_rows(path, METRICS))).problem


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingBackend, match=r"pip install 'rdbench\[parquet\]'"):
        need_pyarrow()
