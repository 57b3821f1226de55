"""Who uses the processor, and where work is done."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmark.system import load
from benchmark.system.load import LoadWatch, busy_seconds, pinned, quiet_cores

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells its load in /proc, and pins a process")

STAT = """cpu  999 999 999 999 999 999 999 999 999 999
cpu0 100 20 30 4000 500 6 7 8 0 0
cpu1 {busy} 0 0 4000 500 0 0 {steal} 0 0
intr 1 2 3
"""


@pytest.fixture
def stat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Sets what the system says of the second core: busy ticks and those that the hypervisor kept."""
    monkeypatch.setattr("benchmark.system.load.STAT", tmp_path / "stat")
    monkeypatch.setattr("benchmark.system.load.os.sysconf", lambda name: 100)
    monkeypatch.setattr("benchmark.system.load.processor_seconds", lambda: 0.0)
    monkeypatch.setattr("benchmark.system.load.parent_seconds", lambda: 0.0)

    def write(busy: int, steal: int) -> None:
        (tmp_path / "stat").write_text(STAT.format(busy=busy, steal=steal))

    write(0, 0)
    return write


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, and after it how long each wait was."""
    times = [1000.0]

    def sleep(seconds: float) -> None:
        if seconds:
            times.append(seconds)
        times[0] += seconds

    monkeypatch.setattr("benchmark.system.load.time.monotonic", lambda: times[0])
    monkeypatch.setattr("benchmark.system.load.time.sleep", sleep)
    return times


def test_a_core_is_busy_while_it_is_not_idle(stat: Callable[[int, int], None]) -> None:
    stat(50, 25)
    assert busy_seconds() == {0: 1.71, 1: 0.75}


def test_a_load_is_what_others_took_and_what_the_hypervisor_kept(
    stat: Callable[[int, int], None], clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = LoadWatch()
    start = watch.mark()
    clock[0] += 2
    stat(150, 30)
    monkeypatch.setattr("benchmark.system.load.processor_seconds", lambda: 1.0)
    monkeypatch.setattr("benchmark.system.load.parent_seconds", lambda: 0.2)
    assert watch.load(start) == pytest.approx((1.5 + 0.3 - 1.0 - 0.2) / 2)


def test_a_short_stretch_is_told_by_a_longer_one_that_ends_with_it(
    stat: Callable[[int, int], None], clock: list[float]
) -> None:
    watch = LoadWatch()
    start = watch.mark()
    stat(1, 0)  # a tick within a moment would be a whole core
    clock[0] += 0.01
    assert watch.load(start) == pytest.approx(0.01 / load.WINDOW)
    assert clock[1:] == [pytest.approx(load.WINDOW - 0.01)], "nothing was known before: it waits"
    stat(2, 0)
    start = watch.mark()
    clock[0] += 0.01
    assert watch.load(start) == pytest.approx(0.02 / (load.WINDOW + 0.01), rel=1e-6)
    assert len(clock) == 2, "the mark from before is old enough"
    clock[0] += 100
    assert watch.load(watch.mark()) == 0
    assert len(clock) == 3, "what was long ago says nothing"


def test_a_system_that_does_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmark.system.load.STAT", tmp_path / "nothing")
    assert busy_seconds() is None
    watch = LoadWatch()
    assert watch.load(watch.mark()) is None


LOOP = "import time; end = time.monotonic() + 5\nwhile time.monotonic() < end: pass"
"""A program that is busy for a while, and ends whatever becomes of the test."""


@linux
@pytest.mark.slow
def test_another_process_is_seen_and_this_one_is_not() -> None:
    """The machine may have other work: the difference that a busy process makes is what counts."""
    import subprocess

    def others(seconds: float) -> float:
        watch = LoadWatch()
        start = watch.mark()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
        found = watch.load(start)
        assert found is not None
        return found

    loops = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(os.cpu_count() or 1)]
    try:
        assert others(1) > 0.2
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@linux
def test_work_stays_on_a_core_and_is_let_go() -> None:
    before = os.sched_getaffinity(0)
    core = min(before)
    with pinned([core]):
        assert os.sched_getaffinity(0) == {core}
    with pinned([]):
        assert os.sched_getaffinity(0) == before
    assert os.sched_getaffinity(0) == before


def test_the_quiet_cores_are_taken(
    stat: Callable[[int, int], None], clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert quiet_cores(1) == (1,)
    monkeypatch.setattr("benchmark.system.load.time.sleep", lambda _: stat(40, 0))
    assert quiet_cores(1) == (0,)
    assert quiet_cores(2) == (0, 1)
    assert quiet_cores(3) == ()
    monkeypatch.delattr(os, "sched_getaffinity")
    assert quiet_cores(1) == ()
