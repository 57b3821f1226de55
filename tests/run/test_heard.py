"""What workers say of tasks: only rows of the operating point at work are taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmark.errors import PluginError
from benchmark.record.row import Record
from benchmark.run.heard import Heard, checked, is_whole
from benchmark.run.task import Begun, Spent, Task, follow_task
from tests.conftest import photo


@pytest.fixture
def task(tmp_path: Path) -> Task:
    Image.fromarray(photo(24, 32)).save(tmp_path / "0.png")
    spec = f"folder:{tmp_path}"
    return Task(spec, None, "0.png", spec, "jpeg", [{"quality": 20}, {"quality": 60}], ("psnr",), 1, 1)


def test_all_steps_of_a_task_are_taken(task: Task) -> None:
    steps = list(follow_task(task))
    assert [type(step) for step in steps] == [Begun, Record, Begun, Record, Spent]
    assert checked(task, steps) == steps


def test_rows_of_a_picture_that_cannot_be_used_need_no_beginning(tmp_path: Path, task: Task) -> None:
    Image.fromarray(photo(24, 32)).convert("RGBA").save(tmp_path / "0.png")
    steps = list(follow_task(task))
    assert [type(step) for step in steps] == [Record, Record, Spent]
    assert checked(task, steps) == steps


def refused(task: Task, *steps: Any) -> bool:
    """Whether the last of some steps is refused."""
    heard = Heard(task)
    for step in steps[:-1]:
        heard.take(step)
    try:
        heard.take(steps[-1])
    except PluginError as error:
        return "expected the row of the operating point at work" in str(error)
    return False


@pytest.mark.parametrize("place", [-1, 2, 10**9, "0", 0.0, True, None])
def test_places_that_the_task_has_not_are_refused(task: Task, place: Any) -> None:
    assert refused(task, Begun(place))
    assert not refused(task, Begun(0))
    assert refused(task, Begun(1), Begun(0))


def test_rows_of_others_are_refused(task: Task) -> None:
    _, first, _, second, _ = follow_task(task)
    assert isinstance(first, Record)
    assert not refused(task, Begun(0), first)
    assert refused(task, Begun(0), second)
    assert refused(task, Begun(0), first, first)
    changes: list[dict[str, Any]] = [{"codec": "webp"}, {"image": "1.png"}, {"dataset": "kodak"}, {"settings": "{}"}]
    for change in [*changes, {"target": "bpp=1"}]:
        assert refused(task, Begun(0), replace(first, **change))
        assert refused(task, replace(first, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"bpp": "0.5"},
        {"bpp": float("nan")},
        {"bpp": -1.0},
        {"bytes": 1.5},
        {"status": "good"},
        {"status": None},
        {"reason": 5},
        {"flags": ["seen"]},
        {"flags": (5,)},
        {"metrics": {"psnr_rgb": "31"}},
        {"metrics": {"psnr_rgb": float("nan")}},
        {"metrics": [1]},
        {"others": None},
        {"metric_definitions": {"psnr": 1}},
        {"schema": 99},
    ],
)
def test_rows_that_no_file_can_hold_are_refused(task: Task, change: dict[str, Any]) -> None:
    _, row, *_ = follow_task(task)
    assert isinstance(row, Record)
    assert is_whole(row)
    assert not is_whole(replace(row, **change))
    assert refused(task, Begun(0), replace(row, **change))


def test_rows_with_other_fields_are_refused(task: Task) -> None:
    _, row, *_ = follow_task(task)
    assert isinstance(row, Record)
    vars(row)["mine"] = 1
    assert not is_whole(row)
    assert not is_whole(Record.__new__(Record))


@pytest.mark.parametrize(
    "seconds", [None, {"reading": "1"}, {"reading": -1.0}, {"reading": float("inf")}, {"mine": 1.0}, {1: 1.0}, []]
)
def test_seconds_that_are_none_are_refused(task: Task, seconds: Any) -> None:
    assert refused(task, Spent(seconds))
    assert not refused(task, Spent({"reading": 1.0}))


@pytest.mark.parametrize("step", [None, 5, "row", {}, Begun, Record])
def test_what_is_no_step_is_refused(task: Task, step: Any) -> None:
    assert refused(task, step)
    begun = Begun(0)
    assert checked(task, [begun, step, Begun(1)]) == [begun]
