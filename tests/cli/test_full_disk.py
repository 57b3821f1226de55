"""A disk that is really full: one of a few kilobytes, in a name space of its own, which gets more room afterwards."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

MOUNT = 'mount -t tmpfs -o size="$1" tmpfs disk && echo mounted && shift && exec "$@"'

BEGIN = """
import json, os, subprocess, warnings
from pathlib import Path

told = {}

def room(size):
    subprocess.run(["mount", "-o", f"remount,size={size}", "disk"], check=True)

def fill():
    place = os.open("disk/fill", os.O_CREAT | os.O_WRONLY)
    try:
        while True:
            os.write(place, bytes(1024))
    except OSError:
        os.close(place)

def files():
    return sorted(path.relative_to("disk").as_posix() for path in Path("disk").rglob("*") if path.is_file())
"""

COMMANDS = """
from click.testing import CliRunner
from benchmark.cli.main import main

def call(name, *words):
    done = CliRunner().invoke(main, words)
    told[name] = [done.exit_code, done.stdout, done.stderr, files()]

run = ["run", "--codecs", "jpeg", "--set", "jpeg.quality=50,100", "--dataset", "folder:pictures", "--metrics", "psnr"]
run += ["--jobs", "2", "--out", "disk/out", "--keep", "streams"]
call("run", *run)
told["rows"] = Path("disk/out/records.csv").read_text().count("\\n") - 1
room("8m")
call("run again", *run)
room("8m")
fill()
report = ["report", "disk/out", "--out", "disk/page", "--pictures", "0", "--jobs", "1"]
imports = ["import", "curve.csv", "--dataset", "sample", "--images", "2", "--out", "disk/curve-read.csv"]
imports += ["--define", "psnr=psnr_rgb,dB,images"]
call("report", *report)
call("import", *imports)
os.remove("disk/fill")
call("report again", *report)
call("import again", *imports)
"""

TRAINING = """
from benchmark.errors import OutputError
from tests.neural.training.runs import run

warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
try:
    run(Path("disk/w"))
except OutputError as error:
    told["train"] = [2, "", f"Error: {error}", files()]
room("8m")
run(Path("disk/w"))
told["train again"] = files()
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A folder with pictures, curves, and an empty folder for the disk."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "pictures").mkdir()
    rng = np.random.default_rng(0)
    for place in range(6):
        noise = rng.integers(0, 256, (128, 128), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / "pictures" / f"{place}.png")
    (tmp_path / "curve.csv").write_text("bpp,psnr\n0.1,30\n0.2,32\n0.4,34\n0.8,36\n", encoding="utf-8")
    return tmp_path


def told_by(script: str, folder: Path, size: str) -> dict[str, Any]:
    """What a script tells that works on a disk of a size.

    It is skipped where no disk may be mounted: it takes Linux, and name spaces for users.
    """
    if not shutil.which("unshare"):
        pytest.skip("no disk may be mounted here: there is no unshare")
    end = '\nPath("told.json").write_text(json.dumps(told))\n'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh", size]
    done = subprocess.run(
        [*command, sys.executable, "-c", f"{BEGIN}{script}{end}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout.startswith("mounted"):
        pytest.skip(f"no disk may be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    return found


def check_refused(told: list[Any], name: str) -> None:
    """Refuses what a command said of a full disk, unless it is one line that names the file and says what to do."""
    status, _, errors, files = told
    (said,) = [line for line in errors.splitlines() if line.startswith("Error: ")]
    assert (status, name in said) == (2, True), said
    assert said.endswith("No space left on device; make room, and give the same command again")
    assert not [line for line in errors.splitlines() if line.startswith(("failed", "Traceback"))]
    assert not [file for file in files if file.endswith(".tmp")]


def test_a_full_disk_ends_commands_which_then_go_on(small_disk: Path) -> None:
    told = told_by(COMMANDS, small_disk, "128k")
    check_refused(told["run"], "disk/out/streams/")
    assert 0 < told["rows"] < 12
    status, output, errors, files = told["run again"]
    assert status == 0, errors
    assert f"rows: 12 ok; {told['rows']} of them from an earlier run" in output
    assert len([file for file in files if file.startswith("out/streams/")]) == 12
    check_refused(told["report"], "disk/page")
    check_refused(told["import"], "disk/curve-read.csv")
    assert told["import"][3] == sorted([*files, "fill"])
    for name, made in (("report again", "page/index.html"), ("import again", "curve-read.csv")):
        status, _, errors, files = told[name]
        assert status == 0, errors
        assert made in files
        assert not [file for file in files if file.endswith(".tmp")]


@pytest.mark.neural
def test_a_full_disk_ends_a_training_which_then_goes_on(small_disk: Path) -> None:
    told = told_by(TRAINING, small_disk, "20k")
    check_refused(told["train"], "disk/w/training/")  # whichever file of it is the first that finds no room
    assert "w/training/checkpoint.npz" in told["train again"]
    assert any(file.endswith(".json") for file in told["train again"] if file.count("/") == 1)
    assert not [file for file in told["train again"] if file.endswith(".tmp")]
