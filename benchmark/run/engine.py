"""Carries tasks to worker processes and their records back.

Every task runs in a process of its own pool, even with one worker: a codec that crashes or hangs takes a worker with
it, never the run. Such a task is tried again setting by setting, so that only the operating point at fault is lost.
"""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import signal
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, TimeoutError, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from benchmark.codec import Setting
from benchmark.plugins import codec_class
from benchmark.run.record import Record
from benchmark.run.task import Task, blank_record, one_line, run_task
from benchmark.system.environment import thread_environment, variables

_RESTARTS = 10
"""How often a pool that breaks as a whole is replaced before its tasks are given up."""


def run_tasks(tasks: Sequence[Task], *, jobs: int, timeout: float) -> Iterator[tuple[Task, list[Record]]]:
    """Records of tasks, as they finish, in any order.

    Args:
        tasks: what to run; neighbours that share an item are best on one worker.
        jobs: worker processes.
        timeout: seconds for one operating point.

    Yields:
        A task, possibly a part of one given, and its records.
    """
    left = list(tasks)
    with variables(thread_environment(tasks[0].threads if tasks else 1)):
        for _ in range(_RESTARTS):
            if not left:
                return
            left = yield from _run_pool(left, jobs, timeout)
    for task in left:
        yield task, [_lost(task, settings, "crashed", "the pool of workers broke again and again")
                     for settings in task.settings]


def _run_pool(
    tasks: Sequence[Task], jobs: int, timeout: float
) -> Generator[tuple[Task, list[Record]], None, list[Task]]:
    """Runs tasks on one pool.

    Returns:
        Those that have to be run again, because a dying worker took the whole pool with it.
    """
    from pebble import ProcessExpired

    with worker_pool(min(jobs, len(tasks))) as pool:
        running = {_submit(pool, task, timeout): task for task in tasks}
        while running:
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                task = running.pop(future)
                try:
                    yield task, future.result()
                except BrokenProcessPool:
                    return [task, *running.values()]
                except (TimeoutError, ProcessExpired) as error:
                    if len(task.settings) == 1:
                        yield task, [_lost(task, task.settings[0], *_explain(error, timeout))]
                        continue
                    parts = [dataclasses.replace(task, settings=[settings]) for settings in task.settings]
                    try:
                        running |= {_submit(pool, part, timeout): part for part in parts}
                    except RuntimeError:  # the pool has broken meanwhile
                        return [*parts, *(task for task in running.values() if task not in parts)]
                except Exception as error:  # such as an unreadable image: every row of the task says so
                    reason = f"{type(error).__name__}: {one_line(error)}"
                    yield task, [_lost(task, settings, "failed", reason) for settings in task.settings]
        return []


@contextlib.contextmanager
def worker_pool(jobs: int) -> Iterator[Any]:
    """A pool of processes of pebble's, which leave Ctrl-C to this one; ended with the context.

    Args:
        jobs: how many at most.
    """
    from pebble import ProcessPool

    context = multiprocessing.get_context("spawn")
    pool = ProcessPool(max_workers=jobs, initializer=_start_worker, context=context)
    try:
        yield pool
        pool.close()  # type: ignore[no-untyped-call]
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _submit(pool: object, task: Task, timeout: float) -> Future[list[Record]]:
    # Every operating point may take its time, and the first one also loads libraries.
    limit = timeout * (len(task.settings) + 1)
    future: Future[list[Record]] = pool.schedule(run_task, args=[task], timeout=limit)  # type: ignore[attr-defined]
    return future


def _explain(error: BaseException, timeout: float) -> tuple[str, str]:
    """Status and reason of an operating point that a worker did not survive."""
    if isinstance(error, TimeoutError):
        return "timeout", f"took longer than {2 * timeout:g} s"
    return "crashed", f"the worker process ended with exit code {getattr(error, 'exitcode', None)}"


def _lost(task: Task, settings: Mapping[str, Setting], status: str, reason: str) -> Record:
    codec = codec_class(task.codec).from_settings(settings)
    return blank_record(task, codec) | {"status": status, "reason": reason}


def _start_worker() -> None:
    # Ctrl-C reaches the whole process group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
