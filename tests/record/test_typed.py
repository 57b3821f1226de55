"""Rows that are read column by column are those that are read one by one."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.plugins import metric_columns
from benchmark.record.reading import read_header, read_rows
from benchmark.record.row import Record, columns
from benchmark.record.typed import records_of
from benchmark.record.whole import read_whole

METRICS = metric_columns()
ROW = Record(
    dataset="d",
    image="a, b",
    images=1,
    width=8,
    height=8,
    codec="jpeg",
    knob="quality",
    settings='{"quality":5}',
    bytes=40,
    bpp=5.0,
    target_limit=0.1 + 0.2,
    status="ok",
    metrics={"psnr_rgb": 31.25, "ssim_y": 0.5},
    flags=("above-ceiling", "disturbed"),
    metric_definitions={"psnr": "1644d87a"},
    others={"mine": "0.50"},
).keyed()
ROWS = [
    ROW,
    replace(ROW, image="b", bytes=None, bpp=None, metrics={}, flags=(), others={}, status="failed", reason="no, no"),
    replace(ROW, image="c", metrics={"psnr_rgb": float("inf")}, others={"yours": "x"}),
]


def both(
    tmp_path: Path, rows: Sequence[Record], lacking: Collection[str] = ()
) -> tuple[list[Record], list[Record | None]]:
    """Rows as they are read column by column, and one by one."""
    names = [name for name in columns(METRICS, ["mine", "yours", "peak_memory_mib"]) if name not in lacking]
    file = io.StringIO()
    writer = csv.DictWriter(file, names, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row.cells(), "peak_memory_mib": "17"} for row in rows)
    path = tmp_path / "records.csv"
    path.write_text(file.getvalue(), encoding="utf-8")
    whole = read_whole(path, read_header(path), METRICS)
    assert whole is not None
    return records_of(whole.columns, METRICS), [row.record for row in read_rows(path, METRICS)]


@pytest.mark.parametrize("lacking", [(), ("encode_cpu_s", "flags")])
def test_rows_are_those_of_the_other_reader(tmp_path: Path, lacking: tuple[str, ...]) -> None:
    found, others = both(tmp_path, ROWS, lacking)
    assert found == others
    assert [type(value) for value in (found[0].bytes, found[0].bpp, found[0].encode_s)] == [int, float, type(None)]
    if not lacking:
        assert found == ROWS


def test_a_file_without_rows_has_none(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    path.write_text(",".join(columns(METRICS)) + "\n", encoding="utf-8")
    whole = read_whole(path, read_header(path), METRICS)
    assert whole is not None and records_of(whole.columns, METRICS) == []


@pytest.mark.parametrize("number", [0.0, -0.0, 2.5, float("inf")], ids=str)
def test_rows_in_which_every_cell_is_that_of_the_others_are_those_of_the_other_reader(
    tmp_path: Path, number: float
) -> None:
    for rows in (
        [ROW],
        [replace(ROW, encode_s=number)] * 3,
        [replace(ROW, encode_s=0.0), replace(ROW, encode_s=number)],
    ):
        found, others = both(tmp_path, rows)
        assert list(map(repr, found)) == list(map(repr, others))  # which tells -0 from 0
        assert [type(row.width) for row in found] == [int] * len(rows)


def test_rows_share_nothing_that_changes(tmp_path: Path) -> None:
    found, _ = both(tmp_path, [replace(ROW, others={}, metrics={})] * 2)
    assert found[0].metrics is not found[1].metrics
    assert found[0].others is not found[1].others
    assert found[0] is not found[1]
