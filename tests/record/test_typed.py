"""Rows that are read column by column are those that are read one by one."""

from __future__ import annotations

import csv
import io
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


@pytest.mark.parametrize("lacking", [(), ("encode_cpu_s", "flags")])
def test_rows_are_those_of_the_other_reader(tmp_path: Path, lacking: tuple[str, ...]) -> None:
    names = [name for name in columns(METRICS, ["mine", "yours", "peak_memory_mib"]) if name not in lacking]
    file = io.StringIO()
    writer = csv.DictWriter(file, names, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row.cells(), "peak_memory_mib": "17"} for row in ROWS)
    path = tmp_path / "records.csv"
    path.write_text(file.getvalue(), encoding="utf-8")
    whole = read_whole(path, read_header(path), METRICS)
    assert whole is not None
    found = records_of(whole.columns, METRICS)
    assert found == [row.record for row in read_rows(path, METRICS)]
    assert [type(value) for value in (found[0].bytes, found[0].bpp, found[0].encode_s)] == [int, float, type(None)]
    if not lacking:
        assert found == ROWS


def test_a_file_without_rows_has_none(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    path.write_text(",".join(columns(METRICS)) + "\n", encoding="utf-8")
    whole = read_whole(path, read_header(path), METRICS)
    assert whole is not None and records_of(whole.columns, METRICS) == []
