"""How a signal ends a command: Ctrl-C, SIGTERM and the end of a terminal alike, and the second one at once."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""Signals that end a command."""

_SOON = 0.01
"""Seconds after which an exception that was lost is raised again."""

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
        is_lost: whether what the last one raised was lost, and has to be raised again.
    """

    number = 0
    is_heard = False
    is_lost = False

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
        if STOP.is_lost:
            STOP.is_lost = False
            raise Stopped
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
        with _raised_again():
            yield STOP
    finally:
        STOP.is_heard = False
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _raised_again() -> Iterator[None]:
    """Raises :class:`Stopped` again a moment later where Python drops it, and would print it.

    That is so in a ``__del__`` and in the callback of a weak reference, which may run anywhere.
    """
    before, timers = sys.unraisablehook, list[threading.Timer]()

    def dropped(told: sys.UnraisableHookArgs) -> None:
        if not issubclass(told.exc_type, Stopped):
            before(told)
            return
        STOP.is_lost = True
        timers.append(threading.Timer(_SOON, signal.raise_signal, [STOP.number]))
        timers[-1].daemon = True
        timers[-1].start()

    sys.unraisablehook = dropped
    try:
        yield
    finally:
        sys.unraisablehook = before
        for timer in timers:
            timer.cancel()
        STOP.is_lost = False


def raise_if_stopped() -> None:
    """Raises what a signal should have raised; whoever waits for long calls it now and then.

    A signal that comes just before the main thread begins to wait does not end the wait.

    Raises:
        Stopped: a signal has come, while :func:`stopped_by_signals` hears them.
    """
    if STOP.is_heard and STOP.number:
        raise Stopped
