"""The guard of a worker, and the end of what a worker has started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark.system import guard
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(not guard.AVAILABLE, reason="processes are guarded on Linux")

BUSY = """
import os, signal, subprocess, sys, time
sys.path.insert(0, sys.argv[1])
from benchmark.system.guard import adopt_orphans, end_children
adopt_orphans()
end_children()  # of none
subprocess.run("setsid sleep 60 & sleep 60 &", shell=True)
if os.fork() == 0:
    for number in (1, 2, 15):
        signal.signal(number, signal.SIG_IGN)
    os.fork()
    os.setpgid(0, 0)
    os.fork()
    time.sleep(60)
time.sleep(0.5)
before = time.monotonic()
end_children()
assert time.monotonic() - before < 5
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("all gone")
"""


@pytest.mark.slow
def test_children_and_adopted_ones_are_ended(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BUSY, str(ROOT)], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("all gone\n", "")


def start(program: str) -> tuple[subprocess.Popen[bytes], int, int]:
    """A guard and its worker: the guard, the worker's process id, and the pipe that says that it is wanted."""
    alive_r, alive_w = os.pipe()
    told_r, told_w = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", guard.__file__, f"{alive_r},{told_w}", sys.executable, "-I", "-S", "-c", program],
        pass_fds=(alive_r, told_w),
    )
    for place in (alive_r, told_w):
        os.close(place)
    worker = int(os.read(told_r, 32))
    os.close(told_r)
    return process, worker, alive_w


@pytest.mark.parametrize(
    ("program", "code"), [("", 0), ("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", -9)]
)
def test_a_guard_ends_as_its_worker_has_ended(program: str, code: int) -> None:
    process, worker, alive = start(program)
    try:
        assert process.wait(30) == code
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
    finally:
        os.close(alive)
        process.kill()
        process.wait()


@pytest.mark.parametrize("how", ["nobody wants it", "told to end", "killed"])
@pytest.mark.slow
def test_a_worker_ends_with_whoever_wanted_it(how: str) -> None:
    process, worker, alive = start("import signal; signal.signal(15, signal.SIG_IGN); signal.pause()")
    try:
        if how == "nobody wants it":
            os.close(alive)
        else:
            process.send_signal(signal.SIGTERM if how == "told to end" else signal.SIGKILL)
        assert process.wait(30) == -9
        for _ in range(1000):  # that of a guard that was killed is ended by the kernel, a moment later
            try:
                os.kill(worker, 0)
            except ProcessLookupError:
                break
            signal.sigtimedwait([], 0.01)
        else:
            pytest.fail("the worker is alive")
    finally:
        if how != "nobody wants it":
            os.close(alive)
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_worker_that_nobody_wants_any_more_as_it_starts_is_ended_without_a_word() -> None:
    """Whoever wanted it was killed before it was told of the worker."""
    alive_r, alive_w = os.pipe()
    told_r, told_w = os.pipe()
    for place in (alive_w, told_r):
        os.close(place)
    command = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"]
    done = subprocess.run(
        [sys.executable, "-I", "-S", guard.__file__, f"{alive_r},{told_w}", *command],
        pass_fds=(alive_r, told_w),
        capture_output=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, b"")
    for place in (alive_r, told_w):
        os.close(place)
