"""Processes of multiprocessing that have a guard."""

from __future__ import annotations

import multiprocessing
import os
import time
from multiprocessing.connection import Connection

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
