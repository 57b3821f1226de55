"""Carries tasks to worker processes and their records back.

Every task runs in a process of its own pool, even with one worker: a codec that crashes or hangs takes a worker with
it, never the run. Such a task is tried again setting by setting, so that only the operating point at fault is lost.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, TimeoutError, wait
from contextlib import contextmanager

from benchmark.environment import thread_environment
from benchmark.plugins import codec_class
from benchmark.record import Record
from benchmark.task import Task, blank_record, one_line, run_task


def run_tasks(tasks: Sequence[Task], *, jobs: int, timeout: float) -> Iterator[tuple[Task, list[Record]]]:
    """Records of tasks, as they finish, in any order.

    Args:
        tasks: what to run; neighbours that share an item are best on one worker.
        jobs: worker processes.
        timeout: seconds for one operating point.

    Yields:
        A task, possibly a part of one given, and its records.
    """
    from pebble import ProcessExpired, ProcessPool

    if not tasks:
        return
    with _environment(thread_environment(tasks[0].threads)):
        context = multiprocessing.get_context("spawn")
        pool = ProcessPool(max_workers=min(jobs, len(tasks)), initializer=_start_worker, context=context)
        try:
            running = {_submit(pool, task, timeout): task for task in tasks}
            while running:
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    task = running.pop(future)
                    try:
                        yield task, future.result()
                    except (TimeoutError, ProcessExpired) as error:
                        if len(task.settings) > 1:
                            for settings in task.settings:
                                part = dataclasses.replace(task, settings=[settings])
                                running[_submit(pool, part, timeout)] = part
                        else:
                            yield task, [_lost(task, error, timeout)]
                    except Exception as error:  # such as an unreadable image: every row of the task says so
                        yield task, [_unread(task, settings, error) for settings in task.settings]
            pool.close()  # type: ignore[no-untyped-call]
        finally:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()


def _submit(pool: object, task: Task, timeout: float) -> Future[list[Record]]:
    # Every operating point may take its time, and the first one also loads libraries.
    limit = timeout * (len(task.settings) + 1)
    future: Future[list[Record]] = pool.schedule(run_task, args=[task], timeout=limit)  # type: ignore[attr-defined]
    return future


def _lost(task: Task, error: BaseException, timeout: float) -> Record:
    record = blank_record(task, codec_class(task.codec).from_settings(task.settings[0]))
    if isinstance(error, TimeoutError):
        return record | {"status": "timeout", "reason": f"took longer than {2 * timeout:g} s"}
    code = getattr(error, "exitcode", None)
    return record | {"status": "crashed", "reason": f"the worker process ended with exit code {code}"}


def _unread(task: Task, settings: Mapping[str, object], error: Exception) -> Record:
    record = blank_record(task, codec_class(task.codec).from_settings(settings))
    return record | {"status": "failed", "reason": f"{type(error).__name__}: {one_line(error)}"}


def _start_worker() -> None:
    # Ctrl-C reaches the whole process group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables, which workers inherit, and puts the old ones back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
