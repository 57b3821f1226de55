"""How calls are timed: warmed up first, then repeated, by wall clock and by processor time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from typing import TypeVar

from benchmark.codec import Batch, Codec

_Result = TypeVar("_Result")

WARM: set[Hashable] = set()
"""What this process has done once, outside the clock."""


@dataclass(frozen=True)
class Times:
    """What a call took.

    Attributes:
        seconds: by the monotonic clock, the median of the repeats.
        cpu_seconds: processor time of this process and of the programs that it started, likewise.
    """

    seconds: float
    cpu_seconds: float


def warm_up(what: str, codecs: Collection[Codec], images: Batch, call: Callable[[], object]) -> None:
    """Calls once outside the clock, unless this process has done so before: no clock sees a codec load anything.

    Every operating point is warmed up: a learned codec may load a network for each, a plug-in a table. A network is
    also compiled anew for each size of images: a codec with weights is warmed up for each.

    Args:
        what: what is called, such as ``encode``.
        codecs: the codecs that are called, at their operating points.
        images: the images of the item.
        call: does the work.
    """
    known = {(what, codec, images.shape if codec.weights_digest() else None) for codec in codecs}
    if not known <= WARM:
        call()
        WARM.update(known)


def timed(call: Callable[[], _Result], repeats: int) -> tuple[_Result, Times]:
    """A call's result, and what it took."""
    walls, processors = [], []
    for _ in range(repeats):
        start, processor = time.perf_counter(), processor_seconds()
        result = call()
        walls.append(time.perf_counter() - start)
        processors.append(processor_seconds() - processor)
    return result, Times(statistics.median(walls), statistics.median(processors))


def processor_seconds() -> float:
    """Processor time that this process, all its threads, and the programs that it has seen end have taken."""
    try:
        import resource
    except ImportError:  # Windows
        return time.process_time()
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)
