"""Forks: a process that has requests answered by others, one that stays, and fresh ones that have answered none before.

The process itself runs no code that nobody has read, and reads one byte of each request. So whatever those who answer
learn stays with them: a fresh one knows its request alone. Linux alone has what this takes.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
import traceback
from collections.abc import Callable
from typing import NoReturn

from benchmark.system import guard

AVAILABLE = guard.AVAILABLE
"""Whether there can be fresh processes here; elsewhere the one process answers all requests."""

STAYS, FRESH = b"s", b"f"
"""The byte before a request: the process that stays is to answer it, or a fresh one."""

_PATIENCE = 3.0
"""Seconds that a process has to end once it has closed its pipes."""

_PAUSE = 50
"""Milliseconds between two looks at a process whose children keep its pipes open."""


def serve(answer: Callable[[], None], asked: int, begin: Callable[[], None] = lambda: None) -> int:
    """Has requests answered until there are no more, or until a process that should answer has ended.

    Args:
        answer: reads a request and answers it; it is called in the processes that answer.
        asked: the pipe through which requests come, each behind :data:`STAYS` or :data:`FRESH`.
        begin: what each process that answers does first.

    Returns:
        0, or the exit code of the process that has ended: 128 and the number of the signal where one ended it.
    """
    if not AVAILABLE:
        begin()
        with contextlib.suppress(EOFError, BrokenPipeError):
            while os.read(asked, 1):
                answer()
        return 0
    guard.adopt_orphans()
    stays: _Fork | None = None
    while kind := os.read(asked, 1):
        if kind == FRESH:
            fork = _Fork(answer, begin)
        else:
            fork = stays = stays or _Fork(answer, begin)
        code = fork.ask()
        if code is not None:
            guard.end_children()
            return code
        guard.end_children(spared=[] if stays is None else [stays.pid])
        if kind == FRESH:
            fork.close()
    return 0


class _Fork:
    """A process that answers, forked from this one.

    Args:
        answer, begin: see :func:`serve`.
    """

    def __init__(self, answer: Callable[[], None], begin: Callable[[], None]) -> None:
        turns, self._turns = os.pipe()
        self._done, done = os.pipe()
        me = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            self.close()
            _answer_each(answer, begin, turns, done, me)
        os.close(turns)
        os.close(done)

    def ask(self) -> int | None:
        """Has it answer the request that comes next.

        Returns:
            None once it has answered; its exit code, see :func:`serve`, where it has ended before.
        """
        with contextlib.suppress(BrokenPipeError):  # it has ended: seen below
            os.write(self._turns, b"t")
        watched = select.poll()
        watched.register(self._done, select.POLLIN)
        while not watched.poll(_PAUSE):
            if (code := self._ended()) is not None:
                return code
        if os.read(self._done, 1):
            return None
        deadline = time.monotonic() + _PATIENCE
        while (code := self._ended()) is None:
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.001)
        return code

    def close(self) -> None:
        """Closes the pipes to it."""
        os.close(self._turns)
        os.close(self._done)

    def _ended(self) -> int | None:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid == 0:
            return None
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else 128 - code


def _answer_each(answer: Callable[[], None], begin: Callable[[], None], turns: int, done: int, parent: int) -> NoReturn:
    """What a process that answers does. What Python does at its end is left to the process that it is forked from."""
    try:
        os.setsid()  # a codec that ends its own group ends no other
        guard.end_with_parent(parent)
        guard.adopt_orphans()
        begin()
        while os.read(turns, 1):
            answer()
            os.write(done, b"d")
    except BrokenPipeError:
        pass
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
