"""Workers: the one interface through which work is carried elsewhere, and processes that do it.

Whoever has work to carry knows :class:`Pool` alone. Another engine, such as one that carries work to other machines, is
a context manager that gives such a pool.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, Protocol, TypeVar

from benchmark.errors import PluginError, contained, typed_line
from benchmark.system.guarded import begin_worker, end_processes, end_task, worker_context

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class WorkerDied(Exception):
    """The process that did the work has ended; the work is lost, the pool goes on.

    Args:
        exit_code: the exit code of the process; None where it is not known.
    """

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(f"the worker process ended with exit code {exit_code}")
        self.exit_code = exit_code


class PoolBroken(Exception):
    """The pool as a whole has ended: all work that is not finished is lost."""


class Pool(Protocol):
    """Workers that call functions. Functions, arguments and results are pickled on their way."""

    def submit(
        self, function: Callable[..., _Result], /, *arguments: Any, limit: float | None = None
    ) -> Future[_Result]:
        """Has a function called by a worker.

        Args:
            function: a function of a module that the worker can import.
            arguments: the arguments of the call.
            limit: seconds that the call may take; the worker is ended after them.

        Returns:
            The result to come. It raises what the function raised, :class:`TimeoutError`, :class:`WorkerDied` or
            :class:`PoolBroken`.

        Raises:
            PoolBroken: the pool takes no more work.
        """

    def map(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterator[_Result]:
        """Results of a function for each item, in the order of the items; errors are those of :meth:`submit`."""


@contextlib.contextmanager
def process_pool(jobs: int) -> Iterator[Pool]:
    """A pool of processes of this machine. Ctrl-C is left to this process, which ends them with the context.

    They end with this process, also where it is killed. What their work has started, such as other programs, is ended
    after each piece of work. This is so on Linux, see :mod:`benchmark.system.guard`.

    Args:
        jobs: how many processes at most.
    """
    from pebble import ProcessPool

    earlier = multiprocessing.active_children()
    pool = ProcessPool(max_workers=jobs, initializer=_begin, context=worker_context())
    try:
        yield _Processes(pool)
        pool.close()  # type: ignore[no-untyped-call]
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        # All at once: the library would wait for one after the other.
        end_processes([process for process in multiprocessing.active_children() if process not in earlier])
        pool.join()


class _Processes:
    """Processes of pebble, the library that can end one of them without the others."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    def submit(
        self, function: Callable[..., _Result], /, *arguments: Any, limit: float | None = None
    ) -> Future[_Result]:
        try:
            theirs = self._pool.schedule(_called, args=(function, *arguments), timeout=limit)
        except RuntimeError as error:
            raise PoolBroken(str(error)) from error
        ours: Future[_Result] = Future()
        theirs.add_done_callback(partial(_hand_over, ours))
        return ours

    def map(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterator[_Result]:
        futures = [self.submit(function, item) for item in items]
        return (future.result() for future in futures)


def _called(function: Callable[..., _Result], /, *arguments: Any) -> _Result:
    """Calls a function in a worker. What would end the process that hears of it, such as SystemExit, is an error."""
    try:
        with contained("the work"):
            return function(*arguments)
    except KeyboardInterrupt as error:  # workers hear of no Ctrl-C
        raise PluginError(f"the work raised {typed_line(error)}") from error
    finally:
        end_task()


def _hand_over(ours: Future[_Result], theirs: Future[_Result]) -> None:
    """Takes over a result, or an error in the words of this module."""
    from pebble import ProcessExpired

    if theirs.cancelled():
        ours.set_exception(PoolBroken("the pool was stopped before the work was done"))
        return
    error = theirs.exception()
    if error is None:
        ours.set_result(theirs.result())
    elif isinstance(error, ProcessExpired):
        ours.set_exception(WorkerDied(error.exitcode))
    elif isinstance(error, BrokenProcessPool):
        ours.set_exception(PoolBroken(str(error)))
    else:
        ours.set_exception(error)


def _begin() -> None:
    # Ctrl-C and the end of a terminal reach the whole process group; the parent alone decides what they mean.
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    begin_worker()
