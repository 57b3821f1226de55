"""The command line as a whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Run
from tests.run.examples import records


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["run", "--codecs", "jpge"], r"unknown codec 'jpge'; did you mean jpeg\? known: "),
        (["run", "--dataset", "kodac"], r"unknown data set 'kodac'; did you mean kodak\? known: "),
        (["run", "--codecs", "jpeg", "--dataset", "folder:nowhere"], "nowhere is not a directory"),
        (["run", "--codecs", "jpeg", "--set", "jpeg.quality=500"], "expected 1 to 100, got 500"),
        (["run", "--codecs", "jpeg", "--match", "bpp=two"], "--match bpp=two: expected COLUMN=VALUE"),
        (["run", "--codecs", "png", "--match", "bpp=2"], "codec 'png' has no knob"),
        (["run", "--study", "none.toml"], "none.toml: cannot be read"),
        (["encode", "--codec", "jpeg", "none.png", "x"], "none.png: cannot be read"),
        (
            ["encode", "--codec", "jpeg", "--set", "quality=x", "none.png", "x"],
            "expected a whole number",
        ),
        (["decode", "none", "x.png"], "none: cannot be read"),
        (["data", "fetch", "sample"], "nothing to download"),
        (["train", "jpeg", "--dataset", "sample"], "not a learned one"),
        (["run", "--codecs"], "requires an argument"),
        (["list", "codices"], "is not one of"),
    ],
)
def test_mistakes_are_explained_without_a_traceback(rdbench: Run, words: list[str], complaint: str) -> None:
    import re

    done = rdbench(*words, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert re.search(complaint, done.stderr), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("run --foo", "--foo"),
        ("--max-pixels x list codecs", "--max-pixels"),
        ("runn", "Did you mean 'run'? "),
        ("bdrate", "Missing argument"),
        ("data fetc", "fetch"),
        ("compare a b --gate x", "'x' is not one of 'rows', 'bdrate'; "),
    ],
)
def test_a_slip_is_told_in_one_line(rdbench: Run, words: str, says: str) -> None:
    done = rdbench(*words.split(), check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert says in line
    assert line.endswith(" --help tells more")


@pytest.mark.parametrize(
    ("words", "near"),
    [
        ("run --convert depht=8", "depth=8"),
        ("run --codecs jpge", "jpeg"),
        ("run --dataset kodk", "kodak"),
        ("run --metrics psnrr", "psnr"),
        ("run --set jpeg.qualty=3", "quality"),
        ("run --set jpeg.subsampling=4:2:2:0", "4:2:2 or 4:2:0"),
        ("run --images astronot", "astronaut"),
        ("run --match psnr_rbg=30", "psnr_rgb"),
        ("bdrate SAMPLE --anchor jepg", "jpeg"),
        ("bdrate SAMPLE --metric psnr_rbg", "psnr_rgb"),
        ("compare SAMPLE SAMPLE --tolerance psrn=1", "psnr"),
        ("report SAMPLE --anchor jepg --pictures 0", "jpeg"),
        ("report SAMPLE --formats svgg --pictures 0", "svg"),
        ("ranking SAMPLE --at psnr_rbg=30", "psnr_rgb"),
    ],
)
def test_near_names_are_told(rdbench: Run, words: str, near: str) -> None:
    sample = str(ROOT / "results" / "baseline" / "sample")
    done = rdbench(*(word.replace("SAMPLE", sample) for word in words.split()), check=False)
    assert (done.returncode, f"did you mean {near}" in done.stderr) == (2, True), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_input_and_output_may_be_closed(three_pictures: Path, third_party: Path, tmp_path: Path, closed: str) -> None:
    """As by a daemon: the codec of another package is asked by a process that is handed pipes."""
    words = "run --codecs jpeg,broken --set jpeg.quality=50 --set broken.how=litters --metrics psnr --jobs 1 --out out"
    command = [sys.executable, "-m", "benchmark", *words.split(), "--images", "0.png"]
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *command, "--dataset", f"folder:{three_pictures}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{third_party}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(records(tmp_path / "out")["status"]) == {"ok"}
