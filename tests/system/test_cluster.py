"""Work that a Dask cluster does: on this machine, with workers that are killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmark.errors import UsageError
from benchmark.plugins import open_dataset
from benchmark.record.row import Record
from benchmark.run.engine import Workers, run_tasks
from benchmark.run.patience import Patience
from benchmark.run.task import Task
from benchmark.system.cluster import about, dask_pool
from benchmark.system.pool import Engine, Pool, WorkerDied, process_pool
from tests.needs import needs

needs("distributed", extra="dask")

pytestmark = pytest.mark.slow


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def worker_of(process: int) -> int:
    """The worker of the cluster that a process belongs to: its guard stands between them."""
    return parent_of(parent_of(process))


def workers_seen(count: int, seconds: float = 0.0) -> Iterator[int]:
    for _ in range(count):
        yield worker_of(os.getpid())
        time.sleep(seconds)


def deadly() -> Iterator[int]:
    """Work that takes the worker of the cluster along."""
    os.kill(worker_of(os.getpid()), signal.SIGKILL)
    time.sleep(60)
    yield 0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Pool]:
    with dask_pool(2) as pool:
        yield pool


def test_work_is_done_as_in_processes_of_this_machine(cluster: Pool) -> None:
    assert list(cluster.map(len, ["", "a", "ab"])) == [0, 1, 2]
    with pytest.raises(ValueError, match="invalid literal"):
        cluster.submit(int, "none").result(60)
    with pytest.raises(WorkerDied, match="exit code 7"):
        cluster.submit(os._exit, 7).result(60)
    slow = cluster.follow(workers_seen, 2, 30.0, lane="slow", limit=1.0)
    assert isinstance(slow.result(120).error, TimeoutError)


def test_rows_of_a_run_that_loses_a_worker_are_all_there_once(cluster: Pool) -> None:
    victim = cluster.follow(workers_seen, 1, lane="jpeg").result(120).steps[0]
    settings = [{"quality": quality} for quality in (20, 50, 80)]
    items = open_dataset("sample").items()
    tasks = [Task("sample", None, item, "sample", "jpeg", settings, ("psnr",), 1, 1) for item in items]
    rows: list[Record] = []
    for _, made in run_tasks(tasks, Workers(2, 60, Patience(0), engine=lambda *_, **__: nullcontext(cluster))):
        if not rows:
            os.kill(victim, signal.SIGKILL)
        rows += made
    assert [row.status for row in rows] == ["ok"] * len(items) * len(settings)
    assert len({row.identity for row in rows}) == len(rows)


def test_work_that_kills_its_workers_is_given_up(cluster: Pool) -> None:
    ended = cluster.follow(deadly, lane="deadly").result(240)
    assert ended.steps == []
    assert isinstance(ended.error, WorkerDied)
    assert str(ended.error).startswith("3 workers of the cluster died")
    assert cluster.submit(len, "ab").result(120) == 2


def test_rows_are_those_of_a_run_without_a_cluster(cluster: Pool) -> None:
    task = Task("sample", None, "camera", "sample", "jpeg", [{"quality": 20}, {"quality": 60}], ("psnr",), 1, 1)
    engines: list[Engine] = [process_pool, lambda *_, **__: nullcontext(cluster)]
    rows = [
        [row for _, rows in run_tasks([task], Workers(1, 60, Patience(0), engine=engine)) for row in rows]
        for engine in engines
    ]
    names = ("key", "status", "bytes", "stream_sha256", "pixels_sha256", "metrics")
    figures = [[{name: getattr(row, name) for name in names} for row in part] for part in rows]
    assert figures[0] == figures[1]
    assert [row.status for row in rows[1]] == ["ok", "ok"]


def test_a_cluster_that_is_there_is_joined_if_it_runs_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import dask
    import distributed

    options: dict[str, Any] = {
        "n_workers": 1,
        "threads_per_worker": 1,
        "dashboard_address": "127.0.0.1:0",
        "host": "127.0.0.1",
    }
    with (
        dask.config.set({"distributed.worker.daemon": False}),
        distributed.LocalCluster(**options, silence_logs=50) as there,
    ):
        join = partial(dask_pool, 1, scheduler=there.scheduler_address)
        with join() as pool:
            assert pool.submit(len, "abc").result(60) == 3
        monkeypatch.setattr("benchmark.system.cluster.own_version", lambda: "9.9.9")
        with pytest.raises(UsageError, match=r"rdbench is .* there and 9\.9\.9 here"), join():
            pass
    assert about()["rdbench"] == "9.9.9"


def test_an_address_where_nobody_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmark.system.cluster.PATIENCE", 0.5)
    with (
        pytest.raises(UsageError, match="no scheduler of Dask answers there"),
        dask_pool(1, scheduler="tcp://127.0.0.1:9"),
    ):
        pass
    with pytest.raises(UsageError, match="no scheduler of Dask answers there"), dask_pool(1, scheduler="nonsense://x"):
        pass
