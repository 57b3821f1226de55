"""The engine, when the pool itself breaks."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from PIL import Image

from benchmark.run import engine
from benchmark.run.record import Record
from benchmark.run.task import Task, run_task
from tests.conftest import photo


@pytest.fixture
def tasks(tmp_path: Path) -> list[Task]:
    for index in range(3):
        Image.fromarray(photo(24, 32, 3, index)).save(tmp_path / f"{index}.png")
    spec = f"folder:{tmp_path}"
    sweep = [{"quality": 20}, {"quality": 60}]
    return [Task(spec, None, f"{index}.png", spec, "jpeg", sweep, ("psnr",), 1, 1) for index in range(3)]


def broken_pool(monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """Makes the first futures that are submitted fail as those of a broken pool do."""
    broken = [0]

    def submit(_: object, task: Task, __: float) -> Future[list[Record]]:
        future: Future[list[Record]] = Future()
        if broken[0] < times:
            broken[0] += 1
            future.set_exception(BrokenProcessPool("a worker died with the pipe in its hand"))
        else:
            future.set_result(run_task(task))
        return future

    monkeypatch.setattr(engine, "_submit", submit)
    return broken


def statuses(tasks: Sequence[Task]) -> list[str]:
    return [row["status"] for _, rows in engine.run_tasks(tasks, jobs=1, timeout=60) for row in rows]


def test_a_broken_pool_is_replaced_and_nothing_is_lost(tasks: list[Task], monkeypatch: pytest.MonkeyPatch) -> None:
    broken = broken_pool(monkeypatch, 4)
    assert statuses(tasks) == ["ok"] * 6
    assert broken == [4]


def test_a_pool_that_always_breaks_gives_rows(tasks: list[Task], monkeypatch: pytest.MonkeyPatch) -> None:
    broken_pool(monkeypatch, 1000)
    assert statuses(tasks) == ["crashed"] * 6


def test_no_tasks_need_no_pool() -> None:
    assert list(engine.run_tasks([], jobs=2, timeout=1)) == []
