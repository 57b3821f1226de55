"""Workers of a Dask cluster: of one that is started on this machine for the run, or of any that is there already.

Dask carries the work; it is done as everywhere: each worker of the cluster has processes of its own, see
:mod:`benchmark.system.pool`, which keep to their lane and to their limits, and are ended without harm to the worker.
Work of a worker that is lost is done by another. Work that has lost three workers is given up.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import logging
import multiprocessing
import pickle
import platform
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from benchmark.errors import BenchmarkError, MissingBackend, UsageError, one_line
from benchmark.system.environment import own_version, package_versions
from benchmark.system.pool import Awaited, Followed, Pool, PoolBroken, WorkerDied, once, process_pool

MOST_LOST = 3
"""Workers of a cluster that a piece of work may take along until it is given up."""

PATIENCE = 30.0
"""Seconds in which a scheduler has to answer, and to have a worker."""

_SETTINGS: Mapping[str, Any] = {
    "distributed.scheduler.allowed-failures": MOST_LOST - 1,
    "distributed.deploy.lost-worker-timeout": "1h",  # one that is busy starts another slowly, and is not lost for that
    "distributed.worker.daemon": False,  # a daemon may have no processes of its own
    "distributed.admin.tick.limit": "1h",  # a machine that does other things, too, is nothing to warn of
}
"""What a cluster needs that is started here, beside Dask's own settings."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@contextlib.contextmanager
def dask_pool(jobs: int, /, *, memory: int | None = None, scheduler: str = "") -> Iterator[Pool]:
    """A pool whose work a Dask cluster does.

    Args:
        jobs: workers of a cluster that is started here, in a process each; one that is there has as many as it has.
        memory: bytes that each process may take; None for no limit.
        scheduler: the address of the cluster's scheduler, such as ``tcp://10.0.0.1:8786``; empty to start a cluster on
            this machine, which ends with the context.

    Raises:
        MissingBackend: the package distributed is not installed.
        UsageError: no scheduler answers at the address, it has no worker, or a worker runs other versions.
    """
    try:
        import dask
        import distributed
    except ImportError as error:
        raise MissingBackend("the engine dask needs distributed: pip install 'rdbench[dask]'") from error

    with contextlib.ExitStack() as stack:
        if not scheduler:
            stack.enter_context(dask.config.set(_SETTINGS))
            start: Any = distributed.LocalCluster
            started = start(
                n_workers=jobs,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                memory_limit=0,  # the processes that do the work have limits of their own
                silence_logs=logging.CRITICAL,
            )
            scheduler = stack.enter_context(started).scheduler_address
        client = stack.enter_context(_connected(distributed.Client, scheduler))
        _check(client, scheduler)
        yield _Cluster(client, memory)


def about() -> dict[str, str]:
    """What has to be the same in all processes of a run, by name: rows would differ."""
    packages = {f"package {name}": told for name, told in package_versions().items()}
    return {"rdbench": own_version(), "Python": platform.python_version(), **packages}


def follow(asked: bytes, lane: str, limit: float | None, memory: int | None, versions: Mapping[str, str]) -> Any:
    """Does work as a worker of a cluster, in processes of its own.

    Args:
        asked: a function and its arguments, pickled.
        lane, limit: see :meth:`benchmark.system.pool.Pool.follow`.
        memory: bytes that each process may take; None for no limit.
        versions: what :func:`about` has to give here. A worker may join a cluster at any time.

    Returns:
        What became of it.
    """
    if wrong := _differences(versions):
        return Followed[Any]([], BenchmarkError(f"a worker of the cluster runs other versions: {wrong}"))
    with _ONE_AT_A_TIME:
        function, arguments = pickle.loads(asked)
        for last in (False, True):
            try:
                return _POOLS.of(memory).follow(function, *arguments, lane=lane, limit=limit).result()
            except PoolBroken as error:
                _POOLS.close()
                if last:
                    return Followed[Any]([], WorkerDied(one_line(error)))
    return None


