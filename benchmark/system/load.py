"""Who uses the processor beside this process, and cores to work on alone."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

WINDOW = 0.5
"""Seconds over which a load is taken at least: the system counts in hundredths of a second."""

STAT = Path("/proc/stat")
SERVANTS: set[int] = set()
"""Process ids of those that work for this one alone and live on: what they take counts as this process's, on Linux."""

_PROCESS_CLOCK = 2
"""The kind of clock of Linux that counts what a process takes; the number of a clock has it beside the process id."""

_BUSY = (0, 1, 2, 5, 6, 7)
"""Places of the ticks of a core that were not idle: user, nice, system, interrupts, soft interrupts, steal. Steal is
what the hypervisor gave to other machines while this one had work."""


def processor_seconds() -> float:
    """Processor time of this process and all its threads, of programs that it has seen end, and of :data:`SERVANTS`."""
    try:
        import resource
    except ImportError:  # Windows
        return time.process_time()
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses) + sum(map(_seconds_of, SERVANTS))


def _seconds_of(pid: int) -> float:
    """Processor time of another process, all its threads; 0 where the system does not tell."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return time.clock_gettime((~pid << 3) | _PROCESS_CLOCK)
    return 0.0


def busy_seconds() -> dict[int, float] | None:
    """How long each core has not been idle, steal included; None where the system does not tell, as only Linux does."""
    try:
        lines = [line.split() for line in STAT.read_text(encoding="ascii").splitlines()]
        ticks = os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, AttributeError):
        return None
    cores = [line for line in lines if line and line[0].startswith("cpu") and line[0] != "cpu"]
    return {int(name[3:]): sum(int(cells[place]) for place in _BUSY) / ticks for name, *cells in cores} or None


def quiet_cores(count: int) -> tuple[int, ...]:
    """Those cores, of the ones that this process may use, that were busy least in a moment just now.

    Args:
        count: how many.

    Returns:
        The numbers of the cores; none where a process cannot be pinned here, or may use fewer.
    """
    if not hasattr(os, "sched_getaffinity"):
        return ()
    allowed = sorted(os.sched_getaffinity(0))
    before = busy_seconds() or {}
    time.sleep(WINDOW if before else 0)
    after = busy_seconds() or {}
    # Interrupts and what nobody pins go to the first core more often: of two that are alike the later one.
    quiet = sorted(allowed, key=lambda core: (after.get(core, 0) - before.get(core, 0), -core))
    return tuple(sorted(quiet[:count])) if len(allowed) >= count else ()


@contextlib.contextmanager
def pinned(cores: Collection[int]) -> Iterator[None]:
    """Keeps this thread, and the threads and programs that it starts, on some cores; none given lets them be."""
    if not cores or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True)
class _Mark:
    time: float
    others: float
    """Processor seconds of all that is neither this process nor the one that started it."""


class LoadWatch:
    """Tells the load that others put on this machine.

    It remembers the marks of the last moments: the load of a stretch that is too short to be told is that of a longer
    one that ends with it.
    """

    def __init__(self) -> None:
        self._marks: deque[_Mark] = deque()

    def mark(self) -> float:
        """Marks the start of a stretch.

        Returns:
            The time of the mark, for :meth:`load`.
        """
        now = self._now()
        if now is None:
            return time.monotonic()
        self._marks.append(now)
        while self._marks[0].time < now.time - 4 * WINDOW:
            self._marks.popleft()
        return now.time

    def load(self, start: float) -> float | None:
        """Processor seconds that others took for each second since a mark, or since :data:`WINDOW` ago.

        Where no mark is as old as that, it waits.

        Args:
            start: the time of a mark.

        Returns:
            The load: 1.0 is one core. None where the system does not tell.
        """
        latest = min(start, time.monotonic() - WINDOW)
        old = [mark for mark in self._marks if mark.time <= latest]
        first = old[-1] if old else next((mark for mark in self._marks if mark.time == start), None)
        if first is None:
            return None
        time.sleep(max(0.0, first.time + WINDOW - time.monotonic()))
        now = self._now()
        if now is None:
            return None
        return max(0.0, (now.others - first.others) / (now.time - first.time))

    @staticmethod
    def _now() -> _Mark | None:
        busy = busy_seconds()
        if busy is None:
            return None
        return _Mark(time.monotonic(), sum(busy.values()) - processor_seconds() - parent_seconds())


def parent_seconds() -> float:
    """Processor time of the process that started this one; a worker's draws the bar of progress."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        text = Path(f"/proc/{os.getppid()}/stat").read_text(encoding="utf-8", errors="replace")
        cells = text.rpartition(")")[2].split()  # the name before it may hold anything
        return (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0
