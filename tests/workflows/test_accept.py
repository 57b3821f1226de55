"""A baseline that is moved on purpose."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import ROOT, Run

SAMPLE = ROOT / "results" / "baseline" / "sample"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A baseline, and a run of another version that is worse in one row."""
    rows = pd.read_csv(SAMPLE / "records.csv", dtype=str, keep_default_na=False)
    rows = rows[rows["codec"].isin(["jpeg", "webp"])].reset_index(drop=True)
    for name in ("baseline", "current"):
        (tmp_path / name).mkdir()
        shutil.copy(SAMPLE / "manifest.json", tmp_path / name)
    rows.to_csv(tmp_path / "baseline" / "records.csv", index=False)
    values = [str(float(cell) - 1) if place == 3 else cell for place, cell in enumerate(rows["psnr_rgb"])]
    rows = rows.assign(psnr_rgb=values, version=rows["version"].str.replace("Pillow", "Pillow 99 after"))
    rows.to_csv(tmp_path / "current" / "records.csv", index=False)
    return tmp_path


def test_the_current_run_becomes_the_baseline_and_a_file_says_why(rdbench: Run, runs: Path) -> None:
    assert rdbench("compare", "baseline", "current", check=False).returncode == 1
    done = rdbench("compare", "baseline", "current", "--accept", "a smaller table")
    assert done.stdout.endswith("accepted: baseline/accepted.md\n")
    assert (runs / "baseline/records.csv").read_bytes() == (runs / "current/records.csv").read_bytes()
    log = (runs / "baseline/accepted.md").read_text()
    assert "\n\na smaller table\n\n- worse: " in log and "jpeg: 1 worse" in log and "Pillow 99" in log
    assert rdbench("compare", "baseline", "current").returncode == 0
    shutil.copy(SAMPLE / "manifest.json", runs / "current")
    rdbench("compare", "baseline", "current", "--accept", "once more")
    again = (runs / "baseline/accepted.md").read_text()
    assert again.index("once more") < again.index("a smaller table"), "the newest comes first"


def test_what_a_program_reads_is_json_alone(rdbench: Run, runs: Path) -> None:
    done = rdbench("compare", "baseline", "current", "--accept", "a smaller table", "--json")
    assert json.loads(done.stdout)
    assert "accepted: baseline/accepted.md" in done.stderr


def test_versions_that_changed_are_named_though_figures_are_the_same(rdbench: Run, runs: Path) -> None:
    done = rdbench("compare", "baseline", "current", check=False)
    assert "another version of webp, with the same figures: " in done.stdout
    assert "another version of jpeg" not in done.stdout, "that is the likely cause of a change"


@pytest.mark.slow
def test_what_is_no_whole_run_is_not_accepted(rdbench: Run, runs: Path) -> None:
    before = (runs / "baseline/records.csv").read_bytes()
    shutil.copytree(runs / "baseline", runs / "several" / "one")
    shutil.copy(runs / "current/records.csv", runs / "other.csv")
    for words, complaint in (
        (["baseline", "current", "--accept", " "], "expected the reason"),
        (["baseline", "current", "--subset", "--accept", "x"], "make the whole run first"),
        (["baseline", "baseline", "--accept", "x"], "are one run"),
        (["several", "current", "--accept", "x"], "several: expected the folder of one run"),
        (["baseline", "other.csv", "--accept", "x"], "other.csv: expected the folder of one run"),
    ):
        done = rdbench("compare", *words, check=False)
        assert (done.returncode, complaint in done.stderr) == (2, True), done.stderr
    assert (runs / "baseline/records.csv").read_bytes() == before


def test_a_comparison_is_printed_for_a_program(rdbench: Run, runs: Path) -> None:
    import json

    done = rdbench("compare", "baseline", "current", "--json", check=False)
    assert json.loads(done.stdout)["verdict"] == "worse"
