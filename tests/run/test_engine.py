"""The engine: what becomes of tasks whose worker, or whose whole pool, ends."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PIL import Image

from benchmark.errors import OutputError
from benchmark.run.engine import Workers, run_tasks
from benchmark.run.measure import Unkept
from benchmark.run.patience import Patience
from benchmark.run.task import Task
from benchmark.system.pool import Engine, Followed, OutOfMemory, Pool, PoolBroken, WorkerDied
from benchmark.system.stopping import stopped_by_signals
from tests.conftest import photo

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@pytest.fixture
def tasks(tmp_path: Path) -> list[Task]:
    for index in range(3):
        Image.fromarray(photo(24, 32, 3, index)).save(tmp_path / f"{index}.png")
    spec = f"folder:{tmp_path}"
    sweep = [{"quality": 20}, {"quality": 60}]
    return [Task(spec, None, f"{index}.png", spec, "jpeg", sweep, ("psnr",), 1, 1) for index in range(3)]


class Flawed:
    """An engine whose work is done at once, in this process, and whose pools break at first."""

    def __init__(self, breaks: int = 0, *, refuses: bool = False) -> None:
        self.breaks, self.refuses = breaks, refuses
        self.pools: list[int] = []

    @contextmanager
    def __call__(self, jobs: int, /, *, memory: int | None = None) -> Iterator[Pool]:
        self.pools.append(jobs)
        yield self

    def submit(
        self, function: Callable[..., _Result], /, *arguments: Any, limit: float | None = None
    ) -> Future[_Result]:
        raise NotImplementedError

    def follow(
        self,
        function: Callable[..., Iterable[_Result]],
        /,
        *arguments: Any,
        lane: str,
        limit: float | None = None,
        told: Callable[[_Result], object] | None = None,
    ) -> Future[Followed[_Result]]:
        future: Future[Followed[_Result]] = Future()
        if self.breaks:
            self.breaks -= 1
            if self.refuses:
                raise PoolBroken("takes no more work")
            future.set_exception(PoolBroken("a worker died with the pipe in its hand"))
        else:
            future.set_result(Followed(list(function(*arguments))))
        return future

    def map(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterator[_Result]:
        return map(function, items)


def statuses(tasks: Sequence[Task], engine: Engine) -> list[str]:
    return [row.status for _, rows in run_tasks(tasks, Workers(2, 60, Patience(0), engine=engine)) for row in rows]


@pytest.mark.parametrize("refuses", [False, True])
def test_a_broken_pool_is_replaced_and_nothing_is_lost(tasks: list[Task], refuses: bool) -> None:
    engine = Flawed(4, refuses=refuses)
    assert statuses(tasks, engine) == ["ok"] * 6
    assert engine.breaks == 0
    assert 1 < len(engine.pools) <= 5


@pytest.mark.parametrize("refuses", [False, True])
def test_a_pool_that_always_breaks_gives_rows(tasks: list[Task], refuses: bool) -> None:
    assert statuses(tasks, Flawed(1000, refuses=refuses)) == ["crashed"] * 6


def test_no_tasks_need_no_pool() -> None:
    engine = Flawed()
    assert list(run_tasks([], Workers(2, 1, Patience(0), engine=engine))) == []
    assert engine.pools == []


def test_tasks_are_made_as_others_end_and_workers_are_as_many_as_tasks(
    tasks: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmark.run.engine.WINDOW", 4)
    asked: list[Task] = []

    def many() -> Iterator[Task]:
        for place in range(20):
            asked.append(replace(tasks[place % 3], settings=[{"quality": place + 1}]))
            yield asked[-1]

    ahead = []
    rows = []
    for _, made in run_tasks(many(), Workers(3, 60, Patience(0), engine=Flawed(2))):
        rows += made
        ahead.append(len(asked) - len(rows))
    assert max(ahead) <= 4
    assert sorted(json.loads(row.settings)["quality"] for row in rows) == list(range(1, 21))
    assert {row.jobs for row in rows} == {3}
    engine = Flawed()
    assert len(list(run_tasks(iter(tasks[:2]), Workers(3, 60, Patience(0), engine=engine)))) == 2
    assert engine.pools == [2]


class Lost(Flawed):
    """An engine whose worker ends as the second operating point of a task begins."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def follow(
        self,
        function: Callable[..., Iterable[_Result]],
        /,
        *arguments: Any,
        lane: str,
        limit: float | None = None,
        told: Callable[[_Result], object] | None = None,
    ) -> Future[Followed[_Result]]:
        steps = list(function(*arguments))
        future: Future[Followed[_Result]] = Future()
        future.set_result(Followed(steps[:3], self.error) if len(steps) > 3 else Followed(steps))
        return future


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (WorkerDied("the worker process ended with exit code 7"), "crashed"),
        (OutOfMemory("ran out of memory"), "out-of-memory"),
        (TimeoutError("took longer than 60 s"), "timeout"),
    ],
)
def test_the_operating_point_that_was_at_work_is_lost_alone(tasks: list[Task], error: Exception, status: str) -> None:
    task = replace(tasks[0], settings=[{"quality": quality} for quality in (20, 40, 60)])
    rows = [row for _, rows in run_tasks([task], Workers(1, 60, Patience(0), engine=Lost(error))) for row in rows]
    assert [(row.status, row.reason) for row in rows] == [("ok", ""), (status, str(error)), ("ok", "")]
    assert [json.loads(row.settings)["quality"] for row in rows] == [20, 40, 60]