class _Pools:
    """The pool of this process, as a worker of a cluster."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._pool: Pool | None = None

    def of(self, memory: int | None) -> Pool:
        if self._pool is None:
            self._pool = self._stack.enter_context(process_pool(1, memory=memory))
        return self._pool

    def close(self) -> None:
        self._pool = None
        self._stack.close()


_POOLS = _Pools()
_ONE_AT_A_TIME = threading.Lock()
"""A worker of several threads does one piece of work at a time: times of more would be those of nobody alone."""

atexit.register(_POOLS.close)


def _connected(client: Any, scheduler: str) -> Any:
    try:
        return client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"--scheduler {scheduler}: no scheduler of Dask answers there: {one_line(error)}") from error


def _check(client: Any, scheduler: str) -> None:
    """Refuses a cluster without workers, or with one on which rows would be others."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise UsageError(
            f"{scheduler}: the cluster has no worker; start some, such as: dask worker {scheduler}"
        ) from None
    for worker, wrong in client.run(_differences, about()).items():
        if wrong:
            raise UsageError(f"worker {worker} of the cluster does not fit this run: {wrong}")


def _differences(versions: Mapping[str, str]) -> str:
    """Why this process cannot do the work of a run, in words; empty where it can."""
    if multiprocessing.current_process().daemon:
        return "it may start no process; start it with DASK_DISTRIBUTED__WORKER__DAEMON=false in its environment"
    mine = about()
    return "; ".join(
        f"{name} is {mine.get(name, 'not there')} there and {versions.get(name, 'not there')} here"
        for name in dict.fromkeys([*versions, *mine])
        if mine.get(name) != versions.get(name)
    )


class _Cluster:
    """The workers of a cluster, see :class:`benchmark.system.pool.Pool`."""

    def __init__(self, client: Any, memory: int | None) -> None:
        self._client, self._memory, self._versions = client, memory, about()
        self._numbers = itertools.count()
        self._lanes: dict[str, int] = {}
        self._theirs: dict[Future[Any], Any] = {}

    def submit(
        self, function: Callable[..., _Result], /, *arguments: Any, limit: float | None = None
    ) -> Future[_Result]:
        ours = Awaited[_Result]()

        def hand_over(followed: Future[Followed[_Result]]) -> None:
            if (error := followed.exception() or followed.result().error) is not None:
                ours.set_exception(error)
            else:
                ours.set_result(followed.result().steps[0])

        self.follow(once, function, *arguments, lane="", limit=limit).add_done_callback(hand_over)
        return ours

    def follow(
        self,
        function: Callable[..., Iterable[_Result]],
        /,
        *arguments: Any,
        lane: str,
        limit: float | None = None,
        told: Callable[[_Result], object] | None = None,  # Dask tells at the end
    ) -> Future[Followed[_Result]]:
        ours: Future[Followed[_Result]] = Future()
        asked = pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)
        # Lane after lane, so that the processes of a worker seldom have to make place for those of another.
        order = self._lanes.setdefault(lane, len(self._lanes))
        try:
            theirs = self._client.submit(
                follow,
                asked,
                lane,
                limit,
                self._memory,
                self._versions,
                key=f"rdbench-{id(self)}-{next(self._numbers)}",
                pure=False,
                priority=-order,
            )
        except Exception as error:  # a client that has lost its scheduler raises many things
            raise PoolBroken(one_line(error)) from error
        self._theirs[ours] = theirs  # what nobody holds, Dask forgets
        ours.add_done_callback(self._forget)
        theirs.add_done_callback(lambda _: _settle(ours, theirs))
        return ours

    def map(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterator[_Result]:
        futures = [self.submit(function, item) for item in items]
        return (future.result() for future in futures)

    def _forget(self, ours: Future[Any]) -> None:
        theirs = self._theirs.pop(ours)
        if ours.cancelled():
            theirs.cancel()


def _settle(ours: Future[Any], theirs: Any) -> None:
    """Takes over what became of work, or an error in the words of :mod:`benchmark.system.pool`."""
    from distributed import KilledWorker

    if not ours.set_running_or_notify_cancel():
        return
    try:
        ours.set_result(theirs.result())
    except KilledWorker:
        lost = WorkerDied(f"{MOST_LOST} workers of the cluster died, one after the other, while they had this work")
        ours.set_result(Followed[Any]([], lost))
    except BaseException as error:  # one that was cancelled is no Exception
        ours.set_exception(PoolBroken(f"the cluster lost the work: {one_line(error)}"))
