"""The process of decoders that a worker has, and what is said to it."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing import connection
from pathlib import Path
from typing import IO, cast

from benchmark.run.requests import Decoded, Refused, Request, ask, told
from benchmark.run.spotcheck import SpotChecks
from benchmark.system import forking, memory
from benchmark.system.endings import KEPT, ending_of, last_words
from benchmark.system.guarded import SPARED, end_copies
from benchmark.system.worker import PAUSE

ENVIRONMENT = dict(os.environ)
PATHS = [str(Path(path).absolute()) for path in sys.path]  # an empty one is the working directory
"""Environment and paths as they were before any codec could change them: what a decoder is started with."""

READY = b"r"
"""What the process says once it can decode."""

_START = (
    "import sys; from benchmark.system.seclusion import seclude; "
    "memory, hidden = int(sys.argv[1]) or None, sys.argv[2:]; seclude(hidden, memory); "
    "from benchmark.run.decoder import serve; serve(hidden, memory)"
)

_WIDE = 1 << 20
"""Bytes that the pipe of answers holds, where the system lets it: a picture is written in a few pieces."""

_SECONDS_TO_END = 5
"""How long the process may take to end once it gets no more requests."""


class DecoderDied(Exception):
    """The process of the decoder has ended. The text says how, with the last lines that it printed."""


class DecoderOutOfMemory(Exception):
    """The decoder, or its process, ended because memory ran out."""


class Twin:
    """The process of decoders, and what is said to it.

    Args:
        hidden: folders whose files it does not see.

    Attributes:
        checks: when to have a fresh process decode, too, by codec.
    """

    def __init__(self, hidden: Sequence[Path]) -> None:
        self.checks: defaultdict[str, SpotChecks] = defaultdict(SpotChecks)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, str(memory.own_limit() or 0), *map(str, hidden)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            env={**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(PATHS)},
        )
        SPARED.add(self._process.pid)
        self._owner = os.getpid()
        self._requests, answers, printed = cast(
            "tuple[IO[bytes], IO[bytes], IO[bytes]]", (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        _widen(answers)
        self._answers = io.BufferedReader(cast(io.RawIOBase, answers))
        self._last = b""
        self._reader = threading.Thread(target=self._keep_last, args=(printed,), daemon=True)
        self._reader.start()
        self._is_ready = False

    @property
    def has_ended(self) -> bool:
        """Whether its process has ended."""
        return self._process.poll() is not None

    def wait(self) -> None:
        """Waits until it can decode, or has ended. What it takes to start is no work of a codec."""
        if not self._is_ready:
            with contextlib.suppress(OSError):
                self._answers.read(len(READY))
            self._is_ready = True

    def ask(self, request: Request, *, fresh: bool = False) -> tuple[Decoded | Refused, float]:
        """What it decoded, or the error that the decoder raised; and the seconds from the question to the answer.

        Args:
            request: what to decode.
            fresh: whether a process is to decode that has decoded nothing before, where this system has such.

        Raises:
            DecoderDied, DecoderOutOfMemory: its process has ended.
        """
        end_copies(self._owner)  # of an encoder: it would take the answers to another's requests
        self.wait()
        kills, self._last = memory.killed_for_memory(), b""
        most, is_too_large, ending = memory.own_limit(), False, ""
        start = time.perf_counter()
        try:
            request = replace(request, number=secrets.randbits(64))
            ask(self._requests.fileno(), request, forking.FRESH if fresh else forking.STAYS)
            while not connection.wait([self._answers.fileno()], PAUSE):
                if most is not None and memory.largest(self._process.pid) > most and not is_too_large:
                    self._process.kill()
                    is_too_large = True
            return told(self._answers, request.number), time.perf_counter() - start
        except ValueError as error:
            ending = f"gave no answer: {error}"
            self._process.kill()
            code = self.end()
        except (OSError, EOFError):
            code = self.end()
        if is_too_large or (code == -signal.SIGABRT and memory.says_memory(self._last.decode("utf-8", "replace"))):
            raise DecoderOutOfMemory(f"the decoder {memory.too_much(most)}{last_words(self._last)}")
        if code == -signal.SIGKILL and memory.killed_for_memory() > kills:
            raise DecoderOutOfMemory("the system killed the decoder because memory ran out (SIGKILL)")
        raise DecoderDied(f"the process of the decoder {ending or ending_of(code)}{last_words(self._last)}")

    def end(self) -> int:
        """Ends the process, unless it has ended.

        Returns:
            Its exit code, negative for a signal.
        """
        SPARED.discard(self._process.pid)
        try:
            for pipe in (self._requests, self._answers):
                with contextlib.suppress(OSError):
                    pipe.close()
        except RuntimeError:  # a signal has come while a request was written: the pipe is in use
            self._process.kill()
        try:
            code = self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._reader.join(_SECONDS_TO_END)
        # The process that decoded is one below it, which ended by a signal; see forking.
        return 128 - code if code > 128 else code

    def _keep_last(self, printed: IO[bytes]) -> None:
        with contextlib.suppress(OSError), printed:
            while data := printed.read(1 << 16):
                self._last = (self._last + data)[-KEPT:]


def _widen(pipe: IO[bytes]) -> None:
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _WIDE)
