"""What becomes of tasks that fail, crash or hang."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from benchmark.run.task import SPOILED
from tests.conftest import ROOT, Run
from tests.run.examples import records


@pytest.mark.slow
def test_failures_are_rows(rdbench_process: Run, three_pictures: Path, third_party: Path, tmp_path: Path) -> None:
    path = f"{ROOT}{os.pathsep}{third_party}"
    listed = rdbench_process("list", "codecs", PYTHONPATH=path).stdout
    assert "fails as it is told" in listed
    done = rdbench_process(
        "run",
        "--codecs",
        "broken,jpeg",
        "--dataset",
        f"folder:{three_pictures}",
        "--set",
        "jpeg.quality=50",
        "--out",
        "out",
        "--set",
        "broken.how=well,raises,decoder,shape,skips,crashes,hangs,exits,scribbles,kills,usurps",
        "--timeout",
        "2",
        "--give-up-after",
        "0",
        PYTHONPATH=path,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    rows = records(tmp_path / "out")
    assert len(rows) == 3 * 12
    how = rows["settings"].map(lambda text: json.loads(text).get("how", "jpeg"))
    expected = {
        "well": "ok",
        "jpeg": "ok",
        "raises": "failed",
        "decoder": "failed",
        "shape": "failed",
        "skips": "skipped",
        "crashes": "crashed",
        "hangs": "timeout",
        "exits": "failed",
        "scribbles": "failed",
        "kills": "crashed",  # its own process group
        "usurps": "crashed",  # the process above its own
    }
    assert dict(zip(how, rows["status"], strict=True)) == expected
    reasons = dict(zip(how, rows["reason"], strict=True))
    assert reasons["raises"] == "RuntimeError: deliberate failure"
    assert reasons["exits"] == "SystemExit: 0"
    assert reasons["scribbles"] == SPOILED
    assert "cannot decode" in reasons["decoder"]
    assert "expected uint8 of shape" in reasons["shape"]
    assert reasons["crashes"] == "the worker process ended with exit code 7"
    assert reasons["hangs"] == "took longer than 2 s"
    assert "broken: 27 rows failed" in done.stdout
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    assert summary["failures"].sum() == 27
    assert summary["skipped"].sum() == 3


@pytest.mark.slow
def test_a_codec_that_hangs_is_given_up_and_tried_again(
    rdbench_process: Run, three_pictures: Path, third_party: Path, tmp_path: Path
) -> None:
    path = f"{ROOT}{os.pathsep}{third_party}"
    words = ["run", "--codecs", "jpeg,broken", "--dataset", f"folder:{three_pictures}", "--metrics", "psnr"]
    words += ["--jobs", "1", "--out", "out", "--set", "jpeg.quality=50", "--timeout", "1", "--give-up-after", "2"]
    made = rdbench_process(*words, "--set", "broken.how=well", PYTHONPATH=path)
    assert made.returncode == 0, made.stdout + made.stderr
    for _ in range(2):  # the same command, started again, tries again
        done = rdbench_process(*words, "--set", "broken.how=well,hangs", PYTHONPATH=path, check=False)
        assert done.returncode == 1
        told = "skipped: broken, its other rows: given up for this run: 2 operating points in a row were lost"
        assert told in done.stdout + done.stderr
        rows = records(tmp_path / "out")
        assert sorted(rows["status"]) == ["ok"] * 6 + ["skipped"] + ["timeout"] * 2
        assert sorted(rows["flags"]) == [""] * 8 + ["given-up"]
