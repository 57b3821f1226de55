"""Where the time of a run goes: each process keeps an account of what it spends on which part of the work."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

PARTS = ("reading", "searching", "encoding", "decoding", "metrics", "writing")
"""Parts of the work of a run: images are read; knobs are searched; streams are made, decoded and compared; streams and
rows are stored."""

WAITING = "waiting"
"""All other time of workers: they start, load libraries, or have nothing to do."""

_account: defaultdict[str, float] = defaultdict(float)
_within: list[float] = []
"""Seconds that were spent on parts inside each of those that are being spent on."""


@contextlib.contextmanager
def spending(part: str) -> Iterator[None]:
    """Counts the time inside as spent on a part, but for what is spent on other parts there.

    Args:
        part: one of :data:`PARTS`.
    """
    start = time.perf_counter()
    _within.append(0.0)
    try:
        yield
    finally:
        seconds = time.perf_counter() - start
        _account[part] += seconds - _within.pop()
        if _within:
            _within[-1] += seconds


def taken() -> dict[str, float]:
    """The seconds of each part that this process has spent since it was asked last."""
    found = dict(_account)
    _account.clear()
    return found


@dataclass
class Profile:
    """What all processes of a run have spent.

    Attributes:
        seconds: by part.
        workers: the most that worked side by side.
        elapsed: how long they were kept, in seconds.
    """

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))
    workers: int = 0
    elapsed: float = 0.0

    @contextlib.contextmanager
    def kept(self, workers: int) -> Iterator[None]:
        """Counts the time inside, in which so many workers are kept."""
        self.workers = max(self.workers, workers)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.elapsed += time.perf_counter() - start

    def add(self, seconds: Mapping[str, float]) -> None:
        """Counts what a process has spent, by part."""
        for part, more in seconds.items():
            self.seconds[part] += more

    def parts(self) -> dict[str, float]:
        """The seconds of each part, in the order of :data:`PARTS`, and at the end what is left of the workers' time."""
        return {**self.seconds, WAITING: max(0.0, self.workers * self.elapsed - sum(self.seconds.values()))}
