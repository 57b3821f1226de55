"""When a training writes checkpoints, measures and ends, and how a signal ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmark.system.stopping import NAMES, STOP


@dataclass(frozen=True)
class Pace:
    """When things happen, in seconds of training.

    Attributes:
        limit: the time when the training ends; None ends it after its epochs.
        checkpoint_every: the time between two checkpoints.
        evaluate_every: the time between two measurements of held-out points.
    """

    limit: float | None = None
    checkpoint_every: float = 300.0
    evaluate_every: float = 600.0


class Stop:
    """Whether somebody asked the training to stop."""

    requested = False


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Turns the first signal that would end it into a request, so that a step ends before the checkpoint is written."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]  # Windows has no SIGHUP
    before = {number: signal.getsignal(number) for number in numbers if signal.getsignal(number) != signal.SIG_IGN}

    def ask(which: int, *_: Any) -> None:
        stop.requested = True
        STOP.number = which
        for number, handler in before.items():
            signal.signal(number, handler)  # who asks twice does not want to wait

    for number in before:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
