"""Asks code that nobody here has read: each question in a process of its own, with a limit of time and of memory.

Such a process may hang, crash, exit, print or fill memory: the one that asks gets what was told until then, and a line
that says how it ended. What it has started ends with it, on Linux.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from benchmark.errors import BenchmarkError, plain_line, typed_line
from benchmark.system.endings import KEPT, last_words, signal_name
from benchmark.system.environment import thread_environment
from benchmark.system.guarded import end_copies, guarded_command
from benchmark.system.memory import limit_memory, machine_memory

MOST_AT_ONCE = 16
"""Processes side by side: those that hang wait together, and those that work leave memory to each other."""

_MOST_TOLD = 1 << 20
"""Bytes that a process may tell."""

_MEMORY = 4 << 30
"""Bytes of memory that a process may take, or half of the machine's where that is less."""

_PAUSE = 0.02
"""Seconds between two looks at the processes."""

_PATIENCE = 10.0
"""Seconds that the end of a process may take."""


@dataclass(frozen=True)
class Told:
    """What a process told.

    Attributes:
        parts: what it told, in order, each a JSON object.
        status: ``failed``, ``timeout``, ``out-of-memory`` or ``crashed``; empty where the process came to its end.
        reason: what happened, in a line; empty where it came to its end.
    """

    parts: Sequence[Mapping[str, Any]]
    status: str = ""
    reason: str = ""


def ask_apart(function: str, questions: Sequence[Mapping[str, Any]], *, limit: float) -> list[Told]:
    """Asks questions, each in a process of its own, several side by side.

    Args:
        function: the function that answers, such as ``benchmark.plugins.answer.answer``. It gets the question, and a
            function that tells a JSON object. It is not called here, only there.
        questions: plain values for JSON.
        limit: seconds that each process may take.

    Returns:
        What was told to each question, in their order.
    """
    found: dict[int, Told] = {}
    waiting = list(enumerate(questions))
    running: dict[int, _Process] = {}
    try:
        while waiting or running:
            while waiting and len(running) < MOST_AT_ONCE:
                place, question = waiting.pop(0)
                running[place] = _Process(function, question, limit)
            for place, process in list(running.items()):
                if process.has_ended:
                    found[place] = process.end()
                    del running[place]
            if running:
                time.sleep(_PAUSE)
    finally:
        for process in running.values():
            process.end()
    return [found[place] for place in range(len(questions))]


class _Process:
    """A process that answers one question."""

    def __init__(self, function: str, question: Mapping[str, Any], limit: float) -> None:
        self._limit = limit
        self._deadline = time.monotonic() + limit
        paths = [str(Path(path).absolute()) for path in sys.path]  # an empty one is the working directory
        command = [sys.executable, "-P", "-c", _START, function, str(_memory())]
        command, passed, self._held = guarded_command(command)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                pass_fds=passed,
                env={**os.environ, **thread_environment(1), "PYTHONPATH": os.pathsep.join(paths)},
            )
        finally:
            for place in passed:
                os.close(place)
        self._told, self._printed = _Kept(first=_MOST_TOLD), _Kept(last=KEPT)
        asked, told, printed = cast(
            "tuple[IO[bytes], IO[bytes], IO[bytes]]", (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        self._threads = [
            threading.Thread(target=self._told.read, args=(told,), daemon=True),
            threading.Thread(target=self._printed.read, args=(printed,), daemon=True),
            threading.Thread(target=_write, args=(asked, json.dumps(question).encode()), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def has_ended(self) -> bool:
        """Whether it has ended, or has to."""
        return self._process.poll() is not None or time.monotonic() > self._deadline or self._told.is_full

    def end(self) -> Told:
        """Ends the process, unless it has ended, and says what it told."""
        late = self._process.poll() is None
        if not self._held:
            self._process.kill()
        for place in self._held:
            os.close(place)
        self._held = []
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(1)
        if self._told.is_full:
            return Told([], "crashed", f"it told more than {_MOST_TOLD} bytes")
        parts = _parts(bytes(self._told.kept))
        last = parts.pop() if parts and _END in parts[-1] else None
        if last is None:
            status, reason = ("timeout", f"it took longer than {self._limit:g} s") if late else self._ending()
        else:
            status, reason = map(str, last[_END])
        return Told(parts, status, reason + last_words(bytes(self._printed.kept)) if reason else "")

    def _ending(self) -> tuple[str, str]:
        code = self._process.returncode
        if code >= 0:
            return "crashed", f"it ended the process with exit code {code}"
        name = signal_name(-code)
        if name == "SIGKILL":
            return "crashed", "its process was killed (SIGKILL), as the system does where memory runs out"
        return "crashed", f"its process crashed ({name})"


@dataclass
class _Kept:
    """The first or the last bytes of a pipe."""

    first: int = 0
    last: int = 0
    kept: bytearray = field(default_factory=bytearray)

    @property
    def is_full(self) -> bool:
        return bool(self.first) and len(self.kept) > self.first

    def read(self, pipe: IO[bytes]) -> None:
        """Reads to the end."""
        with contextlib.suppress(OSError), pipe:
            while data := pipe.read(1 << 16):
                if not self.is_full:
                    self.kept += data
                if self.last:
                    del self.kept[: -self.last]


def _write(pipe: IO[bytes], data: bytes) -> None:
    left = memoryview(data)
    with contextlib.suppress(OSError), pipe:  # the process may have ended already
        while left:
            left = left[pipe.write(left) :]


def _parts(told: bytes) -> list[Mapping[str, Any]]:
    """The JSON objects of lines; what is none, such as a line that was not ended, is left out."""
    found: list[Mapping[str, Any]] = []
    for line in told.splitlines():
        with contextlib.suppress(ValueError, RecursionError):
            part = json.loads(line)
            if isinstance(part, dict):
                found.append(part)
    return found


def _memory() -> int:
    return min(_MEMORY, (machine_memory() or 2 * _MEMORY) // 2)


_END = "ended"
"""Key of the last part that is told, with status and reason."""

_START = "import sys; from benchmark.system.questions import serve; serve(sys.argv[1], int(sys.argv[2]))"


def serve(function: str, memory: int) -> None:
    """What the process does: it answers the question that stands in its input, and ends.

    What is printed meanwhile goes where errors go. What is left behind, such as threads, ends with the process.

    Args:
        function: see :func:`ask_apart`.
        memory: bytes that it may take.
    """
    import importlib

    question = json.loads(sys.stdin.buffer.read())
    answers = os.dup(1)
    os.dup2(2, 1)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)

    owner = os.getpid()

    def tell(part: Mapping[str, Any], encode: Any = json.dumps, write: Any = os.write) -> None:
        end_copies(owner)
        data = memoryview(encode(dict(part)).encode() + b"\n")
        while data:
            data = data[write(answers, data) :]

    module, _, name = function.rpartition(".")
    answer = getattr(importlib.import_module(module), name)
    limit_memory(memory)
    leave, ending = os._exit, ("", "")
    try:
        answer(question, tell)
    except MemoryError:
        ending = "out-of-memory", f"it took more than {memory >> 20} MiB of memory"
    except BenchmarkError as error:
        ending = "failed", plain_line(error)
    except BaseException as error:  # KeyboardInterrupt, too
        ending = "failed", typed_line(error)
    finally:
        with contextlib.suppress(BaseException):
            sys.stderr.flush()
        tell({_END: ending})
        leave(0)
