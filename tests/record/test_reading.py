"""Files of records that something else has touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.analysis.curve import read_results
from benchmark.analysis.table import read_records
from benchmark.errors import RecordsError
from benchmark.record.row import Record, columns

METRICS = ["psnr_rgb"]


def write(path: Path, *, bom: bool = False, header: str | None = None, rows: int = 1) -> Path:
    row = Record(
        dataset="d",
        image="a",
        codec="c",
        settings="{}",
        status="ok",
        images=1,
        bytes=10,
        bpp=0.5,
        metrics={"psnr_rgb": 30.0},
    ).cells()
    names = columns(METRICS)
    lines = [header or ",".join(names), *[",".join(row[name] for name in names)] * rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig" if bom else "utf-8")
    return path


def test_the_mark_that_a_table_program_puts_first_is_passed_over(tmp_path: Path) -> None:
    assert read_records(write(tmp_path / "records.csv", bom=True))["schema"].tolist() == [2]


def test_a_column_that_is_there_twice_is_told(tmp_path: Path) -> None:
    twice = ",".join("bpp" if name == "payload_bpp" else name for name in columns(METRICS))
    with pytest.raises(RecordsError, match="expected each column once, got more of: bpp"):
        read_records(write(tmp_path / "records.csv", header=twice))


def test_a_file_without_rows_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="holds no rows"):
        read_results([write(tmp_path / "records.csv", rows=0)], [])


@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        ("status", "great", "line 2: status: expected one of"),
        ("codec", "", "line 2: codec: expected a text"),
        ("metric_definitions", "xxx", "line 2: metric_definitions: expected pairs"),
        ("settings", "[1]", "line 2: settings: expected a JSON object"),
        ("images", "", "line 2: images: expected a number above 0"),
    ],
)
def test_tables_are_read_by_the_rule_of_rows(tmp_path: Path, column: str, cell: str, problem: str) -> None:
    path = write(tmp_path / "records.csv")
    header, line = path.read_text(encoding="utf-8").splitlines()
    cells = line.split(",")
    cells[header.split(",").index(column)] = cell
    path.write_text(f"{header}\n{','.join(cells)}\n", encoding="utf-8")
    with pytest.raises(RecordsError, match=problem):
        read_records(path)
