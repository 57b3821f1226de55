"""The table of columns, and what follows from it."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmark.analysis.table import summary_markdown
from benchmark.plugins import all_metrics
from benchmark.record.row import BY_NAME, COLUMNS, POINT, Record, columns
from tests.conftest import ROOT

ROW = Record(dataset="d", image="a", codec="c", settings="{}", status="ok", images=1, bytes=10, bpp=0.5)


def test_every_field_is_a_column_that_is_described() -> None:
    assert [field.name for field in dataclasses.fields(Record) if field.name not in BY_NAME] == ["metrics", "others"]
    for column in COLUMNS:
        assert column.text.endswith("."), column.name
        assert column.since in (1, 1.1, 2, 2.1, 2.2, 2.3), column.name
    assert POINT == ["dataset", "codec", "version", "weights", "knob", "settings", "target"]
    assert columns(["x"])[columns(["x"]).index("x") - 1] == "estimated_bpp"


def test_measured_numbers_have_ten_digits_and_others_all() -> None:
    """The last digits of what was measured differ from machine to machine; what was set is what it is."""
    metrics = {"psnr_rgb": float("inf"), "mse_rgb": 1 / 3, "ssim_rgb": 1 - 1e-13}
    row = dataclasses.replace(ROW, bpp=0.1 + 0.2, bytes=2**40, knob_value=0.1 + 0.2, metrics=metrics)
    assert (row.value("bpp"), row.value("psnr_rgb"), row.value("ssim_y")) == (0.1 + 0.2, float("inf"), None)
    read = Record.from_cells(row.cells(), list(metrics))
    assert read.metrics == {"psnr_rgb": float("inf"), "mse_rgb": 0.3333333333, "ssim_rgb": 1.0}
    assert (read.bpp, read.knob_value, read.bytes) == (0.3, 0.1 + 0.2, 2**40)
    assert read.cells() == row.cells(), "what was read is written as it was"


def test_cells_of_columns_that_nobody_knows_are_carried_along_as_they_are() -> None:
    cells = {"site": "here", "watts": "007", "gone_rgb": "nan", "empty": ""}
    row = Record.from_cells(ROW.cells() | cells)
    assert row.others == {"site": "here", "watts": "007", "gone_rgb": "nan"}
    assert row.cells() == ROW.cells() | dict(row.others)


@pytest.mark.parametrize("name", [column.name for column in COLUMNS if column.key])
def test_the_key_is_of_all_that_figures_depend_on(name: str) -> None:
    change: dict[str, Any] = {name: 7 if BY_NAME[name].kind == "whole number" else "other"}
    assert dataclasses.replace(ROW, **change).keyed().key != ROW.keyed().key


def test_a_row_that_tells_its_source_can_stand_for_one_that_does_not() -> None:
    old, new = ROW.keyed(), dataclasses.replace(ROW, source="s").keyed()
    assert {old.key, new.key} < new.alike
    assert dataclasses.replace(ROW, source="t").keyed().key not in new.alike


def test_the_key_is_of_nothing_else() -> None:
    later = dataclasses.replace(
        ROW,
        encode_s=1.0,
        bpp=2.0,
        device="gpu",
        rdbench="9",
        jobs=4,
        images_expected=24,
        knob_value=5.0,
        metric_definitions={"psnr": "1"},
        reason="?",
    )
    assert later.keyed().key == ROW.keyed().key
    of_set = dataclasses.replace(later, target_over="set")
    assert of_set.keyed().key != dataclasses.replace(of_set, knob_value=6.0).keyed().key


@pytest.mark.slow
def test_a_new_text_column_is_a_row_of_the_table_and_its_value(tmp_path: Path) -> None:
    """Tried on a copy of the bench, to which the two lines are added."""
    for name in ("benchmark", "codecs", "datasets"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "weights"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, before, line in (
        (
            "record/row.py",
            "    rdbench: str = column(",
            '    site: str = column("Where.", "", since=2.1, aggregate="all")\n',
        ),
        ("run/task.py", "        rdbench=task.rdbench,\n", "        site='here, \"and\" there',\n"),
    ):
        path = tmp_path / "benchmark" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1
        path.write_text(text.replace(before, line + before), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    words = ["run", "--codecs", "jpeg", "--set", "jpeg.quality=40,50", "--metrics", "psnr", "--out", "out"]
    for reused in (0, 12):
        done = subprocess.run(
            [sys.executable, "-m", "benchmark", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert f"{reused} of them from an earlier run" in done.stdout, done.stdout + done.stderr
    rows, summary = (pd.read_csv(tmp_path / "out" / name) for name in ("records.csv", "summary.csv"))
    assert list(rows.columns)[-2:] == ["site", "rdbench"]
    assert set(rows["site"]) == set(summary["site"]) == {'here, "and" there'}
    assert summary["psnr_rgb_mean"].notna().all()
    described, measured = summary_markdown(all_metrics()), tuple(metric.column for metric in all_metrics())
    for name in summary.columns:
        if name not in ("site", "site_std") and not name.startswith(measured):
            assert f"`{name}`" in described, name
    # A file from before the column is read, and goes on.
    rows.drop(columns="site").to_csv(tmp_path / "out" / "records.csv", index=False)
    told = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["run"]["rows"]
    assert told == {"ok": 12}
    subprocess.run([sys.executable, "-m", "benchmark", *words], cwd=tmp_path, env=environment, check=True)
    assert pd.read_csv(tmp_path / "out" / "summary.csv")["site"].isna().all()
