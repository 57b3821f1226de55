"""Progress: a bar with rate and time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from contextvars import ContextVar
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from benchmark.system.names import shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

_PLAIN_INTERVAL = 10.0
"""Seconds between plain lines."""


silent: ContextVar[bool] = ContextVar("silent", default=False)
"""Whether no progress is to be shown."""


class Progress:
    """Counts work done out of a total.

    Args:
        total: how much work there is.
        unit: what is counted, such as ``rows``.
    """

    def __init__(self, total: int, unit: str) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, quiet=silent.get())
        self._total = total
        self._unit = unit
        self._done = self._skipped = 0
        self._start = self._last = time.monotonic()
        self._bar = _bar(self._console, total) if self._console.is_terminal else None

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def advance(self, amount: int, what: str) -> None:
        """Says that some work is done.

        Args:
            amount: how much.
            what: what was just done, in a few words.
        """
        self._done += amount
        self._show(amount, what)

    def skip(self, amount: int, what: str) -> None:
        """Says that some work need not be done: it counts, but neither for the rate nor for the time left.

        Args:
            amount: how much.
            what: what it was, in a few words.
        """
        if not amount:
            return
        if self._done == self._skipped:  # nothing was worked on yet: what it took so far is no part of the rate
            self._start = time.monotonic()
        self._done += amount
        self._skipped += amount
        self._show(amount, what)

    def _show(self, amount: int, what: str) -> None:
        now = time.monotonic()
        rate = (self._done - self._skipped) / max(now - self._start, 1e-9)
        left = max(self._total - self._done, 0) / rate if rate else 0.0
        if self._bar:
            self._bar.update(
                self._bar.task_ids[0],
                advance=amount,
                description=what,
                rate=f"{rate:.3g} {self._unit}/s" if rate else "",
                left=f"{timedelta(seconds=round(left))} left" if rate else "",
            )
        elif now - self._last >= _PLAIN_INTERVAL or self._done >= self._total:
            self._last = now
            told = f", {rate:.3g}/s, {left:.0f} s left" if rate else ""
            self._console.print(
                f"{self._done}/{self._total} {self._unit}{told}: {what}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )

    def note(self, text: str) -> None:
        """Prints a line above the bar."""
        self._console.print(shown(text), markup=False, highlight=False, soft_wrap=True)


def _bar(console: Console, total: int) -> Bar:
    """A bar of one task; only where it is shown, for it takes a while to load."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
        console=console,
    )
    bar.add_task("", total=total, rate="", left="")
    return bar
