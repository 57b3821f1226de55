"""Progress: a bar with rate and time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

_PLAIN_INTERVAL = 10.0
"""Seconds between plain lines."""


class Progress:
    """Counts work done out of a total.

    Args:
        total: how much work there is.
        unit: what is counted, such as ``rows``.
    """

    def __init__(self, total: int, unit: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self._console = Console(stderr=True)
        self._total = total
        self._unit = unit
        self._done = 0
        self._start = self._last = time.monotonic()
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total, rate="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def advance(self, amount: int, what: str) -> None:
        """Says that some work is done.

        Args:
            amount: how much.
            what: what was just done, in a few words.
        """
        self._done += amount
        now = time.monotonic()
        rate = self._done / max(now - self._start, 1e-9)
        self._bar.update(self._task, advance=amount, description=what, rate=f"{rate:.3g} {self._unit}/s")
        if self._bar.disable and (now - self._last >= _PLAIN_INTERVAL or self._done >= self._total):
            self._last = now
            left = (self._total - self._done) / rate if rate else 0.0
            self._console.print(
                f"{self._done}/{self._total} {self._unit}, {rate:.3g}/s, {left:.0f} s left: {what}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )

    def note(self, text: str) -> None:
        """Prints a line above the bar."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
