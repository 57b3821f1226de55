"""What it costs the process that runs a study to have a task done, by the number of tasks: work that costs nothing.

python -m tests.perf.scheduling [COUNT …]

Each line is a process of its own. ``carried``: the tasks alone, of which a worker in the same process says at once that
all their rows are there. ``stored``: a run's tasks in two worker processes, which make a row of each at once, with all
that is done until the row is stored; 10,000 tasks at most, for each takes a worker's time, too.
"""

from __future__ import annotations

import contextlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, overload

import numpy as np

from benchmark.codec import Batch
from benchmark.dataset import Dataset
from benchmark.plugins import codec_class, metric_sources
from benchmark.record.row import Record
from benchmark.run.engine import Workers, run_tasks
from benchmark.run.execute import execute
from benchmark.run.images import ImageDigests
from benchmark.run.patience import Patience
from benchmark.run.plan import Part, Plan
from benchmark.run.store import RecordStore
from benchmark.run.study import resolve
from benchmark.run.task import Begun, Spent, Task, blank_record
from benchmark.system.pool import Followed, Pool, process_pool
from benchmark.system.progress import Progress, silent
from tests.serial import Serial

COUNTS = (1_000, 10_000, 100_000, 1_000_000)
MOST_STORED = 10_000


class Names(Sequence[str]):
    """Names of so many items, each made when it is asked for."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(self._count))]
        if not 0 <= place < self._count:
            raise IndexError
        return f"item{place:07d}"


class Numbered(Dataset):
    """A data set that has nothing but names."""

    name = "numbered"
    summary = "so many pictures that nobody reads"
    arguments = "COUNT"

    def items(self) -> Sequence[str]:
        return Names(self.count())

    def load(self, item: str) -> Batch:
        return np.zeros((1, 8, 8), np.uint8)

    def count(self) -> int:
        return int(self.argument)


@cache
def _row(task: Task) -> Record:
    codec = codec_class(task.codec).from_settings(task.settings[0])
    return replace(
        blank_record(task, codec, np.zeros((1, 8, 8), np.uint8), "0" * 64, status="ok"),
        bytes=8,
        bpp=1.0,
        payload_bpp=1.0,
        metrics={"psnr_rgb": 40.0},
        stream_sha256="0" * 64,
        pixels_sha256="0" * 64,
    )


def make_at_once(task: Task) -> Iterator[Begun | Record | Spent]:
    """The row of a task, which nobody has worked for."""
    row = _row(_Alike(task))
    yield Begun(0)
    yield replace(row, image=task.item).keyed()
    yield Spent({})


class _Alike(Task):
    """A task that is equal to all others."""

    def __init__(self, task: Task) -> None:
        self.__dict__.update(vars(task))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Alike)

    def __hash__(self) -> int:
        return 0


class AtOnce(Serial):
    """An engine and its pool: what it is given is done already, as a worker says of a task whose rows are all there."""

    def follow(self, function: Any, /, *arguments: Any, **how: Any) -> Future[Followed[Any]]:
        future: Future[Followed[Any]] = Future()
        future.set_result(Followed([Spent({})]))
        return future


class Workless(Serial):
    """An engine whose worker processes make rows without work."""

    @contextlib.contextmanager
    def __call__(self, jobs: int, /, *, memory: int | None = None) -> Iterator[Pool]:
        with process_pool(jobs, memory=memory) as self.pool:
            yield self

    def follow(self, function: Any, /, *arguments: Any, **how: Any) -> Future[Followed[Any]]:
        return self.pool.follow(make_at_once, *arguments, **how)


def numbered_plan(count: int) -> Plan:
    """The plan of so many tasks, of one row each."""
    study, _ = resolve(codecs=["jpeg"], metrics=["psnr"], sets=("jpeg.quality=50",))
    dataset = Numbered(argument=str(count))
    settings = [point.settings for point in study.operating_points()]
    task = Task(dataset.label, None, "", dataset.label, "", (), ("psnr",), 1, 1, metric_sources=metric_sources())
    part = Part("jpeg", settings, None)
    return Plan(study, dataset, dataset.items(), dataset.label, task, {"jpeg": "0"}, [part], [], [], [])


def measure(kind: str, count: int) -> tuple[float, float]:
    """Processor milliseconds of this process a task, and the MiB that it took at most.

    Args:
        kind: ``carried`` or ``stored``.
        count: how many tasks.
    """
    plan = numbered_plan(count)
    (part,) = plan.parts
    start = time.process_time()
    if kind == "carried":
        tasks = (plan.task_of("jpeg", item, settings=part.settings) for item in plan.items)
        found = sum(1 for _ in run_tasks(tasks, Workers(2, 600, Patience(0), engine=AtOnce())))
    else:
        with tempfile.TemporaryDirectory() as folder, Progress(count, "rows") as progress:
            store = RecordStore(Path(folder) / "records.csv")
            digests = ImageDigests(Path(folder), plan.dataset, plan.items)
            execute(plan, [], store, digests, progress, Workers(2, 600, Patience(0), engine=Workless()), {})
            found = len(store.rows)
    assert found == count
    busy = time.process_time() - start
    return busy * 1000 / count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(counts: Sequence[int]) -> None:
    """Prints the table."""
    print("| tasks | | processor ms a task | MiB |", "| ---: | --- | ---: | ---: |", sep="\n")
    for kind in ("carried", "stored"):
        for count in counts:
            if kind == "carried" or count <= MOST_STORED:
                call = f"from tests.perf.scheduling import told; told({kind!r}, {count})"
                subprocess.run([sys.executable, "-c", call], check=True)


def told(kind: str, count: int) -> None:
    """Prints the line of :func:`measure`."""
    silent.set(True)
    milliseconds, memory = measure(kind, count)
    print(f"| {count:,} | {kind} | {milliseconds:.3f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or COUNTS)
