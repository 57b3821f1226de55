"""Files that are read column by column: those that runs of this version write, and no others."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark.plugins import metric_columns
from benchmark.record.reading import read_header, read_rows
from benchmark.record.row import Record, columns
from benchmark.record.whole import Whole, is_number, read_whole

METRICS = metric_columns()
ROW = Record(
    dataset="d",
    image="a, b",
    image_sha256="0" * 64,
    images=1,
    width=8,
    height=8,
    codec="jpeg",
    knob="quality",
    settings='{"quality":5}',
    bytes=40,
    bpp=5.0,
    status="ok",
    metrics={"psnr_rgb": 31.25},
    reason='said "so"',
    metric_definitions={"psnr": "1644d87a"},
)


def text_of(*rows: Record) -> str:
    names = columns(METRICS)
    file = io.StringIO()
    writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.cells() for row in rows)
    return file.getvalue()


def read(tmp_path: Path, text: str | bytes) -> Whole | None:
    path = tmp_path / "records.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_whole(path, read_header(path), METRICS)


def test_all_cells_are_those_of_the_reader_of_rows(tmp_path: Path) -> None:
    rows = [
        ROW,
        replace(ROW, image="banana", metrics={"psnr_rgb": float("inf")}),
        replace(ROW, status="failed", bpp=None),
    ]
    found = read(tmp_path, text_of(*rows))
    assert found is not None
    assert found.torn == 0
    expected = [row.cells for row in read_rows(tmp_path / "records.csv", METRICS)]
    assert len(expected) == 3
    for name, column in found.columns.items():
        cells = [row[name] for row in expected]
        if is_number(name, METRICS):
            np.testing.assert_array_equal(column, [float(cell) if cell else np.nan for cell in cells])
        else:
            assert column.tolist() == cells


def test_equal_texts_are_one_object(tmp_path: Path) -> None:
    found = read(tmp_path, text_of(*[ROW] * 5))
    assert found is not None
    assert len({id(text) for text in found.columns["image_sha256"]}) == 1


def test_a_long_file_is_as_a_short_one(tmp_path: Path) -> None:
    head, *lines = text_of(replace(ROW, metrics={"psnr_rgb": 31.25}), replace(ROW, image="b", bytes=None)).splitlines()
    pairs = 16_000
    found = read(tmp_path, "\n".join([head, *lines * pairs]) + "\n")
    assert (tmp_path / "records.csv").stat().st_size > 6 << 20  # it is read in several parts
    assert found is not None
    short = read(tmp_path, "\n".join([head, *lines]) + "\n")
    assert short is not None
    for name, column in found.columns.items():
        np.testing.assert_array_equal(column, np.tile(short.columns[name], pairs))
    assert len({id(text) for text in found.columns["image"]}) == 2


def test_a_row_that_was_not_finished_is_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, text_of(ROW, ROW)[:-20])
    assert found is not None
    assert (len(found.columns["image"]), found.torn) == (1, 3)


def test_a_file_without_rows_has_none(tmp_path: Path) -> None:
    found = read(tmp_path, text_of())
    assert found is not None
    assert {len(column) for column in found.columns.values()} == {0}


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("5.0,", "5.0,,", 1),
        lambda text: text.replace(",ok,", "\n", 1),
        lambda text: text.replace("a, b", "a,\nb", 1),
        lambda text: text.replace("\n2,", '\n2,"', 1),
        lambda text: text.replace("a, b", "a, \0", 1),
        lambda text: text.replace("31.25", "nan", 1),
        lambda text: text.replace("31.25", "infinity", 1),
        lambda text: text.replace("31.25", " 31.25", 1),
        lambda text: text.replace("31.25", "31_25", 1),
        lambda text: text.replace("31.25", "-1e999", 1),
        lambda text: text.replace("31.25", "1e400", 1),
        lambda text: text.replace("31.25", "\u0663", 1),
        lambda text: text.replace("31.25", "x", 1),
        lambda text: text.replace(",40,", ",40.5,", 1),
        lambda text: text.replace("\n2,", "\n1,", 1),
        lambda text: text.replace("\n2,", "\n7,", 1),
        lambda text: text.replace(",ok,", ",good,", 1),
        lambda text: text.replace(",5.0,", ",,", 1),
        lambda text: text.replace(",5.0,", ",inf,", 1),
        lambda text: text.replace(",8,8,", ",0,8,", 1),
        lambda text: text.replace(",jpeg,", ",,", 1),
        lambda text: text.replace('""quality""', '""effort""', 1),
        lambda text: text.replace('""quality""', "quality", 1),
        lambda text: text.replace("psnr:1644d87a", "psnr", 1),
        lambda text: text + "\n",
    ],
)
def test_a_file_with_anything_else_is_left_to_the_reader_of_rows(tmp_path: Path, change: Callable[[str], str]) -> None:
    text = text_of(ROW, ROW)
    assert change(text) != text
    assert read(tmp_path, text) is not None
    assert read(tmp_path, change(text)) is None


def test_so_is_one_that_is_no_text(tmp_path: Path) -> None:
    assert read(tmp_path, text_of(ROW).encode().replace(b"a, b", b"a, \xff")) is None
