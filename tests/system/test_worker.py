"""A worker process: the steps that it gives are kept, and how it ends is told."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmark.system import memory
from benchmark.system.guard import AVAILABLE
from benchmark.system.pool import Pool, process_pool
from benchmark.system.worker import OutOfMemory, WorkerDied
from benchmark.system.worker import serve as own_serve


def steps(*deeds: str) -> Iterator[str | int]:
    """Does one deed after the other, each a step: the number of the process."""
    for deed in deeds:
        yield deed
        match deed:
            case "hang":
                time.sleep(60)
            case "exit":
                os.write(2, b"\x1b[31mfirst\x1b[0m\r\nlast\0 words\n")
                os._exit(3)
            case "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "abort":
                os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
                os.abort()
            case "raise":
                raise ValueError("no size")
            case "fill":
                kept = []
                while True:
                    kept.append(b"\1" * (1 << 24))
            case "stop":
                os.kill(os.getppid(), signal.SIGSTOP)
            case "memory":
                raise MemoryError("no more")
            case "shut":
                os.closerange(3, 100)
        yield os.getpid()


def came_to(pool: Pool, *deeds: str, limit: float = 2) -> tuple[list[str | int], Exception | None]:
    followed = pool.follow(steps, *deeds, lane="one", limit=limit).result(60)
    return [step for step in followed.steps if isinstance(step, str)], followed.error


@pytest.mark.slow
def test_steps_are_kept_and_the_ending_is_told() -> None:
    with process_pool(1, memory=1 << 29) as pool:
        found = {deed: came_to(pool, "well", deed, "never") for deed in ("exit", "crash", "abort", "raise", "hang")}
        shut, _ = came_to(pool, "shut", "shut")
        assert came_to(pool, "well") == (["well"], None)
    assert all(began == ["well", deed] for deed, (began, _) in found.items())
    errors = {deed: error for deed, (_, error) in found.items()}
    told = "the worker process ended with exit code 3; the last lines that it printed: first | last words"
    assert str(errors["exit"]) == told
    assert isinstance(errors["crash"], WorkerDied)
    assert not isinstance(errors["crash"], OutOfMemory)
    assert str(errors["crash"]) == "the worker process was ended by SIGSEGV"
    assert isinstance(errors["abort"], OutOfMemory)
    assert "512 MiB (--memory)" in str(errors["abort"])
    assert isinstance(errors["raise"], ValueError)
    assert isinstance(errors["hang"], TimeoutError)
    assert str(errors["hang"]) == "took longer than 2 s"
    assert shut == ["shut"]


@pytest.mark.slow
@pytest.mark.skipif(not memory.resident(os.getpid()), reason="this system does not tell what a process holds")
def test_a_process_that_holds_too_much_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with process_pool(1, memory=1 << 29) as pool:
        _, error = came_to(pool, "fill", limit=60)
    assert isinstance(error, MemoryError)  # by the limit of the process itself
    monkeypatch.setattr("benchmark.system.worker.serve", serve_without_limit)
    with process_pool(1, memory=1 << 29) as pool:
        _, error = came_to(pool, "fill", limit=60)
    assert isinstance(error, OutOfMemory)
    assert str(error) == "ran out of memory: each process may take 512 MiB (--memory)"


@pytest.mark.slow
def test_a_process_that_the_system_kills_for_memory_may_take_its_time_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The count of such processes has risen long before the process is seen to have ended."""
    counted = tmp_path / "counted"
    monkeypatch.setattr(memory, "killed_for_memory", lambda: int(counted.exists()))
    with process_pool(1) as pool:
        followed = pool.follow(killed_in_the_end, counted, lane="one", limit=30).result(60)
    assert isinstance(followed.error, OutOfMemory)


def killed_in_the_end(counted: Path) -> Iterator[str]:
    """Is killed half a second after the system has counted it."""
    yield "begun"
    counted.touch()
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)


def serve_without_limit(told: Any, printed: Any, most: int | None, is_plain: bool) -> None:
    """What a process does whose own limit does not hold."""
    own_serve(told, printed, None, is_plain)


@pytest.mark.slow
@pytest.mark.skipif(not AVAILABLE, reason="this system has no guards")
def test_a_guard_that_was_stopped_ends_its_process_all_the_same() -> None:
    started = time.monotonic()
    with process_pool(1) as pool:
        stopped, _ = came_to(pool, "stop", "hang")
        assert came_to(pool, "well") == (["well"], None)
        came_to(pool, "stop")
    assert stopped == ["stop", "hang"]
    assert time.monotonic() - started < 50, "nobody waits for a process that is gone"


@pytest.mark.slow
def test_a_process_that_ran_out_of_memory_is_replaced() -> None:
    with process_pool(1) as pool:
        first, second, third = (pool.follow(steps, *deeds, lane="one") for deeds in (["well"], ["memory"], ["well"]))
        pid, after = first.result(60).steps[-1], third.result(60).steps[-1]
        assert isinstance(second.result(60).error, MemoryError)
    assert pid != after
