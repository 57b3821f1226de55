"""Committed baselines, most of schema 1, and what a run may reuse of a folder."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from benchmark.analysis.records import read_records
from benchmark.analysis.table import read_summary, summarise
from benchmark.plugins import all_metrics
from benchmark.record.columns import read_pairs
from benchmark.record.migrate import RETIRED, migrate, update_to_2
from benchmark.record.reading import read_rows
from benchmark.record.row import BY_NAME, Record, metric_column
from tests.conftest import ROOT, TIMED, Run, photo

BASELINES = sorted((ROOT / "results" / "baseline").rglob("records.csv"))
EACH_BASELINE = pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=[pytest.mark.slow] * (path.stat().st_size > 100_000)) for path in BASELINES],
    ids=lambda path: str(path.parent.relative_to(ROOT / "results")),
)


def as_written(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_there_are_baselines() -> None:
    assert len(BASELINES) > 20
    assert {as_written(path)[0]["schema"] for path in BASELINES} == {"1", "2"}


@EACH_BASELINE
def test_a_baseline_is_read_with_all_its_figures(path: Path) -> None:
    old = as_written(path)
    rows = list(read_rows(path))
    assert [row.problem for row in rows] == [""] * len(old)
    taken_apart = {"schema", "key", "dataset", "version"}
    for before, row in zip(old, rows, strict=True):
        assert {name: row.cells[name] for name in before.keys() - taken_apart - RETIRED} == {
            name: cell for name, cell in before.items() if name not in taken_apart | RETIRED
        }
        record = Record.from_cells(row.cells)
        if before["schema"] == "1":
            assert record.version + f", weights {record.weights}" * (record.weights != "") == before["version"]
        else:
            assert row.cells == {name: cell for name, cell in before.items() if name not in RETIRED}
        assert "weights" not in record.version
        if before.get("metric_definitions"):
            assert record.key, "its old key holds, so that it is worth reusing"
        else:
            assert not record.reusable({}, {})


@EACH_BASELINE
def test_a_baseline_gives_the_summary_that_is_committed(path: Path) -> None:
    summary = summarise(read_records(path), all_metrics())
    new = pd.read_csv(io.StringIO(summary.to_csv(index=False)))
    old = pd.read_csv(path.with_name("summary.csv"))
    left_out = {"dataset", "version"} | {f"{name}_{what}" for name in RETIRED for what in ("mean", "std")}
    # A pooled value that the committed summary lacks may be had now.
    figures = [
        name for name in old if name not in left_out and not (str(name).endswith("_pooled") and old[name].isna().all())
    ]
    # A committed summary may have ten digits.
    pd.testing.assert_frame_equal(new[figures], old[figures], rtol=1e-9, atol=0)
    again = read_summary(path.with_name("summary.csv"))
    told = ["dataset", "version", "weights", "target_column", "target_over"]
    assert again[told].equals(summary[told])


def test_what_one_text_said_is_taken_apart() -> None:
    found = update_to_2(
        {
            "dataset": "clic2025-validation (12 of 32)",
            "target": "mean psnr_rgb~33.5",
            "version": "keras 3.15.1, tensorflow 2.21.0, weights 1be5d1ed+c5f77333",
        }
    )
    assert (found["dataset"], found["images_expected"]) == ("clic2025-validation", "32")
    assert (found["version"], found["weights"]) == ("keras 3.15.1, tensorflow 2.21.0", "1be5d1ed+c5f77333")
    assert [found[f"target_{name}"] for name in ("column", "limit", "over")] == ["psnr_rgb", "33.5", "set"]
    found = update_to_2({"dataset": "folder:a (b)", "target": "payload_bpp<=8", "version": "Pillow 13.0.0"})
    assert (found["dataset"], found["images_expected"], found["weights"]) == ("folder:a (b)", "", "")
    assert [found[f"target_{name}"] for name in ("column", "limit", "over")] == ["payload_bpp", "8", "image"]
    for schema in ("", "0", "3", "one"):
        with pytest.raises(ValueError, match="schema: expected 1 to 2"):
            migrate({"schema": schema})


def test_a_row_that_was_changed_loses_its_key() -> None:
    rows = (row for path in BASELINES for row in as_written(path))
    row = next(row for row in rows if row["schema"] == "1" and row.get("metric_definitions"))
    assert update_to_2(row)["key"]
    for name in ("image_sha256", "settings", "version", "threads", "target", "key", "metric_definitions"):
        assert not update_to_2(row | {name: f"1{row[name]}"})["key"], name


def as_schema_1(cells: dict[str, str], label: str) -> dict[str, str]:
    """A row as schema 1 had it, with the key that it had."""
    old = {name: cells[name] for name in cells if BY_NAME.get(name, metric_column(name)).since < 2}
    old |= {"schema": "1", "dataset": label}
    names = ("dataset", "image", "image_sha256", "codec", "version", "settings")
    identity = {
        "schema": 1,
        **{name: old[name] for name in names},
        "repeats": int(old["repeats"]),
        "threads": int(old["threads"]),
        "metrics": list(read_pairs(old["metric_definitions"])),
    }
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return old | {"key": hashlib.sha256(text.encode()).hexdigest()[:16]}


@pytest.mark.usefixtures("serial", "undrawn")
def test_a_folder_of_schema_1_is_resumed(rdbench: Run, tmp_path: Path) -> None:
    """Right rows are reused, and stay as they are; changed ones, and those of another definition, are made again."""
    (tmp_path / "kodak").mkdir()
    for index in (1, 2):
        Image.fromarray(photo(40, 50, 3, index)).save(tmp_path / "kodak" / f"kodim{index:02}.png")
    words = ["run", "--codecs", "jpeg", "--set", "jpeg.quality=20,80", "--metrics", "psnr", "--dataset", "kodak"]
    words += ["--data-root", str(tmp_path), "--out", "out"]
    rdbench(*words)
    path = tmp_path / "out" / "records.csv"
    before = as_written(path)
    assert {row["images_expected"] for row in before} == {"24"}
    old = [as_schema_1(row, "kodak (2 of 24)") for row in before]
    old[1]["image_sha256"] = "0" * 64
    old[2]["metric_definitions"] = "psnr:00000000"
    pd.DataFrame(old).to_csv(path, index=False)
    assert "4 ok; 2 of them from an earlier run" in rdbench(*words).stdout
    after = as_written(path)
    told = {"jobs", "device", "rdbench", "source", "metric_sources", "encode_cpu_s", "decode_cpu_s"}
    for place, (was, now) in enumerate(zip(before, after, strict=True)):
        again = place in (1, 2)
        timed = set(TIMED) if again else set()
        same = was.keys() - told - timed - {"key"}
        assert {name: now[name] for name in same} == {name: was[name] for name in same}
        assert all(bool(now[name]) == again for name in told), "schema 1 did not tell"
        assert (now["key"] == was["key"]) == again, "the key of a row that does not tell its source is another"
    assert "4 of them from an earlier run" in rdbench(*words).stdout
    assert as_written(path) == after


@pytest.mark.usefixtures("serial", "undrawn")
def test_a_column_that_no_version_writes_any_more_is_left_out(rdbench: Run, tmp_path: Path) -> None:
    """In records and in a summary, also where a row is kept; the row stays as it is otherwise."""
    (tmp_path / "set").mkdir()
    Image.fromarray(photo(8, 9)).save(tmp_path / "set" / "a.png")
    words = ["run", "--codecs", "png", "--set", "png.level=1", "--metrics", "psnr"]
    words += ["--dataset", f"folder:{tmp_path}/set"]
    rdbench(*words, "--out", "out")
    path = tmp_path / "out" / "records.csv"
    now = path.read_bytes()
    pd.DataFrame(as_written(path)).assign(peak_memory_mib="992.0").to_csv(path, index=False)
    assert "peak_memory_mib" not in read_records(path)
    assert "1 of them from an earlier run" in rdbench(*words, "--out", "out").stdout
    assert path.read_bytes() == now
    summary = pd.read_csv(tmp_path / "out" / "summary.csv").copy().assign(peak_memory_mib_mean=992.0)
    summary.to_csv(tmp_path / "summary.csv", index=False)
    assert "peak_memory_mib_mean" not in read_summary(tmp_path / "summary.csv")
