"""How calls are timed: warmed up first, then repeated, by wall clock and by processor time, the load watched."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Collection, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar

from benchmark.codec import Batch, Codec
from benchmark.record.row import DISTURBED_TEXT, LEAST_REPEATS
from benchmark.system.load import LoadWatch, processor_seconds

_Result = TypeVar("_Result")

STEADY = 0.02
"""Relative spread of the median at which times are steady, see :func:`spread_of`."""

MOST_REPEATS = 100
MOST_SECONDS = 5.0
"""How often a call is repeated at most until its times are steady, and for how long; five times in any case."""

MOST_SPREAD = 0.1
MOST_LOAD = 0.1
"""Relative spread of the median, and cores that others kept busy, above which a row was disturbed."""

_CONFIDENCE = 0.9375
"""Chance that the median lies in the interval of :func:`spread_of`: that of the smallest and largest of five times."""

WARM: set[str] = set()
"""What this process has done once, outside the clock."""

_watch = LoadWatch()


@dataclass(frozen=True)
class Times:
    """What a call took.

    Attributes:
        seconds: by the monotonic clock, the median of the repeats.
        cpu_seconds: processor time of this process and of the programs that it started, likewise.
        repeats: how often it was called.
        spread: relative spread of the median, see :func:`spread_of`; None below five repeats.
        load: cores that others kept busy meanwhile; None where nobody watched, or the system does not tell.
    """

    seconds: float
    cpu_seconds: float
    repeats: int
    spread: float | None = None
    load: float | None = None


@dataclass(frozen=True)
class Stopwatch:
    """How carefully calls are timed.

    Attributes:
        repeats: how often a call is timed, at least.
        steady: whether it is repeated until the times are steady.
        watched: whether the load of the machine is watched meanwhile.
    """

    repeats: int
    steady: bool = False
    watched: bool = False

    def time(self, call: Callable[[], _Result]) -> tuple[_Result, Times]:
        """A call's result, and what it took."""
        walls: list[float] = []
        processors: list[float] = []
        begin = _watch.mark() if self.watched else 0.0
        while len(walls) < self.repeats or (self.steady and _goes_on(walls)):
            start, processor = time.perf_counter(), processor_seconds()
            result = call()
            walls.append(time.perf_counter() - start)
            processors.append(processor_seconds() - processor)
        return result, Times(
            statistics.median(walls),
            statistics.median(processors),
            len(walls),
            spread_of(walls) if len(walls) >= LEAST_REPEATS else None,
            _watch.load(begin) if self.watched else None,
        )


def _goes_on(seconds: Sequence[float]) -> bool:
    """Whether times are not steady yet, and may become so."""
    return len(seconds) < MOST_REPEATS and sum(seconds) < MOST_SECONDS and spread_of(seconds) > STEADY


def spread_of(seconds: Sequence[float]) -> float:
    """The relative spread of the median of times: how far it may be off, as a share of it.

    It is half the width of the interval between two of the times, as many from the smallest as from the largest, that
    holds the median with a chance of at least 93.75 %, whatever the distribution. Of five times these are the smallest
    and the largest, of twenty the sixth and the fifteenth.
    """
    ordered, count = sorted(seconds), len(seconds)
    first, below = 0, 0.5**count
    while 2 * first + 3 < count:
        below += math.comb(count, first + 1) * 0.5**count
        if 1 - 2 * below < _CONFIDENCE:
            break
        first += 1
    width, median = ordered[count - 1 - first] - ordered[first], statistics.median(ordered)
    return width / 2 / median if median else 0.0


def disturbance(times: Collection[Times]) -> str:
    """Why times that were watched are not to be published; empty where they are."""
    load = max((found.load for found in times if found.load is not None), default=0.0)
    if load > MOST_LOAD:
        return f"{DISTURBED_TEXT}: other processes took {load:.2f} of a core"
    spread = max((found.spread for found in times if found.spread is not None), default=0.0)
    if spread > MOST_SPREAD:
        return f"{DISTURBED_TEXT}: the median of its times is known to {100 * spread:.0f} % only"
    return ""


def loads(what: str, codecs: Collection[Codec], images: Batch) -> frozenset[str]:
    """Names of all that may have to be loaded to call codecs.

    Every operating point loads something of its own: a learned codec a network, a plug-in a table. A network is also
    compiled anew for each size of images, so that the loads of a codec with weights are told apart by size.

    Args:
        what: what is called, such as ``encode``.
        codecs: the codecs that are called, at their operating points.
        images: the images of the item.
    """
    return frozenset(
        f"{what} {codec.name} {codec.settings_json} {images.shape if codec.weights_digest() else ''}"
        for codec in codecs
    )


def warm_up(names: Set[str], call: Callable[[], object]) -> None:
    """Calls once outside the clock, unless this process has done so before: no clock sees a codec load anything.

    Args:
        names: what the call may have to load, see :func:`loads`.
        call: does the work.
    """
    if not names <= WARM:
        call()
        WARM.update(names)