def test_streams_that_cannot_be_kept_end_the_run_and_are_no_fault_of_the_codec(
    tasks: list[Task], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmark.run.engine.can_keep", lambda folder: folder != tmp_path)
    task = replace(tasks[0], settings=[{"quality": quality} for quality in (20, 40, 60)], keep=tmp_path)
    made = []
    with pytest.raises(OutputError, match="streams/00: no room"):
        for _, rows in run_tasks([task], Workers(1, 60, Patience(0), engine=Lost(Unkept("streams/00: no room")))):
            made += rows
    assert [(row.status, row.settings) for row in made] == [("ok", made[0].settings)]


def test_a_codec_that_says_so_ends_no_run(tasks: list[Task], tmp_path: Path) -> None:
    for keep in (None, tmp_path / "results"):
        task = replace(tasks[0], settings=[{"quality": quality} for quality in (20, 40, 60)], keep=keep)
        lost = Lost(Unkept("streams/00: no room"))
        rows = [row for _, rows in run_tasks([task], Workers(1, 60, Patience(0), engine=lost)) for row in rows]
        assert [row.status for row in rows] == ["ok", "failed", "ok"]
        assert "streams/00: no room" in rows[1].reason


def test_a_codec_that_is_lost_again_and_again_is_given_up(tasks: list[Task]) -> None:
    lost = Lost(WorkerDied("the worker process ended with exit code 7"))
    sweep = [{"quality": quality} for quality in (20, 30, 40, 50, 60)]
    long = [replace(task, settings=sweep) for task in tasks]
    patience = Patience(1)
    rows = [row for _, rows in run_tasks(long, Workers(1, 60, patience, engine=lost)) for row in rows]
    assert len(rows) == 15, "every operating point has its row"
    assert Counter(row.status for row in rows) == {"ok": 1, "crashed": 1, "skipped": 13}
    given_up = [row for row in rows if row.status == "skipped"]
    assert all(row.flags == ("given-up",) and not row.settled for row in given_up)
    assert {row.reason for row in given_up} == {patience.reason("jpeg")}


class Spent(Flawed):
    """An engine whose process has no memory left for a task, and runs out of it in the first operating point."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def follow(
        self,
        function: Callable[..., Iterable[_Result]],
        /,
        *arguments: Any,
        lane: str,
        limit: float | None = None,
        told: Callable[[_Result], object] | None = None,
    ) -> Future[Followed[_Result]]:
        self.asked += 1
        future: Future[Followed[_Result]] = Future()
        steps: list[Any] = [] if self.asked == 1 else list(function(*arguments))
        if self.asked == 2:
            steps = [steps[0], replace(steps[1], status="out-of-memory")]
        future.set_result(Followed(steps, MemoryError("no more") if self.asked <= 2 else None))
        return future


def test_a_process_without_memory_is_not_the_end_of_other_rows(tasks: list[Task]) -> None:
    engine = Spent()
    patience = Patience(2)
    rows = [row for _, rows in run_tasks(tasks[:1], Workers(1, 60, patience, engine=engine)) for row in rows]
    assert [row.status for row in rows] == ["out-of-memory", "ok"]
    assert engine.asked == 3


def test_an_image_for_which_memory_never_suffices_is_lost_once(tasks: list[Task]) -> None:
    class Never(Spent):
        def follow(
            self,
            function: Callable[..., Iterable[_Result]],
            /,
            *arguments: Any,
            lane: str,
            limit: float | None = None,
            told: Callable[[_Result], object] | None = None,
        ) -> Future[Followed[_Result]]:
            self.asked += 1
            future: Future[Followed[_Result]] = Future()
            future.set_result(Followed([], MemoryError("no more")))
            return future

    engine = Never()
    rows = [row for _, rows in run_tasks(tasks[:1], Workers(1, 60, Patience(0), engine=engine)) for row in rows]
    assert [(row.status, row.reason) for row in rows] == [("out-of-memory", "MemoryError: no more")] * 2
    assert engine.asked == 2


class Deaf(Flawed):
    """An engine whose work never ends, and in which the exception of a signal is lost."""

    def follow(
        self,
        function: Callable[..., Iterable[_Result]],
        /,
        *arguments: Any,
        lane: str,
        limit: float | None = None,
        told: Callable[[_Result], object] | None = None,
    ) -> Future[Followed[_Result]]:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        return Future()


def test_a_signal_ends_a_run_also_where_its_exception_is_lost(tasks: list[Task]) -> None:
    with pytest.raises(KeyboardInterrupt), stopped_by_signals():
        statuses(tasks[:1], Deaf())


class Live(Flawed):
    """An engine that tells rows as they are made; its tasks come to an end, or never do."""

    def __init__(self, *, ends: bool) -> None:
        super().__init__()
        self.ends = ends

    def follow(
        self,
        function: Callable[..., Iterable[_Result]],
        /,
        *arguments: Any,
        lane: str,
        limit: float | None = None,
        told: Callable[[_Result], object] | None = None,
    ) -> Future[Followed[_Result]]:
        assert told is not None
        steps = list(function(*arguments))
        for step in steps:
            told(step)
        future: Future[Followed[_Result]] = Future()
        if self.ends:
            future.set_result(Followed(steps))
        return future


def test_rows_are_handed_on_as_they_are_made(tasks: list[Task]) -> None:
    """Whoever ends the run then loses the row alone that is at work."""
    found = run_tasks(tasks[:1], Workers(1, 60, Patience(0), engine=Live(ends=False)))
    rows = [next(found), next(found)]
    found.close()
    assert [(part.settings, row.status) for part, (row,) in rows] == [([point], "ok") for point in tasks[0].settings]


def test_a_row_that_was_handed_on_does_not_come_again(tasks: list[Task]) -> None:
    done = frozenset([next(iter(run_tasks(tasks[:1], Workers(1, 60, Patience(0), engine=Flawed()))))[1][0].key])
    parts = list(run_tasks([replace(tasks[0], done=done)], Workers(1, 60, Patience(0), engine=Live(ends=True))))
    assert [len(rows) for _, rows in parts] == [1, 0]
    assert sum(len(part.settings) for part, _ in parts) == 2, "the other one was made before"
