"""Processes that answer: one that stays, and fresh ones."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmark.system import forking
from benchmark.system.forking import FRESH, STAYS
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(not forking.AVAILABLE, reason="this system has no such processes")

COUNTS = """
import os, signal, subprocess, sys, time
from benchmark.system.forking import serve
count = 0
def answer():
    global count
    count += 1
    word = os.read(0, 1)
    if word == b"e":
        os._exit(0)
    if word == b"k":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == b"h":  # its child keeps the pipes open
        subprocess.Popen(["sleep", "60"], close_fds=False)
        os._exit(5)
    if word == b"c":
        os.closerange(3, 100)
        time.sleep(60)
    if word == b"l":
        subprocess.Popen(["sleep", "60"])
    if word == b"x":
        raise ValueError("so")
    os.write(1, b"%d" % count)
sys.exit(serve(answer, 0))
"""


def served(*requests: tuple[bytes, bytes]) -> tuple[int, str, str]:
    """The exit code of a process that got requests, what was answered, and what was printed of errors."""
    done = subprocess.run(
        [sys.executable, "-c", COUNTS],
        input=b"".join(kind + word for kind, word in requests),
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.slow
def test_what_a_fresh_process_learns_or_does_stays_with_it() -> None:
    requests = [(STAYS, b"a"), (STAYS, b"a"), (FRESH, b"a"), (STAYS, b"a"), (FRESH, b"a")]
    assert served(*requests) == (0, "12131", "")


@pytest.mark.slow
@pytest.mark.parametrize("kind", [STAYS, FRESH])
@pytest.mark.parametrize(
    ("word", "code"), [(b"e", 0), (b"k", 128 + signal.SIGKILL), (b"h", 5), (b"c", 128 + signal.SIGKILL), (b"x", 1)]
)
def test_the_end_of_a_process_that_should_answer_is_told(kind: bytes, word: bytes, code: int) -> None:
    found = served((STAYS, b"a"), (kind, word), (STAYS, b"a"))
    assert found[:2] == (code, "1")
    assert ("ValueError: so" in found[2]) is (word == b"x")


def ended(condition: Callable[[], bool]) -> bool:
    """Whether a condition comes true within a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not condition():
        time.sleep(0.05)
    return condition()


@pytest.mark.slow
def test_nothing_is_left_of_an_answer_nor_of_a_process_that_was_killed() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", COUNTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PYTHONPATH": str(ROOT)}
    )
    assert process.stdin is not None and process.stdout is not None
    with process, process.stdin, process.stdout:
        process.stdin.write(STAYS + b"a" + FRESH + b"l")
        process.stdin.flush()
        assert process.stdout.read(2) == b"11"

        def below() -> list[str]:
            return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()

        assert ended(lambda: len(below()) == 1), "the one that stays"
        (stays,) = below()
        process.kill()
        assert ended(lambda: not Path(f"/proc/{stays}").exists())
