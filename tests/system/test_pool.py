"""Processes that do work: what becomes of it, and of them."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import stat
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from benchmark.errors import PluginError
from benchmark.system.pool import Awaited, PoolBroken, WorkerDied, process_pool
from benchmark.system.stopping import stopped_by_signals
from benchmark.system.worker import Worker


@pytest.mark.slow
def test_processes_keep_to_their_limit_and_tell_how_they_end() -> None:
    with process_pool(1) as pool:
        slow, dying, failing = (
            pool.submit(time.sleep, 60, limit=0.5),
            pool.submit(os._exit, 7),
            pool.submit(int, "none"),
        )
        leaving = pool.submit(sys.exit, 0)
        with pytest.raises(TimeoutError):
            slow.result(30)
        with pytest.raises(WorkerDied, match="exit code 7"):
            dying.result(30)
        with pytest.raises(ValueError, match="invalid literal"):
            failing.result(30)
        with pytest.raises(PluginError, match="raised SystemExit: 0"):
            leaving.result(30)
        assert list(pool.map(len, ["", "a", "ab"])) == [0, 1, 2]
    with pytest.raises(PoolBroken):
        pool.submit(len, "")


def pids(count: int) -> Iterator[int]:
    """The number of the process that gives them."""
    for _ in range(count):
        yield os.getpid()


@pytest.mark.slow
def test_a_process_serves_one_lane() -> None:
    with process_pool(2) as pool:
        futures = {
            (lane, number): pool.follow(pids, 1, lane=lane) for number in range(3) for lane in ("one", "two", "three")
        }
        served: dict[str, set[int]] = {}
        for (lane, _), future in futures.items():
            served.setdefault(lane, set()).add(future.result(60).steps[-1])
    every = [pid for pids in served.values() for pid in pids]
    assert len(every) == len(set(every)), "no process has two lanes"
    assert len(every) < len(futures), "and each does more than one piece of work"


def leaving() -> Iterator[str]:
    yield "bye"
    time.sleep(0.5)
    os._exit(3)


@pytest.mark.slow
def test_work_of_a_process_that_ends_between_two_looks_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    look = Worker.look

    def look_long(worker: Worker, ready: Collection[object]) -> None:
        look(worker, ready)
        while worker.work and worker.work.steps and not worker.has_ended:
            time.sleep(0.01)

    monkeypatch.setattr(Worker, "look", look_long)
    with process_pool(1) as pool:
        followed = pool.follow(leaving, lane="one").result(60)
    assert followed.steps == ["bye"]
    assert isinstance(followed.error, WorkerDied)


@pytest.mark.slow
def test_work_that_waits_can_be_cancelled() -> None:
    with process_pool(1) as pool:
        first, second, third = (pool.follow(pids, 2, lane="one") for _ in range(3))
        assert second.cancel()
        assert first.result(60).error is None
        assert third.result(60).error is None


@pytest.mark.slow
def test_a_pool_ends_at_any_moment() -> None:
    for _ in range(200):
        with process_pool(1) as pool:
            assert pool.follow(pids, 0, lane="one").cancel() in (True, False)


def test_a_signal_ends_the_wait_for_a_result_also_where_its_exception_is_lost() -> None:
    with pytest.raises(KeyboardInterrupt), stopped_by_signals():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        Awaited[int]().result()
    done = Awaited[int]()
    done.set_result(7)
    assert done.result() == 7


@pytest.mark.slow
def test_steps_are_told_as_they_come() -> None:
    heard: SimpleQueue[str] = SimpleQueue()
    with process_pool(1) as pool:
        future = pool.follow(leaving, lane="one", told=heard.put)
        assert heard.get(timeout=60) == "bye"
        assert isinstance(future.result(60).error, WorkerDied)


def lies(how: str) -> Iterator[str]:
    """Writes into the pipes of its process."""
    yield "true"
    message = pickle.dumps(("end", None))
    deeds = {
        "half": b"\0\1\0\0half",
        "none": b"\xff\xff\xff\xfe",
        "harm": len(b"cos\n_exit\n(I0\ntR.").to_bytes(4, "big") + b"cos\n_exit\n(I0\ntR.",
    }
    for place in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        with contextlib.suppress(OSError):
            if place > 2 and stat.S_ISSOCK(os.fstat(place).st_mode):
                os.write(place, deeds[how])
    yield "behind" + message.hex()
    time.sleep(60)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["half", "none", "harm"])
def test_a_pipe_that_work_writes_into_is_not_trusted_nor_waited_for(how: str) -> None:
    with process_pool(1) as pool:
        found = pool.follow(lies, how, lane="one", limit=3).result(60)
        assert found.steps == ["true"]
        assert isinstance(found.error, TimeoutError if how == "half" else PluginError)
        assert pool.follow(pids, 1, lane="one").result(60).error is None
