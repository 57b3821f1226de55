"""Processes of multiprocessing that have a guard."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from benchmark.system import guard, guarded
from benchmark.system.guarded import UNGUARDED, end_processes, worker_context


def told(connection: Connection, code: int) -> None:
    """Says who this process is, and ends."""
    connection.send((os.getpid(), os.getppid()))
    os._exit(code)


@pytest.mark.slow
@pytest.mark.skipif(not guard.AVAILABLE, reason="processes are guarded on Linux")
def test_a_process_has_its_own_number_and_the_guard_as_its_parent() -> None:
    context = worker_context()
    ours, theirs = multiprocessing.Pipe()
    process = context.Process(target=told, args=(theirs, 7))
    process.start()
    pid, parent = ours.recv()
    assert pid == process.pid
    assert parent != os.getpid()
    process.join(30)
    assert process.exitcode == 7
    assert not process.is_alive()


def blocked() -> set[int]:
    """The signals that are kept from this process."""
    return set(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ())))


def tell_blocked(connection: Connection) -> None:
    connection.send(blocked())


@pytest.mark.slow
@pytest.mark.skipif(not guard.AVAILABLE, reason="processes are guarded on Linux")
def test_ctrl_c_does_not_reach_a_guard_that_is_being_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would end with a traceback of its own beside the words of the command."""
    ours, theirs = multiprocessing.Pipe()
    process = worker_context().Process(target=tell_blocked, args=(theirs,))
    process.start()
    assert ours.recv() == set()  # the worker, and what it starts, hear signals as usual
    process.join(30)
    early = tmp_path / "early.py"
    early.write_text(
        "import pathlib, signal\n"
        "found = sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ())))\n"
        "pathlib.Path(__file__).with_suffix('.txt').write_text(repr(found))\n"
    )
    monkeypatch.setattr(guard, "__file__", str(early))
    with pytest.raises(OSError, match="a worker process could not be started"):
        worker_context().Process(target=tell_blocked, args=(theirs,)).start()
    assert early.with_suffix(".txt").read_text() == repr(sorted(map(int, guard.UNHEARD)))
    assert blocked() == set()


@pytest.mark.slow
def test_processes_are_ended_at_once() -> None:
    context = worker_context()
    processes = [context.Process(target=time.sleep, args=(60,)) for _ in range(2)]
    for process in processes:
        process.start()
    end_processes(processes)
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [-15, -15]


def test_another_system_has_the_processes_of_python_and_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bool(UNGUARDED) is not guard.AVAILABLE
    monkeypatch.setattr(guard, "AVAILABLE", False)
    assert type(worker_context()) is type(multiprocessing.get_context("spawn"))
    guarded.begin_worker()
    guarded.end_task()
