"""How a signal ends a command: Ctrl-C, SIGTERM and the end of a terminal alike, and the second one at once."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""Signals that end a command."""

LOOK = 1.0
"""Seconds between two calls of :func:`raise_if_stopped` by whoever waits."""


class Stopped(KeyboardInterrupt):
    """A signal has come.

    It is a class of its own because Python remembers a plain KeyboardInterrupt that passes through ``exec`` of a text,
    such as that of a dataclass, and ends by SIGINT in the end, whatever exit status is asked for.
    """


class Stop:
    """Which signal has come.

    Attributes:
        number: its number; 0 as long as none has come.
        is_heard: whether signals are turned into :class:`Stopped` now.
    """

    number = 0
    is_heard = False

    @property
    def status(self) -> int:
        """The exit status of a command that the signal has ended, as shells have it."""
        return 128 + self.number


STOP = Stop()
"""That of this process: whoever hears a signal in place of :func:`stopped_by_signals` says so here."""


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """Turns the first signal into :class:`Stopped`, wherever the main thread is; the second ends the process.

    Rows are stored as they are made, so that the second loses nothing; workers end with this process. A signal that is
    ignored, such as SIGHUP below ``nohup``, stays so.

    Yields:
        :data:`STOP`.
    """
    STOP.number, STOP.is_heard = 0, True

    def handle(number: int, _: FrameType | None) -> None:
        if STOP.number:
            os.write(2, b"interrupted again: everything finished is stored\n")
            os._exit(STOP.status)
        STOP.number = number
        raise Stopped

    before = {}
    try:
        for name in NAMES:
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.getsignal(number)
                signal.signal(number, handle)
        yield STOP
    finally:
        STOP.is_heard = False
        for number, handler in before.items():
            signal.signal(number, handler)


def raise_if_stopped() -> None:
    """Raises what a signal raised where it was lost; whoever waits for long calls it now and then.

    Python drops an exception that is raised in a ``__del__`` or in the callback of a weak reference. And a signal that
    comes just before the main thread begins to wait does not end the wait.

    Raises:
        Stopped: a signal has come, while :func:`stopped_by_signals` hears them.
    """
    if STOP.is_heard and STOP.number:
        raise Stopped
