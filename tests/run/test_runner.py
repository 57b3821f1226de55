"""A study from its plan to its rows, and on from where it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image as Pictures

from benchmark.run.runner import run_study
from benchmark.run.study import resolve
from tests.conftest import ROOT, Run, empty_cells, photo
from tests.run.examples import records
from tests.serial import Serial


@pytest.mark.slow
@pytest.mark.usefixtures("serial")
def test_matched_studies_resume_and_are_summarised(rdbench: Run, pictures: Path, tmp_path: Path) -> None:
    words = ["run", "--codecs", "jpeg", "--dataset", f"folder:{pictures}", "--metrics", "psnr", "--out", "out"]
    done = rdbench(*words, "--match", "bpp=2,4", "--match", "psnr=33", "--match", "bpp=0.01", check=False)
    assert done.returncode == 0, done.stderr
    assert "6 ok" in done.stdout
    assert "2 unreachable" in done.stdout
    rows = pd.read_csv(tmp_path / "out" / "records.csv", keep_default_na=False)
    assert list(rows.columns) == list(empty_cells())
    assert list(rows["target"]) == [t for t in ("bpp<=2", "bpp<=4", "bpp<=0.01", "psnr_rgb<=33") for _ in range(2)]
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    assert list(summary["target"]) == ["bpp<=2", "bpp<=4", "bpp<=0.01", "psnr_rgb<=33"]
    assert list(summary["unreachable"]) == [0, 0, 2, 0]
    assert list(summary["failures"]) == [0] * 4
    good = rows[rows["target"] == "bpp<=2"]
    assert summary["knob_value_mean"][0] == pytest.approx(good["knob_value"].astype(float).mean())
    assert summary["encodes_mean"][0] == pytest.approx(good["encodes"].astype(float).mean())
    assert (tmp_path / "out" / "rd_psnr_rgb.png").exists()

    before = (tmp_path / "out" / "records.csv").read_bytes()
    assert "8 of them from an earlier run" in rdbench("run", "--study", "out/study.toml", "--out", "out").stdout
    assert (tmp_path / "out" / "records.csv").read_bytes() == before
    # Points of the plain sweep join them.
    done = rdbench(*words, "--set", "jpeg.quality=50")
    assert "2 ok" in done.stdout
    assert len(pd.read_csv(tmp_path / "out" / "records.csv")) == 10


@pytest.mark.slow
@pytest.mark.usefixtures("serial", "undrawn")
def test_a_second_run_redoes_only_what_is_missing_or_failed(rdbench: Run, three_pictures: Path, tmp_path: Path) -> None:
    words = (
        "run",
        "--codecs",
        "jpeg",
        "--dataset",
        f"folder:{three_pictures}",
        "--metrics",
        "psnr",
        "--out",
        "out",
        "--set",
    )
    rdbench(*words, "jpeg.quality=20")
    path = tmp_path / "out" / "records.csv"
    lines = path.read_text().splitlines()
    # One row failed, one was torn by a kill.
    path.write_text("\n".join([lines[0], lines[1].replace(",ok,", ",failed,"), lines[2], lines[3][:40]]))
    done = rdbench(*words, "jpeg.quality=20")
    assert "3 ok; 1 of them from an earlier run" in done.stdout
    assert path.read_text().splitlines()[2] == lines[2]
    done = rdbench(*words, "jpeg.quality=20,50")
    assert "6 ok; 3 of them from an earlier run" in done.stdout
    untouched = path.read_bytes()
    done = rdbench(*words, "jpeg.quality=20,50")
    assert "6 of them from an earlier run" in done.stdout
    assert path.read_bytes() == untouched
    # Other pixels under the same name are another image.
    Pictures.fromarray(photo(176, 192, 3, 99)).save(three_pictures / "1.png")
    done = rdbench(*words, "jpeg.quality=20,50")
    assert "4 of them from an earlier run" in done.stdout


@pytest.mark.slow
def test_an_interrupted_run_keeps_what_is_finished(three_pictures: Path, third_party: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "benchmark",
            "run",
            "--codecs",
            "jpeg,broken",
            "--dataset",
            f"folder:{three_pictures}",
            "--set",
            "jpeg.quality=50",
            "--set",
            "broken.how=hangs",
            "--jobs",
            "1",
            "--out",
            str(tmp_path / "out"),
        ],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{third_party}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
        # A test run in the background of a shell ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no threads here
    )
    path = tmp_path / "out" / "records.csv"
    try:
        for _ in range(300):
            time.sleep(0.1)
            if path.exists() and len(path.read_text().splitlines()) > 1:
                break
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, output + errors
    assert "the same command goes on from here" in output
    assert "Traceback" not in output + errors
    rows = records(tmp_path / "out")
    assert list(rows["status"]) == ["ok"] * len(rows)
    assert len(rows) >= 1
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["run"]["interrupted"]


@pytest.mark.usefixtures("serial", "undrawn")
@pytest.mark.parametrize(
    ("rows", "variable", "expected"), [(100, None, True), (99, None, False), (1, "1", True), (100, "0", False)]
)
@pytest.mark.slow
def test_metrics_are_compiled_where_a_codec_has_many_rows(
    rdbench: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
    variable: str | None,
    expected: bool,
) -> None:
    monkeypatch.delenv("RDBENCH_COMPILED", raising=False)
    if variable is not None:
        monkeypatch.setenv("RDBENCH_COMPILED", variable)
    (tmp_path / "one").mkdir()
    Pictures.fromarray(photo(16, 16)).save(tmp_path / "one" / "a.png")
    qualities = ",".join(map(str, range(1, rows + 1)))
    words = ["run", "--codecs", "jpeg", "--dataset", "folder:one", "--metrics", "psnr", "--jobs", "1"]
    rdbench(*words, "--set", f"jpeg.quality={qualities}", "--out", "out")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["run"]["compiled_metrics"] is expected
    assert os.environ.get("RDBENCH_COMPILED") == variable


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_done_meanwhile_disturbs_no_worker_that_is_alone(pictures: Path, tmp_path: Path, jobs: int) -> None:
    study, _ = resolve(codecs=["jpeg"], dataset=f"folder:{pictures}", metrics=["psnr"], sets=["jpeg.quality=30"])
    called: list[int] = []
    words = {
        "data_root": None,
        "jobs": jobs,
        "command": "run",
        "engine": Serial(),
        "meanwhile": lambda: called.append(1),
    }
    run_study(study, out=tmp_path / "out", **words)  # type: ignore[arg-type]
    assert bool(called) is (jobs > 1)
