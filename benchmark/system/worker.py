"""A process that does one piece of work after the other, and what is said to it.

Whoever has one looks at it now and then: it takes what the process has told and printed, and ends it once a step takes
too long, or the process holds too much memory.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import multiprocessing
import os
import pickle
import signal
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmark.errors import PluginError, contained, typed_line
from benchmark.system import memory
from benchmark.system.endings import KEPT, ending_of, last_words
from benchmark.system.guarded import begin_worker, end_copies, end_task, worker_context
from benchmark.system.messages import Messages, plain

PAUSE = 0.05
"""Seconds between two looks at processes that work."""

_PATIENCE = 3.0
"""Seconds that a process has to end by itself once it is told to."""

_FRESH = 1.0
"""Seconds for which the count of processes that were killed for memory is fresh: to read it takes as long as a row of a
quick codec. It is read between two pieces of work: one that was killed may end some time later."""

_START = 120.0
"""Seconds in which a process has to start, and to load what its work is made of."""


class WorkerDied(Exception):
    """The process that did the work has ended. The text says how, with the last lines that it printed."""


class OutOfMemory(WorkerDied):
    """It was ended because it took too much memory."""


_READY, _STEP, _END = "ready", "step", "end"
"""What a process tells: that it begins, a step of its work, and the end of it, with the error that ended it."""


@dataclass(eq=False)
class Work:
    """A piece of work, and what is there of it.

    Attributes:
        asked: a function and its arguments, pickled. It gives the steps one after the other.
        limits: seconds that the first step may take, and each step after it; None for as long as it likes.
        lane: work of different lanes is never done by one process.
        ended: is called with the work as it ends.
        told: is called with each step as it comes, and raises an error where it is none; None where nobody asks.
        steps: what it gave until now.
        error: what it ended with; None where all went well.
    """

    asked: bytes
    limits: tuple[float, float] | None
    lane: str
    ended: Callable[[Work], None]
    told: Callable[[Any], object] | None = None
    steps: list[Any] = field(default_factory=list)
    error: Exception | None = None


class Worker:
    """A process, started, and the work that it has.

    Args:
        lane: the lane of its work, see :class:`Work`.
        most: bytes of memory that it may take; None for no limit.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, lane: str, most: int | None) -> None:
        self.lane = lane
        self.work: Work | None = None
        self._most = most
        self._told, theirs = multiprocessing.Pipe()
        self._printed, printed = multiprocessing.Pipe(duplex=False)
        self._last = b""
        self._messages = Messages()
        self._deadline: float | None = None
        self._seconds = 0.0
        self._kill_at: float | None = None
        self._error: Exception | None = None
        self._kills, self._counted = 0, -math.inf
        """How many processes the system had killed for memory, and when that was read."""
        self._measured = 0.0
        """When its memory was looked at last."""
        self.is_over = False
        """Whether a look has found that nothing of it is left; it has no work then. It may end between two looks."""
        self._process = worker_context().Process(target=serve, args=(theirs, printed, most, bool(lane)), daemon=True)
        try:
            self._process.start()
        finally:
            theirs.close()
            printed.close()

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it is left."""
        return self._process.exitcode is not None

    @property
    def is_ending(self) -> bool:
        """Whether it was told to end."""
        return self._kill_at is not None

    def channels(self) -> list[Any]:
        """What tells that there is something to look at, for :func:`multiprocessing.connection.wait`."""
        return [self._process.sentinel, *(pipe for pipe in (self._told, self._printed) if not pipe.closed)]

    def give(self, work: Work) -> None:
        """Gives it work; it has none."""
        self.work, self._last = work, b""
        now = time.monotonic()
        if now > self._counted + _FRESH:
            self._kills, self._counted = memory.killed_for_memory(), now
        self._start_clock(_START)
        with contextlib.suppress(OSError):  # it has ended: the next look tells
            self._told.send_bytes(work.asked)

    def look(self, ready: Collection[Any]) -> None:
        """Takes what it told and printed, and ends it where it has to end.

        Args:
            ready: what :func:`multiprocessing.connection.wait` found of :meth:`channels`. Nobody else is asked: each
                question takes a part of the time of a row of a quick codec.
        """
        if self._process.sentinel in ready:
            self._process.join()
        has_ended = self.has_ended
        self._take_printed(ready, all_of_it=has_ended)
        self._take_told(ready, all_of_it=has_ended)
        if has_ended:
            self._take_printed(ready, all_of_it=True)
            if self.work:
                self._finish(self._error or self._died())
            for pipe in (self._told, self._printed):
                pipe.close()
            self.is_over = True
            return
        now = time.monotonic()
        if self._kill_at is not None:
            if now > self._kill_at:
                self._process.kill()
        elif self._deadline is not None and now > self._deadline:
            self._error = TimeoutError(f"took longer than {self._seconds:g} s")
            self.end()
        elif now > self._measured + PAUSE:  # not after each row of a quick codec: to look takes as long as a row
            self._measured = now
            if self._most is not None and memory.resident(self._process.pid or 0) > self._most:
                self._error = OutOfMemory(memory.too_much(self._most))
                self._kill_at = now
                self._process.kill()

    def end(self) -> None:
        """Tells it to end."""
        if self._kill_at is None:
            self._kill_at = time.monotonic() + _PATIENCE
            self._process.terminate()

    def _start_clock(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds if self.work and self.work.limits else None

    def _take_printed(self, ready: Collection[Any], *, all_of_it: bool) -> None:
        # Of one that never stops printing, some at a time.
        for data in itertools.islice(_pieces(self._printed, 1 << 16, ready, all_of_it=all_of_it), 64):
            self._last = (self._last + data)[-KEPT:]
            if not data:
                self._printed.close()

    def _take_told(self, ready: Collection[Any], *, all_of_it: bool) -> None:
        """Takes what has arrived; of one that still works, some at a time."""
        data = b" "
        for data in _pieces(self._told, 1 << 20, ready, all_of_it=all_of_it):
            self._messages.arrived(data)
        try:
            for message in self._messages.whole():
                self._hear(message)
        except ValueError as error:
            self._distrust(error)
        if not data:  # it has ended, or closed what is not its own
            self._told.close()
            self.end()

    def _hear(self, message: bytes) -> None:
        if self.is_ending or self.work is None:
            return
        try:
            kind, value = (plain if self.lane else pickle.loads)(message)
            if kind == _STEP and self.work.told is not None:
                self.work.told(value)
            if kind not in (_READY, _STEP, _END) or (kind == _END and not isinstance(value, Exception | None)):
                raise PluginError("expected a step, or the end and what it ended with")
        except Exception as error:
            self._distrust(error)
            return
        first, further = self.work.limits or (0.0, 0.0)
        if kind == _READY:
            self._start_clock(first)
        elif kind == _STEP:
            self.work.steps.append(value)
            self._start_clock(further)
        else:
            self._finish(value)
            if memory.is_memory_error(value):  # it ends by itself, see serve
                self._kill_at = time.monotonic() + _PATIENCE

    def _distrust(self, error: Exception) -> None:
        """Ends a process whose words cannot be read: what it tells next would be of other work."""
        self._error = PluginError(f"what the work gave cannot be read: {typed_line(error)}")
        self.end()

    def _finish(self, error: Exception | None) -> None:
        assert self.work is not None
        work, self.work, self._deadline = self.work, None, None
        if isinstance(error, WorkerDied | TimeoutError) and self.has_ended:
            error = type(error)(f"{error}{last_words(self._last)}")
        work.error = error
        work.ended(work)

    def _died(self) -> WorkerDied:
        code = self._process.exitcode
        if code == -signal.SIGKILL and memory.killed_for_memory() > self._kills:
            return OutOfMemory("the system killed the worker process because memory ran out (SIGKILL)")
        if code == -signal.SIGABRT and memory.says_memory(self._last.decode("utf-8", "replace")):
            return OutOfMemory(memory.too_much(self._most))
        return WorkerDied(f"the worker process {ending_of(code)}")


def _pieces(pipe: Connection, size: int, ready: Collection[Any], *, all_of_it: bool) -> Iterator[bytes]:
    """What has arrived in a pipe, an empty piece where it ends: one piece where it is ready, or all of it."""
    more = not pipe.closed and (_has_more(pipe) if all_of_it else pipe in ready)
    while more:
        try:
            data = os.read(pipe.fileno(), size)
        except OSError:
            data = b""
        yield data
        more = all_of_it and bool(data) and _has_more(pipe)


def _has_more(pipe: Connection) -> bool:
    with contextlib.suppress(OSError):
        return pipe.poll()
    return False


def pickled(function: Callable[..., Iterable[Any]], arguments: tuple[Any, ...]) -> bytes:
    """Work as a process takes it, see :class:`Work`."""
    return pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)


def serve(told: Connection, printed: Connection, most: int | None, is_plain: bool) -> None:
    """What the process does: it works until there is no more work. What it prints goes to those who have it.

    It also ends after work that ran out of memory: another process begins with none.

    Args:
        told: the pipe through which work comes, and is told of.
        printed: a pipe for what the work prints.
        most: bytes of memory that it may take; None for no limit.
        is_plain: whether plain data alone is told.
    """
    # Ctrl-C and the end of a terminal reach the whole process group; the parent alone decides what they mean.
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    for place in (1, 2):
        os.dup2(printed.fileno(), place)
    printed.close()
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    begin_worker()
    memory.limit_memory(most)
    memory.keep_freed()
    owner = os.getpid()
    with contextlib.suppress(EOFError, OSError):
        while True:
            asked = told.recv_bytes()
            error: Exception | None = None
            try:
                with contained("the work"):
                    function, arguments = pickle.loads(asked)
                    told.send_bytes(pickle.dumps((_READY, None)))
                    for step in function(*arguments):
                        end_copies(owner)
                        told.send_bytes(pickle.dumps((_STEP, step), pickle.HIGHEST_PROTOCOL))
            except KeyboardInterrupt as interrupt:  # workers hear of no Ctrl-C
                error = PluginError(f"the work raised {typed_line(interrupt)}")
            except Exception as raised:
                error = raised
            end_copies(owner)
            end_task()
            told.send_bytes(_last_message(error, is_plain=is_plain))
            if memory.is_memory_error(error):  # what holds the memory may be there for good
                return


def _last_message(error: Exception | None, *, is_plain: bool) -> bytes:
    """The end of work; an error that may hold anything, such as one of a plug-in, as its text."""
    if error is None:
        return pickle.dumps((_END, None))
    error.add_note("".join(traceback.format_exception(error)))
    try:
        message = pickle.dumps((_END, error))
        if is_plain:
            plain(message)
    except Exception:
        return pickle.dumps((_END, PluginError(f"the work raised {typed_line(error)}")))
    return message
