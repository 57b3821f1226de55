"""Tasks whose rows are there are dropped before any worker starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark.dataset import Dataset
from benchmark.plugins import codec_class
from benchmark.record.row import ALONE
from benchmark.run.images import ImageDigests
from benchmark.run.matching import Target
from benchmark.run.pending import pending
from benchmark.run.task import Task, blank_record

SETTINGS = [{"quality": 10}, {"quality": 50}, {"quality": 90}]
DIGESTS = {"a": "1" * 64, "b": "2" * 64}


@pytest.fixture
def digests(tmp_path: Path) -> ImageDigests:
    """Of two pictures the digests are known, of a third one not."""

    class Known(Dataset):
        name = "known"
        summary = "pictures whose states never change"

        def items(self) -> list[str]:
            return ["a", "b", "c"]

        def load(self, item: str):  # type: ignore[no-untyped-def]
            return np.zeros((1, 4, 4), np.uint8)

        def state(self, item: str) -> str:
            return "the same" if item != "c" else ""

        def count(self) -> int:
            return 3

    first = ImageDigests(tmp_path, Known(), Known().items())
    for item, digest in DIGESTS.items():
        first.learn(item, digest)
    first.save()
    return ImageDigests(tmp_path, Known(), Known().items())


def task_of(item: str, **more: object) -> Task:
    task = Task("known", None, item, "known", "jpeg", SETTINGS, ("psnr",), 1, 1, source="abc")
    return replace(task, **more)  # type: ignore[arg-type]


def key_of(task: Task, quality: int, digest: str, **more: object) -> str:
    codec = codec_class("jpeg").from_settings({"quality": quality})
    row = replace(blank_record(task, codec), image_sha256=digest, **more)  # type: ignore[arg-type]
    return row.keyed().key


def left_of(tasks: list[Task], digests: ImageDigests) -> tuple[list[Task], int]:
    """Tasks that are left, and how many operating points were dropped."""
    dropped: list[int] = []
    return list(pending(tasks, digests, dropped.append)), sum(dropped)


def test_only_what_is_left_is_done(digests: ImageDigests) -> None:
    a, b, c = map(task_of, "abc")
    tasks = [
        replace(a, done=frozenset(key_of(a, quality, DIGESTS["a"]) for quality in (10, 90))),
        replace(b, done=frozenset(key_of(b, quality, DIGESTS["b"]) for quality in (10, 50, 90))),
        replace(c, done=frozenset(key_of(c, quality, "3" * 64) for quality in (10, 50, 90))),
    ]
    left, dropped = left_of(tasks, digests)
    assert [(task.item, [settings["quality"] for settings in task.settings]) for task in left] == [
        ("a", [50]),
        ("c", [10, 50, 90]),  # a worker has to read it
    ]
    assert dropped == 5


def test_rows_of_another_picture_are_none_of_a_task(digests: ImageDigests) -> None:
    task = task_of("a")
    other = replace(task, done=frozenset(key_of(task, quality, DIGESTS["b"]) for quality in (10, 50, 90)))
    assert left_of([other], digests) == ([other], 0)


def test_rows_that_were_timed_better_and_older_ones_count(digests: ImageDigests) -> None:
    task = task_of("a")
    keys = {key_of(task, 10, DIGESTS["a"], timing=ALONE), key_of(task, 50, DIGESTS["a"], source="")}
    left, dropped = left_of([replace(task, done=frozenset(keys))], digests)
    assert ([list(one.settings) for one in left], dropped) == ([[SETTINGS[2]]], 2)


def test_each_target_and_sweep_has_rows_of_its_own(digests: ImageDigests) -> None:
    target = Target("bpp", 0.5, "<=")
    matched = task_of("a", target=target, settings=[{}])
    key = blank_record(matched, codec_class("jpeg").from_settings({}))
    done = frozenset([replace(key, image_sha256=DIGESTS["a"]).keyed().key])
    plain = task_of("a", done=done)
    left, dropped = left_of([plain, replace(matched, done=done)], digests)
    assert (left, dropped) == ([plain], 1)


def test_tasks_are_made_when_they_are_asked_for(digests: ImageDigests) -> None:
    a = task_of("a")
    done = frozenset(key_of(a, quality, DIGESTS["a"]) for quality in (10, 50, 90))
    asked: list[str] = []

    def tasks() -> Iterator[Task]:
        for item in "aacac":
            asked.append(item)
            yield task_of(item, done=done)

    dropped: list[int] = []
    left = pending(tasks(), digests, dropped.append)
    assert asked == []
    assert next(left).item == "c"
    assert (asked, dropped) == (["a", "a", "c"], [6])
    assert [task.item for task in left] == ["c"]
    assert dropped == [6, 3, 0]
