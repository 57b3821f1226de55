"""Carries tasks to workers and their records back.

Every task runs in a process of its own pool, even with one worker: a codec that crashes or hangs takes a worker with
it, never the run. Such a task is tried again setting by setting, so that only the operating point at fault is lost.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractContextManager

from benchmark.codec import Setting
from benchmark.errors import typed_line
from benchmark.plugins import codec_class
from benchmark.record.row import Record
from benchmark.run.task import MOST, Task, blank_record, run_task
from benchmark.system.environment import thread_environment, variables
from benchmark.system.pool import Pool, PoolBroken, WorkerDied, process_pool

_RESTARTS = 10
"""How often a pool that breaks as a whole is replaced before its tasks are given up."""

Engine = Callable[[int], AbstractContextManager[Pool]]
"""Starts a pool of so many workers, such as :func:`~benchmark.system.pool.process_pool`."""


def run_tasks(
    tasks: Sequence[Task], *, jobs: int, timeout: float, engine: Engine = process_pool
) -> Iterator[tuple[Task, list[Record]]]:
    """Records of tasks, as they finish, in any order.

    Args:
        tasks: what to run; neighbours that share an item are best on one worker.
        jobs: workers at most; records say how many there were.
        timeout: seconds for one operating point.
        engine: starts the workers.

    Yields:
        A task, possibly a part of one given, and its records.
    """
    jobs = min(jobs, max(1, len(tasks)))
    left = [dataclasses.replace(task, jobs=jobs) for task in tasks]
    with variables(thread_environment(tasks[0].threads if tasks else 1)):
        for _ in range(_RESTARTS):
            if not left:
                return
            with engine(min(jobs, len(left))) as pool:
                left = yield from _run_on(pool, left, timeout)
    for task in left:
        yield (
            task,
            [
                _lost(task, settings, "crashed", "the pool of workers broke again and again")
                for settings in task.settings
            ],
        )


def _run_on(
    pool: Pool, tasks: Sequence[Task], timeout: float
) -> Generator[tuple[Task, list[Record]], None, list[Task]]:
    """Runs tasks on one pool.

    Returns:
        Those that have to be run again, because the pool broke as a whole.
    """
    running: dict[Future[list[Record]], Task] = {}
    waiting = list(tasks)
    while waiting or running:
        while waiting:
            try:
                running[_submit(pool, waiting[0], timeout)] = waiting[0]
            except PoolBroken:
                return [*waiting, *running.values()]
            waiting.pop(0)
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            task = running.pop(future)
            try:
                yield task, future.result()
            except PoolBroken:
                return [task, *waiting, *running.values()]
            except (TimeoutError, WorkerDied) as error:
                if len(task.settings) == 1:
                    yield task, [_lost(task, task.settings[0], *_explain(error, timeout))]
                else:
                    waiting += [dataclasses.replace(task, settings=[settings]) for settings in task.settings]
            except Exception as error:  # such as an unreadable image: every row of the task says so
                reason = typed_line(error, MOST)
                yield task, [_lost(task, settings, "failed", reason) for settings in task.settings]
    return []


def _submit(pool: Pool, task: Task, timeout: float) -> Future[list[Record]]:
    # Every operating point may take its time, and the first one also loads libraries.
    return pool.submit(run_task, task, limit=timeout * (len(task.settings) + 1))


def _explain(error: TimeoutError | WorkerDied, timeout: float) -> tuple[str, str]:
    """Status and reason of an operating point that a worker did not survive."""
    if isinstance(error, TimeoutError):
        return "timeout", f"took longer than {2 * timeout:g} s"
    return "crashed", str(error)


def _lost(task: Task, settings: Mapping[str, Setting], status: str, reason: str) -> Record:
    codec = codec_class(task.codec).from_settings(settings)
    return blank_record(task, codec, status=status, reason=reason)
