"""Carries tasks to workers and their records back.

Every task runs in a process of its own pool, even with one worker: a codec that crashes or hangs takes a worker with
it, never the run, and loses the one operating point that was at work. A process serves one codec alone, so that nothing
that a codec changes there reaches the rows of another.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from benchmark.codec import Setting
from benchmark.errors import OutputError, PluginError, typed_line
from benchmark.plugins import codec_class
from benchmark.record.row import GIVEN_UP, Record
from benchmark.record.streams import can_keep
from benchmark.run.heard import Heard, Step, checked
from benchmark.run.measure import Unkept
from benchmark.run.patience import Patience
from benchmark.run.spending import Profile
from benchmark.run.task import MOST, Begun, Spent, Task, blank_record, follow_task, one_line
from benchmark.system.environment import thread_environment, variables
from benchmark.system.memory import is_memory_error
from benchmark.system.pool import Engine, Followed, OutOfMemory, Pool, PoolBroken, WorkerDied, process_pool
from benchmark.system.stopping import LOOK, raise_if_stopped


@dataclass(frozen=True)
class Workers:
    """What carries the tasks of a run, and what is borne of them.

    Attributes:
        jobs: workers at most; records say how many there were.
        timeout: seconds for one operating point.
        patience: tells when a codec is given up.
        memory: bytes that each process may take; None for no limit.
        engine: starts the workers.
        profile: gets what they spend.
        meanwhile: is called before each wait for them, and takes time once. One worker alone, whose times may be
            published, is not disturbed by it.
    """

    jobs: int
    timeout: float
    patience: Patience
    memory: int | None = None
    engine: Engine = process_pool
    profile: Profile = dataclasses.field(default_factory=Profile)
    meanwhile: Callable[[], None] = lambda: None


WINDOW = 4096
"""Tasks that are handed to a pool at most before some are done. The next ones are made as these end, so that a run of
any length takes the same memory for them; so many that workers seldom run out of tasks of the codec that they serve."""

_RESTARTS = 10
"""How often a pool that breaks as a whole is replaced before its tasks are given up."""


class _Live:
    """Hears of the rows of a task as they are made, and hands them on: none is lost with the run."""

    def __init__(self, task: Task, events: SimpleQueue[_Event]) -> None:
        self.task = task
        self.given = 0
        """Rows that were handed on."""
        self._is_told = False
        self._heard = Heard(task)
        self._events = events

    def __call__(self, step: Step) -> None:
        self._is_told = True
        found = self._heard.take(step)
        if isinstance(found, Record):
            place = max(self._heard.place, 0)
            part = dataclasses.replace(self.task, settings=self.task.settings[place : place + 1])
            self.given += 1
            self._events.put((part, found))

    def all_of(self, followed: Followed[Step]) -> Followed[Step]:
        """What became of the task. Steps that a pool tells at the end alone are looked at here."""
        steps, error = followed.steps, followed.error
        if not self._is_told:
            steps = checked(self.task, steps)
        if error is None and not any(isinstance(step, Spent) for step in steps):
            error = PluginError("the work ended before all of its rows were told")
        return Followed(steps, error)


_Event = Future[Followed[Step]] | tuple[Task, Record]
"""The end of a task, or a row of one that goes on."""

_STATUSES: Mapping[type[Exception], str] = {
    TimeoutError: "timeout",
    OutOfMemory: "out-of-memory",
    WorkerDied: "crashed",
}
"""What becomes of an operating point whose worker did not survive it."""


class _Tasks:
    """Tasks that are still to be begun: those that come back, and then those that are made when they are asked for."""

    def __init__(self, later: Iterable[Task], jobs: int) -> None:
        self._later = iter(later)
        first = list(itertools.islice(self._later, jobs))
        self.jobs = max(1, len(first))
        """Workers that have something to do: as many as asked for, or as there are tasks."""
        self._ready = deque(self._told(task) for task in first)

    def _told(self, task: Task) -> Task:
        return dataclasses.replace(task, jobs=self.jobs)

    def __bool__(self) -> bool:
        if not self._ready:
            self._ready.extend(self._told(task) for task in itertools.islice(self._later, 1))
        return bool(self._ready)

    @property
    def next(self) -> Task:
        """The next task, which stays; there is one where this is true."""
        return self._ready[0]

    def take(self) -> Task:
        """The next task, taken."""
        return self._ready.popleft()

    def put(self, task: Task) -> None:
        """A task that is to be begun later than those that were made already."""
        self._ready.append(task)

    def put_first(self, tasks: Iterable[Task]) -> None:
        """Tasks that are to be begun before all others, in their order."""
        self._ready.extendleft(reversed(list(tasks)))


def run_tasks(tasks: Iterable[Task], workers: Workers) -> Generator[tuple[Task, list[Record]]]:
    """Records of tasks, as they finish, in any order. Whoever goes on before the last one closes it: it has processes.

    Args:
        tasks: what to run; neighbours of one codec that share an item are best on one worker. They are asked for one
            after the other, at most :data:`WINDOW` of them before the first has ended.
        workers: what carries them.

    Yields:
        A task, possibly a part of one given, and its records.

    Raises:
        OutputError: streams cannot be kept, as on a full disk. The records before are yielded first.
    """
    left = _Tasks(tasks, workers.jobs)
    with variables(thread_environment(left.next.threads if left else 1)):
        for _ in range(_RESTARTS):
            if not left:
                return
            with workers.profile.kept(left.jobs), workers.engine(left.jobs, memory=workers.memory) as pool:
                yield from _run_on(pool, left, workers)
    while left:
        task = left.take()
        yield task, _all_lost(task, "crashed", "the pool of workers broke again and again")


def _run_on(pool: Pool, waiting: _Tasks, workers: Workers) -> Generator[tuple[Task, list[Record]]]:
    """Runs tasks on one pool, until none is left or the pool breaks as a whole."""
    running: dict[Future[Followed[Step]], _Live] = {}
    finished: SimpleQueue[_Event] = SimpleQueue()
    patience, spent = workers.patience, list[Task]()

    def ended(future: Future[Followed[Step]]) -> None:
        """Counts before the worker is given more, so that nothing is begun for a codec that is given up by that."""
        codec = running[future].task.codec
        if not future.cancelled() and future.exception() is None:
            patience.count(codec, _statuses(running[future].all_of(future.result())))
            if patience.is_given_up(codec):
                _cancel(running, codec)
        finished.put(future)

    while running or waiting:
        try:
            yield from _begun(pool, waiting, running, finished, ended, workers)
        except PoolBroken:
            waiting.put_first(live.task for live in running.values())
            return
        if not running:
            break
        if workers.jobs > 1:
            workers.meanwhile()
        event = _next(finished)
        if isinstance(event, tuple):
            yield event[0], [event[1]]
            continue
        future, live = event, running.pop(event)
        task = live.task
        if future.cancelled():
            waiting.put(task)
            continue
        try:
            followed = live.all_of(future.result())
        except PoolBroken:
            waiting.put_first([task, *(live.task for live in running.values())])
            return
        if not followed.steps and is_memory_error(followed.error) and task not in spent:
            # What an earlier task of the codec left in the process took the memory: a new process tries again.
            spent.append(task)
            waiting.put(task)
            continue
        workers.profile.add(_spent(followed))
        if isinstance(followed.error, Unkept) and task.keep and not can_keep(task.keep):  # a codec may say so, too
            yield task, _records(followed)[live.given :]
            raise OutputError(str(followed.error))
        part, records = _came_to(task, followed)
        yield from _behind(part, records, live.given)
        if rest := task.settings[len(part.settings) :]:
            waiting.put(dataclasses.replace(task, settings=rest))


def _begun(
    pool: Pool,
    waiting: _Tasks,
    running: dict[Future[Followed[Step]], _Live],
    finished: SimpleQueue[_Event],
    ended: Callable[[Future[Followed[Step]]], None],
    workers: Workers,
) -> Iterator[tuple[Task, list[Record]]]:
    """Hands tasks to a pool, as many as it may have; yields the rows of those that are not tried."""
    while len(running) < WINDOW and waiting:
        if workers.patience.is_given_up(waiting.next.codec):
            yield _given_up(waiting.take(), workers.patience)
            continue
        live = _Live(waiting.next, finished)
        future = pool.follow(follow_task, live.task, lane=live.task.codec, limit=workers.timeout, told=live)
        waiting.take()
        running[future] = live
        future.add_done_callback(ended)


def _cancel(running: Mapping[Future[Followed[Step]], _Live], codec: str) -> None:
    """Takes back what is left to do for a codec."""
    for future, live in list(running.items()):
        if live.task.codec == codec:
            future.cancel()


def _behind(part: Task, records: Sequence[Record], given: int) -> Iterator[tuple[Task, list[Record]]]:
    """What is left of a task, and of its records, behind those that were handed on; nothing where that were all."""
    if part.settings[given:]:
        yield dataclasses.replace(part, settings=part.settings[given:]), list(records[given:])


def _spent(followed: Followed[Step]) -> Mapping[str, float]:
    """What a worker says that it has spent on a task that it came to the end of."""
    return next((step.seconds for step in followed.steps if isinstance(step, Spent)), {})


def _next(finished: SimpleQueue[_Event]) -> _Event:
    """What is heard next, waited for as long as nobody stops the run."""
    while True:
        raise_if_stopped()
        with contextlib.suppress(Empty):
            return finished.get(timeout=LOOK)


def _given_up(task: Task, patience: Patience) -> tuple[Task, list[Record]]:
    """The rows of a task that is not tried."""
    rows = _all_lost(task, "skipped", patience.reason(task.codec))
    return task, [dataclasses.replace(row, flags=(*row.flags, GIVEN_UP)) for row in rows]


def _records(followed: Followed[Step]) -> list[Record]:
    return [step for step in followed.steps if isinstance(step, Record)]


def _statuses(followed: Followed[Step]) -> list[str]:
    """What became of the operating points that a worker began, in order."""
    found = [record.status for record in _records(followed)]
    told = isinstance(followed.steps[-1], Record) if followed.steps else is_memory_error(followed.error)
    if followed.error is not None and not told:
        found.append(_status_of(followed.error))
    return found


def _status_of(error: Exception) -> str:
    known = (status for kind, status in _STATUSES.items() if isinstance(error, kind))
    return next(known, "out-of-memory" if is_memory_error(error) else "failed")


def _came_to(task: Task, followed: Followed[Step]) -> tuple[Task, list[Record]]:
    """That part of a task that has come to an end, and its records."""
    records, error = _records(followed), followed.error
    if error is None:
        return task, records
    status = _status_of(error)
    begun = [step.place for step in followed.steps if isinstance(step, Begun)]
    if not begun:  # such as an unreadable image: every row of the task says so
        reason = (
            typed_line(error, MOST)
            if not isinstance(error, tuple(_STATUSES))
            else one_line(f"before the first encode, {error}")
        )
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
