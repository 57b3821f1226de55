"""The records file: appended, resumed, put in order, never torn."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from benchmark.errors import RecordsError
from benchmark.run.record import ADDED, Record, columns
from benchmark.run.store import RecordStore, identity, read_rows


def record(image: str, status: str = "ok", **more: object) -> Record:
    row = dict.fromkeys(columns(), "")
    return row | {"dataset": "d", "image": image, "codec": "c", "settings": "{}", "status": status, **more}


def test_rows_are_on_disk_as_soon_as_they_are_appended(tmp_path: Path) -> None:
    path = tmp_path / "new" / "records.csv"
    with RecordStore(path) as store:
        store.append([record("a", bytes=12, reason='says "no", twice')])
        rows = read_rows(path)
    assert [row["image"] for row in rows] == ["a"]
    assert rows[0]["bytes"] == "12"
    assert rows[0]["reason"] == 'says "no", twice'
    assert list(rows[0]) == columns()


def test_a_torn_last_line_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    with RecordStore(path) as store:
        store.append([record("a"), record("b")])
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    with RecordStore(path) as store:
        assert [row["image"] for row in store.rows] == ["a"]
        store.append([record("b")])
    assert path.read_bytes() == whole


def test_order_of_the_plan_and_last_attempt_wins(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    with RecordStore(path) as store:
        store.append([record("b", "failed"), record("stranger"), record("a"), record("b")])
        store.arrange([identity(record("a")), identity(record("b"))])
        store.append([record("late")])
    assert [(row["image"], row["status"]) for row in read_rows(path)] == [
        ("a", "ok"), ("b", "ok"), ("stranger", "ok"), ("late", "ok"),
    ]


def test_a_file_from_before_a_column_was_added_is_read_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    older = [name for name in columns() if name not in ADDED]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, older, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerow(record("a"))
    assert read_rows(path) == [record("a")]
    with RecordStore(path) as store:
        store.append([record("b", metric_definitions="psnr:01234567")])
    assert [(row["image"], row["metric_definitions"]) for row in read_rows(path)] == [("a", ""), ("b", "psnr:01234567")]


def test_other_columns_are_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    path.write_text("image,bpp\na,1\n", encoding="utf-8")
    with pytest.raises(RecordsError, match=r"unknown: none|missing: schema"):
        RecordStore(path)
    assert path.read_text(encoding="utf-8") == "image,bpp\na,1\n"


def test_names_that_scripts_rely_on() -> None:
    promised = (
        "dataset image codec settings status reason width height bytes bpp payload_bpp psnr_rgb psnr_y ssim_rgb ssim_y "
        "ms_ssim_rgb ms_ssim_y encode_s decode_s"
    )
    assert set(promised.split()) <= set(columns())
    assert len(columns()) == len(set(columns()))
