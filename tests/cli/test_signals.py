"""A run that is ended from outside: its rows stay, its exit status says what ended it, and nothing of it is alive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmark.system import guard
from tests.alive import alive, all_gone
from tests.conftest import ROOT, Run
from tests.run.examples import records

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not guard.AVAILABLE, reason="processes are guarded on Linux"),
]


@pytest.fixture
def process(three_pictures: Path, third_party: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A run that has stored a row, and waits for a program that never ends."""
    words = ("--set", "jpeg.quality=50", "--set", "broken.how=litters,waits", "--metrics", "psnr", "--jobs", "2")
    command = [sys.executable, "-m", "benchmark", "run", "--codecs", "jpeg,broken", *words]
    started = subprocess.Popen(
        [*command, "--dataset", f"folder:{three_pictures}", "--out", "out"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{third_party}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
        # What starts the tests may ignore them.
        preexec_fn=lambda: [  # noqa: PLW1509  # no threads here
            signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        ],
    )
    path = tmp_path / "out" / "records.csv"
    deadline = time.monotonic() + 60
    try:
        while not (path.exists() and path.read_bytes().count(b"\n") > 1 and any("sleep" in w for w in alive(tmp_path))):
            assert time.monotonic() < deadline
            assert started.poll() is None, started.communicate()
            time.sleep(0.05)
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.mark.parametrize(
    ("name", "status", "whole_group"),
    [("SIGTERM", 143, False), ("SIGHUP", 129, False), ("SIGHUP", 129, True), ("SIGINT", 130, True)],
)
def test_a_signal_ends_a_run_as_ctrl_c_does(
    process: subprocess.Popen[str], tmp_path: Path, name: str, status: int, whole_group: bool
) -> None:
    number = getattr(signal, name)
    (os.killpg if whole_group else os.kill)(process.pid, number)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == status, output + errors
    assert "the same command goes on from here" in output + errors
    assert "Traceback" not in output + errors
    assert all_gone(tmp_path)
    rows = records(tmp_path / "out")
    assert set(rows["status"]) == {"ok"}
    assert not (tmp_path / "out" / ".rdbench.lock").exists()


def test_a_second_signal_ends_a_run_at_once(process: subprocess.Popen[str], tmp_path: Path) -> None:
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130, output + errors
    assert "Traceback" not in output + errors
    assert all_gone(tmp_path)


@pytest.mark.parametrize("whole_group", [False, True])
def test_nothing_of_a_run_that_was_killed_is_alive(
    process: subprocess.Popen[str], tmp_path: Path, whole_group: bool
) -> None:
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert all_gone(tmp_path)


def test_what_a_codec_has_started_is_gone_after_its_task(
    rdbench_process: Run, three_pictures: Path, third_party: Path, tmp_path: Path
) -> None:
    words = ("run", "--codecs", "broken", "--set", "broken.how=litters,waits", "--metrics", "psnr", "--timeout", "3")
    path = f"{ROOT}{os.pathsep}{third_party}"
    done = rdbench_process(
        *words,
        "--dataset",
        f"folder:{three_pictures}",
        "--images",
        "0.png",
        "--out",
        "out",
        PYTHONPATH=path,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert sorted(records(tmp_path / "out")["status"]) == ["ok", "timeout"]
    assert alive(tmp_path) == []


AT = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ.get("INTERRUPT_AT") and sys.argv[:1] != ["-c"]:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

if os.environ.get("INTERRUPT_AT"):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.meta_path.insert(0, Interrupt())
"""


@pytest.mark.parametrize(
    "module",
    [
        "benchmark.system.stopping",
        "benchmark.cli.main",
        "benchmark.errors",
        "click",
        "pandas",
        "benchmark.run.study",
        "matplotlib.figure",
    ],
)
def test_ctrl_c_while_libraries_load_or_figures_are_drawn(
    rdbench_process: Run, three_pictures: Path, tmp_path: Path, module: str
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(AT, encoding="utf-8")
    words = (
        "run",
        "--codecs",
        "jpeg",
        "--set",
        "jpeg.quality=9,50",
        "--metrics",
        "psnr",
        "--jobs",
        "1",
        "--out",
        "out",
    )
    done = rdbench_process(
        *words,
        "--dataset",
        f"folder:{three_pictures}",
        PYTHONPATH=f"{ROOT}{os.pathsep}{site}",
        INTERRUPT_AT=module,
        check=False,
    )
    assert done.returncode == 130, done.stdout + done.stderr
    assert "interrupted" in done.stderr
    assert "Traceback" not in done.stderr
    if module.startswith("matplotlib"):
        assert "the same command goes on from here" in done.stderr
        assert set(records(tmp_path / "out")["status"]) == {"ok"}
