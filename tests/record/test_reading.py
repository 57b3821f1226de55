"""Files of records that something else has touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.analysis.records import read_records
from benchmark.analysis.regression.runs import read_run
from benchmark.analysis.results import read_results
from benchmark.analysis.table import summarise
from benchmark.errors import RecordsError
from benchmark.plugins import all_metrics
from benchmark.record.reading import TORN, read_rows
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
        ("width", "0", "line 2: width: expected a number above 0"),
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


def test_a_text_column_that_nobody_knows_is_kept_and_not_averaged(tmp_path: Path) -> None:
    path = write(tmp_path / "records.csv", rows=2)
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([f"{header},remark,watts", f"{lines[0]},good,3", f"{lines[1]},,4", ""]), encoding="utf-8")
    frame = read_records(path, METRICS)
    assert frame["remark"].tolist() == ["good", ""]
    assert frame["watts"].tolist() == [3.0, 4.0]
    row = summarise(frame, all_metrics()).iloc[0]
    assert (row["watts_mean"], row["psnr_rgb_mean"]) == (3.5, 30.0)
    assert "remark_mean" not in row
    found = read_results([path], [])
    assert len(found.records) == 1
    assert found.notes == []


def test_a_cell_of_a_known_metric_has_to_be_a_number(tmp_path: Path) -> None:
    path = write(tmp_path / "records.csv")
    path.write_text(path.read_text(encoding="utf-8").replace(",30.0,", ",loud,"), encoding="utf-8")
    assert read_records(path)["psnr_rgb"].tolist() == ["loud"], "nobody said that it is a metric's"
    with pytest.raises(RecordsError, match="line 2: psnr_rgb: expected a number, got 'loud'"):
        read_records(path, METRICS)


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_last_row_that_is_not_whole_is_left_out_with_a_note(tmp_path: Path, cut: int) -> None:
    path = write(tmp_path / "records.csv", rows=2)
    path.write_bytes(path.read_bytes()[:-cut])
    assert [row.problem for row in read_rows(path, METRICS)] == ["", TORN]
    found = read_results([path], [])
    assert found.notes == [f"{path}, line 3: left out: {TORN}"]
    assert len(found.records) == 1
    run = read_run(path)
    assert (run.notes, len(run.records)) == (found.notes, 1)


def test_a_file_that_was_torn_within_a_letter_or_a_quoted_line_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "records.csv", rows=1)
    whole = path.read_bytes()
    for rest in ("2,k,d,é".encode()[:-1], b'2,k,d,24,"two\n'):
        path.write_bytes(whole + rest)
        assert [row.problem for row in read_rows(path)] == ["", TORN]
    path.write_bytes(whole.replace(b",c,", b",\xe9,"))
    with pytest.raises(RecordsError, match=r"line 2: expected UTF-8"):
        read_records(path)
    path.write_bytes(whole.replace(b",codec,", b",\xe9,"))
    with pytest.raises(RecordsError, match=r"cannot be read as CSV: expected UTF-8"):
        read_records(path)


def test_a_cell_may_be_longer_than_a_reader_of_csv_takes_unasked(tmp_path: Path) -> None:
    path = write(tmp_path / "records.csv")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\n", ",remark\n", 1)[:-1] + "," + "x" * 140_000 + "\n", encoding="utf-8")
    assert read_records(path)["remark"].str.len().tolist() == [140_000]
