"""How a signal ends a command: Ctrl-C, SIGTERM and the end of a terminal alike, and the second one at once."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""Signals that end a command."""


class Stop:
    """Which signal has come.

    Attributes:
        number: its number; 0 as long as none has come.
    """

    number = 0

    @property
    def status(self) -> int:
        """The exit status of a command that the signal has ended, as shells have it."""
        return 128 + self.number


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """Turns the first signal into :class:`KeyboardInterrupt`, wherever the main thread is; the second ends the process.

    Rows are stored as they are made, so that the second loses nothing; workers end with this process. A signal that is
    ignored, such as SIGHUP below ``nohup``, stays so.
    """
    global _active  # noqa: PLW0603  # signals are those of the process
    stop = _active = Stop()

    def handle(number: int, _: FrameType | None) -> None:
        if stop.number:
            os.write(2, b"interrupted again: everything finished is stored\n")
            os._exit(stop.status)
        stop.number = number
        raise KeyboardInterrupt

    before = {}
    for name in NAMES:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
            before[number] = signal.signal(number, handle)
    try:
        yield stop
    finally:
        _active = None
        for number, handler in before.items():
            signal.signal(number, handler)


_active: Stop | None = None


def remember(number: int) -> None:
    """Says that a signal has come which somebody else has heard, such as a training that first writes a checkpoint."""
    if _active is not None:
        _active.number = number
