"""Carries tasks to workers and their records back.

Every task runs in a process of its own pool, even with one worker: a codec that crashes or hangs takes a worker with
it, never the run, and loses the one operating point that was at work. A process serves one codec alone, so that nothing
that a codec changes there reaches the rows of another.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from queue import SimpleQueue

from benchmark.codec import Setting
from benchmark.errors import typed_line
from benchmark.plugins import codec_class
from benchmark.record.row import Record
from benchmark.run.task import MOST, Begun, Task, blank_record, follow_task, one_line
from benchmark.system.environment import thread_environment, variables
from benchmark.system.pool import Engine, Followed, OutOfMemory, Pool, PoolBroken, WorkerDied, process_pool

_RESTARTS = 10
"""How often a pool that breaks as a whole is replaced before its tasks are given up."""

_STATUSES: Mapping[type[Exception], str] = {
    TimeoutError: "timeout",
    OutOfMemory: "out-of-memory",
    WorkerDied: "crashed",
}
"""What becomes of an operating point whose worker did not survive it."""


def run_tasks(
    tasks: Sequence[Task], *, jobs: int, timeout: float, memory: int | None = None, engine: Engine = process_pool
) -> Iterator[tuple[Task, list[Record]]]:
    """Records of tasks, as they finish, in any order.

    Args:
        tasks: what to run; neighbours of one codec that share an item are best on one worker.
        jobs: workers at most; records say how many there were.
        timeout: seconds for one operating point.
        memory: bytes that each process may take; None for no limit.
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
            with engine(min(jobs, len(left)), memory=memory) as pool:
                left = yield from _run_on(pool, left, timeout)
    for task in left:
        yield task, _all_lost(task, "crashed", "the pool of workers broke again and again")


def _run_on(
    pool: Pool, tasks: Sequence[Task], timeout: float
) -> Generator[tuple[Task, list[Record]], None, list[Task]]:
    """Runs tasks on one pool.

    Returns:
        Those that have to be run again, because the pool broke as a whole.
    """
    running: dict[Future[Followed[Begun | Record]], Task] = {}
    finished: SimpleQueue[Future[Followed[Begun | Record]]] = SimpleQueue()
    waiting = deque(tasks)
    while waiting or running:
        while waiting:
            try:
                future = pool.follow(follow_task, waiting[0], lane=waiting[0].codec, limit=timeout)
            except PoolBroken:
                return [*waiting, *running.values()]
            running[future] = waiting.popleft()
            future.add_done_callback(finished.put)
        future = finished.get()
        task = running.pop(future)
        try:
            followed = future.result()
        except PoolBroken:
            return [task, *waiting, *running.values()]
        part, records = _came_to(task, followed)
        yield part, records
        if rest := task.settings[len(part.settings) :]:
            waiting.append(dataclasses.replace(task, settings=rest))
    return []


def _came_to(task: Task, followed: Followed[Begun | Record]) -> tuple[Task, list[Record]]:
    """That part of a task that has come to an end, and its records."""
    records = [step for step in followed.steps if isinstance(step, Record)]
    error = followed.error
    if error is None:
        return task, records
    status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), "failed")
    begun = [step.place for step in followed.steps if isinstance(step, Begun)]
    if not begun:  # such as an unreadable image: every row of the task says so
        reason = typed_line(error, MOST) if status == "failed" else one_line(f"before the first encode, {error}")
        return task, _all_lost(task, status, reason)
    part = dataclasses.replace(task, settings=task.settings[: begun[-1] + 1])
    if isinstance(followed.steps[-1], Begun):
        records.append(_lost(task, part.settings[-1], status, one_line(error)))
    return part, records


def _all_lost(task: Task, status: str, reason: str) -> list[Record]:
    return [_lost(task, settings, status, reason) for settings in task.settings]


def _lost(task: Task, settings: Mapping[str, Setting], status: str, reason: str) -> Record:
    codec = codec_class(task.codec).from_settings(settings)
    return blank_record(task, codec, status=status, reason=reason)
