"""An engine without processes: for tests of what a run does, not of how its work is carried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from benchmark.run import task
from benchmark.system.pool import Followed, Pool

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Serial:
    """Starts pools, as an engine does, whose work is done at once and in this process."""

    @contextmanager
    def __call__(self, jobs: int, /, *, memory: int | None = None) -> Iterator[Pool]:
        # Workers are new with each run. This process is not: a folder of the same name may be another one by now.
        task.opened_dataset.cache_clear()
        task.prepared_reference.cache_clear()
        yield self

    def submit(
        self, function: Callable[..., _Result], /, *arguments: Any, limit: float | None = None
    ) -> Future[_Result]:
        future: Future[_Result] = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

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
        steps: list[_Result] = []
        error = None
        try:
            steps.extend(function(*arguments))  # keeps what came before an error
        except Exception as raised:
            error = raised
        future.set_result(Followed(steps, error))
        return future

    def map(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterator[_Result]:
        return map(function, items)
