"""Workers: the one interface through which work is carried elsewhere, and processes that do it.

Whoever has work to carry knows :class:`Pool` alone. Another engine, such as one that carries work to other machines, is
a context manager that gives such a pool.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from multiprocessing import connection
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from benchmark.errors import typed_line
from benchmark.system.guarded import end_processes
from benchmark.system.stopping import LOOK, raise_if_stopped
from benchmark.system.worker import PAUSE, OutOfMemory, Work, Worker, WorkerDied, pickled

__all__ = ["Awaited", "Followed", "OutOfMemory", "Pool", "PoolBroken", "WorkerDied", "process_pool"]

PREPARES = 60.0
"""Seconds that the first step of work may take beside its own."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class PoolBroken(Exception):
    """The pool as a whole has ended: all work that is not finished is lost."""


@dataclass(frozen=True)
class Followed(Generic[_Result]):
    """What became of work that was followed step by step.

    Attributes:
        steps: what it gave, in order, up to its end.
        error: what it ended with: what the function raised, :class:`TimeoutError`, :class:`WorkerDied` or
            :class:`OutOfMemory`; None where it came to its end.
    """

    steps: list[_Result]
    error: Exception | None = None


class Awaited(Future[_Result]):
    """A result to come, the wait for which a signal ends, see :func:`~benchmark.system.stopping.raise_if_stopped`."""

    def result(self, timeout: float | None = None) -> _Result:
        """The result; it waits as long as it takes, or so many seconds."""
        while timeout is None and not self.done():
            raise_if_stopped()
            wait([self], LOOK)
        return super().result(timeout)


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
            The result to come. It raises what the function raised, :class:`TimeoutError`, :class:`WorkerDied`,
            :class:`OutOfMemory` or :class:`PoolBroken`.

        Raises:
            PoolBroken: the pool takes no more work.
        """

    def follow(
        self,
        function: Callable[..., Iterable[_Result]],
        /,
        *arguments: Any,
        lane: str,
        limit: float | None = None,
        told: Callable[[_Result], object] | None = None,
    ) -> Future[Followed[_Result]]:
        """Has a function called by a worker that gives one step after the other: none that it gave is lost.

        Args:
            function, arguments: as of :meth:`submit`. Steps are plain data, see :mod:`benchmark.system.messages`.
            lane: work of different lanes is never done by one worker, so that what is done in one changes nothing in
                another.
            limit: seconds that each step may take. The first one, which prepares the others, has :data:`PREPARES` more.
            told: is called with each step as it comes, by a thread of the pool, before the work is ended; a pool that
                hears of steps at the end alone does not call it. It raises an error where the step is none: the work
                ends with a PluginError then.

        Returns:
            What becomes of it. It raises PoolBroken alone. As long as nobody has begun it, it can be cancelled.

        Raises:
            PoolBroken: the pool takes no more work.
        """

    def map(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterator[_Result]:
        """Results of a function for each item, in the order of the items; errors are those of :meth:`submit`."""


class Engine(Protocol):
    """Starts pools, as :func:`process_pool` does."""

    def __call__(self, jobs: int, /, *, memory: int | None = None) -> contextlib.AbstractContextManager[Pool]:
        """A pool of so many workers, each with so many bytes of memory."""


@contextlib.contextmanager
def process_pool(jobs: int, /, *, memory: int | None = None) -> Iterator[Pool]:
    """A pool of processes of this machine. Ctrl-C is left to this process, which ends them with the context.

    They end with this process, also where it is killed. What their work has started, such as other programs, is ended
    after each piece of work. This is so on Linux, see :mod:`benchmark.system.guard`. What they print is not shown: the
    last lines stand in the text of the error of one that died.

    Args:
        jobs: how many processes at most.
        memory: bytes that each of them may take; None for no limit.
    """
    earlier = multiprocessing.active_children()
    pool = _Processes(jobs, memory)
    pool.start()
    try:
        yield pool
    finally:
        pool.stop()
        # All at once, and not one after the other.
        end_processes([process for process in multiprocessing.active_children() if process not in earlier])


class _Processes(threading.Thread):
    """A thread that starts processes, gives them work, looks at them and ends them.

    Each process has one lane. A free one takes work of its own lane; where there is no more, another process takes its
    place, of the lane on which the fewest work.
    """

    def __init__(self, jobs: int, memory: int | None) -> None:
        super().__init__(daemon=True)
        self._jobs, self._memory = jobs, memory
        self._asked: SimpleQueue[Work] = SimpleQueue()
        self._woken, self._wakes = multiprocessing.Pipe(duplex=False)
        self._lock = threading.Lock()
        """Held while it is decided whether work is taken."""
        self._is_open = True
        self._waiting: defaultdict[str, deque[Work]] = defaultdict(deque)
        self._workers: list[Worker] = []
        self._ending: list[Worker] = []
        self._futures: dict[Work, Future[Any]] = {}

    def submit(
        self, function: Callable[..., _Result], /, *arguments: Any, limit: float | None = None
    ) -> Future[_Result]:
        return self._ask(pickled(once, (function, *arguments)), _limits(limit), "", _one_result)

    def follow(
        self,
        function: Callable[..., Iterable[_Result]],
        /,
        *arguments: Any,
        lane: str,
        limit: float | None = None,
        told: Callable[[_Result], object] | None = None,
    ) -> Future[Followed[_Result]]:
        return self._ask(pickled(function, arguments), _limits(limit, PREPARES), lane, _all_steps, told)

    def map(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterator[_Result]:
        futures = [self.submit(function, item) for item in items]
        return (future.result() for future in futures)

    def stop(self) -> None:
        """Ends the thread. Processes that it leaves are to be ended."""
        with self._lock:
            self._is_open = False
        self._wake()
        self.join()

    def run(self) -> None:
        """Works until it is stopped."""
        reason = "the pool was stopped before the work was done"
        ready: list[Any] = []
        try:
            while True:
                self._take_in(ready)
                if not self._is_open:  # asked once what woke it is taken in: whoever closes it wakes it afterwards
                    break
                self._assign()
                watched = [*self._workers, *self._ending]
                pause = PAUSE if self._ending or any(worker.work for worker in self._workers) else None
                channels = [pipe for worker in watched for pipe in worker.channels()]
                ready = connection.wait([self._woken, *channels], pause)
                for worker in watched:
                    worker.look(ready)
                self._workers = [worker for worker in self._workers if not worker.is_over]
                self._ending = [worker for worker in self._ending if not worker.is_over]
        except Exception as error:  # such as no more processes or open files: those who wait have to hear of it
            reason = typed_line(error)
        with self._lock:
            self._is_open = False
        for future in list(self._futures.values()):
            if not future.cancelled():
                future.set_exception(PoolBroken(reason))

    def _ask(
        self,
        asked: bytes,
        limits: tuple[float, float] | None,
        lane: str,
        settle: Callable[[Future[Any], Work], None],
        told: Callable[[Any], object] | None = None,
    ) -> Future[Any]:
        future = Awaited[Any]()

        def ended(work: Work) -> None:
            del self._futures[work]
            settle(future, work)

        work = Work(asked, limits, lane, ended, told)
        with self._lock:
            if not self._is_open:
                raise PoolBroken("the pool takes no more work")
            self._futures[work] = future
            self._asked.put(work)
        self._wake()
        return future

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wakes.send_bytes(b"")

    def _take_in(self, ready: Collection[Any]) -> None:
        while self._woken in ready and self._woken.poll():
            self._woken.recv_bytes()
        with contextlib.suppress(Empty):
            while True:
                work = self._asked.get_nowait()
                self._waiting[work.lane].append(work)

    def _assign(self) -> None:
        """Gives work to those that are free, and lets others take the place of those whose lane has none."""
        free = [worker for worker in self._workers if not worker.work and not worker.is_ending]
        for worker in list(free):
            if work := self._next(worker.lane):
                worker.give(work)
                free.remove(worker)
        while (room := len(self._workers) < self._jobs) or free:
            working = [worker.lane for worker in self._workers if worker not in free]
            lanes = sorted((lane for lane, works in self._waiting.items() if works), key=working.count)
            work = next(filter(None, map(self._next, lanes)), None)
            if work is None:
                return
            if not room:
                retired = free.pop()
                retired.end()
                self._workers.remove(retired)
                self._ending.append(retired)
            worker = Worker(work.lane, self._memory)
            self._workers.append(worker)
            worker.give(work)

    def _next(self, lane: str) -> Work | None:
        """The next work of a lane that nobody has cancelled, taken; None where there is none."""
        while works := self._waiting.get(lane):
            work = works.popleft()
            if self._futures[work].set_running_or_notify_cancel():
                return work
            del self._futures[work]
        return None


def _limits(limit: float | None, more: float = 0.0) -> tuple[float, float] | None:
    """The limits of the first step and of those after it."""
    return None if limit is None else (limit + more, limit)


def once(function: Callable[..., _Result], *arguments: Any) -> Iterator[_Result]:
    """The result of a function as the one step of work."""
    yield function(*arguments)


def _one_result(future: Future[Any], work: Work) -> None:
    if work.error is None:
        future.set_result(work.steps[0])
    else:
        future.set_exception(work.error)


def _all_steps(future: Future[Any], work: Work) -> None:
    future.set_result(Followed(work.steps, work.error))
