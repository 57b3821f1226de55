"""Decodes in a process of its own, which is given bytes and nothing else.

The process that encodes holds the pictures, and so does whatever a codec kept of them. A decoder there could return
them without a look at the stream. Here it is another process that decodes: a twin of the worker, which starts before it
is needed first, lives as long as the worker, and sees streams alone. Where the system allows it, it has no network, an
empty folder to work in, and none of the temporary files of others, see :mod:`benchmark.system.seclusion`.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing import connection
from multiprocessing.util import Finalize
from pathlib import Path
from typing import IO, cast

import numpy as np

from benchmark.codec import Batch
from benchmark.errors import typed_line
from benchmark.neural.weights import WEIGHTS_VARIABLE
from benchmark.plugins import codec_class, is_description
from benchmark.run.timing import Stopwatch, Times, warm_up
from benchmark.system import memory
from benchmark.system.endings import KEPT, ending_of, last_words
from benchmark.system.guarded import SPARED, begin_worker, end_copies, end_task
from benchmark.system.load import pinned
from benchmark.system.seclusion import hideable, temporary_folders
from benchmark.system.worker import PAUSE

_START = (
    "import sys; from benchmark.system.seclusion import seclude; seclude(sys.argv[1:]); "
    "from benchmark.run.decoder import serve; serve()"
)

_ENVIRONMENT = dict(os.environ)
_PATHS = [str(Path(path).absolute()) for path in sys.path]  # an empty one is the working directory
"""Environment and paths as they were before any codec could change them: what a decoder is started with."""

_SECONDS_TO_END = 5
"""How long the process of a decoder may take to end once it gets no more requests."""


@dataclass(frozen=True)
class Request:
    """What a decoder is given. All of it is plain data, in which no codec can hide a picture.

    Attributes:
        codec: a name that any process can find.
        parts: the streams, in the parts that have to be decoded together.
        stopwatch: times the decoding.
        warm: names what the decoder may have to load, see :func:`~benchmark.run.timing.warm_up`.
        cores: the cores that the work is kept on; all where none is named.
    """

    codec: str
    parts: tuple[tuple[bytes, ...], ...]
    stopwatch: Stopwatch
    warm: frozenset[str]
    cores: tuple[int, ...] = ()


@dataclass(frozen=True)
class Refused:
    """What a decoder answers that raised an error.

    Attributes:
        text: type and message of the error.
        out_of_memory: whether memory ran out.
    """

    text: str
    out_of_memory: bool


@dataclass(frozen=True)
class Decoded:
    """The images of each part, as the decoder returned them, and what it took."""

    parts: Sequence[Batch]
    times: Times


class Undecodable(Exception):
    """The decoder raised an error. The text is the type and the message of it."""


class DecoderDied(Exception):
    """The process of the decoder has ended. The text says how, with the last lines that it printed."""


class DecoderOutOfMemory(Exception):
    """The decoder, or its process, ended because memory ran out."""


def decode_here(request: Request) -> Decoded:
    """Decodes in this process.

    Raises:
        Undecodable: the decoder raised an error.
        DecoderOutOfMemory: memory ran out.
    """
    try:
        cls = codec_class(request.codec)

        def decode() -> list[Batch]:
            return [np.asarray(cls.decode_batch(streams)) for streams in request.parts]

        with pinned(request.cores):
            warm_up(request.warm, decode)
            parts, times = request.stopwatch.time(decode)
            # A view may stand for more pixels than there is memory: they are made here, where that is told.
            return Decoded([np.asarray(part, order="C") for part in parts], times)
    except BaseException as error:  # a decoder may raise anything, SystemExit too
        if memory.is_memory_error(error):
            raise DecoderOutOfMemory(
                f"the decoder {memory.too_much(memory.own_limit())}: {typed_line(error)}"
            ) from error
        raise Undecodable(typed_line(error)) from error


def decode_apart(request: Request) -> Decoded:
    """Decodes in the process of its own that this process has for it; it is started where there is none.

    Raises:
        Undecodable: the decoder raised an error.
        DecoderDied: its process has ended. The next call starts another one.
        DecoderOutOfMemory: memory ran out, likewise.
    """
    twin = start_decoder(request.codec)
    try:
        answer = twin.ask(request)
    finally:
        if twin.has_ended:
            del _twins[hidden_from(request.codec)]
    if isinstance(answer, Decoded):
        return answer
    raise (DecoderOutOfMemory if answer.out_of_memory else Undecodable)(answer.text)


def start_decoder(codec: str) -> Twin:
    """The process that decodes for a codec, started where there is none.

    A worker calls it before it does anything for the codec.
    """
    hidden = hidden_from(codec)
    if hidden not in _twins:
        _twins[hidden] = Twin(hidden)
    return _twins[hidden]


def await_decoder(codec: str) -> None:
    """Waits until the process that decodes for a codec has started, or failed to: no clock sees it start."""
    start_decoder(codec).wait()


@cache
def hidden_from(codec: str) -> tuple[Path, ...]:
    """The folders of temporary files that the decoder of a codec does not see. Nothing lies there that it needs.

    The programs of a codec that a TOML file describes may lie anywhere: it sees all folders.
    """
    if is_description(codec):
        return ()
    weights = _ENVIRONMENT.get(WEIGHTS_VARIABLE) or sys.prefix
    return hideable((*_PATHS, sys.executable, sys.prefix, sys.base_prefix, weights))


def all_hidden_from(codec: str) -> bool:
    """Whether the decoder of a codec sees none of the folders of temporary files."""
    return len(hidden_from(codec)) == len(temporary_folders())


def end_decoders() -> None:
    """Ends the processes of decoders that this process has; the next call of :func:`decode_apart` starts one again."""
    while _twins:
        _twins.popitem()[1].end()


def serve() -> None:
    """What the process of a decoder does: answers requests until there are no more."""
    begin_worker()
    owner = os.getpid()
    with os.fdopen(os.dup(0), "rb") as requests, os.fdopen(os.dup(1), "wb") as answers:
        # What codecs print goes where errors go; what they read is empty.
        os.dup2(2, 1)
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        with contextlib.suppress(EOFError, BrokenPipeError):
            _tell(answers, None)
            while True:
                request = cast(Request, pickle.load(requests))
                answer: Decoded | Refused
                try:
                    answer = decode_here(request)
                except (Undecodable, DecoderOutOfMemory) as error:
                    answer = Refused(str(error), isinstance(error, DecoderOutOfMemory))
                end_copies(owner)
                end_task()
                _tell(answers, answer)


def _tell(answers: IO[bytes], answer: object) -> None:
    pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
    answers.flush()


class Twin:
    """The process of a decoder, and what is said to it.

    Args:
        hidden: folders whose files it does not see.
    """

    def __init__(self, hidden: Sequence[Path]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, *map(str, hidden)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env={**_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(_PATHS)},
        )
        SPARED.add(self._process.pid)
        self._owner = os.getpid()
        self._requests, answers, printed = cast(
            "tuple[IO[bytes], IO[bytes], IO[bytes]]", (self._process.stdin, self._process.stdout, self._process.stderr)
        )
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
            with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError):
                pickle.load(self._answers)
            self._is_ready = True

    def ask(self, request: Request) -> Decoded | Refused:
        """What it decoded, or the error that the decoder raised.

        Raises:
            DecoderDied, DecoderOutOfMemory: its process has ended.
        """
        end_copies(self._owner)  # of an encoder: it would take the answers to another's requests
        self.wait()
        kills, self._last = memory.killed_for_memory(), b""
        most, is_too_large = memory.own_limit(), False
        try:
            _write(self._requests, pickle.dumps(request, pickle.HIGHEST_PROTOCOL))
            while not connection.wait([self._answers.fileno()], PAUSE):
                if most is not None and memory.resident(self._process.pid) > most and not is_too_large:
                    self._process.kill()
                    is_too_large = True
            return cast("Decoded | Refused", pickle.load(self._answers))
        except (OSError, EOFError, pickle.UnpicklingError):
            code = self.end()
        if is_too_large or (code == -signal.SIGABRT and memory.says_memory(self._last.decode("utf-8", "replace"))):
            raise DecoderOutOfMemory(f"the decoder {memory.too_much(most)}{last_words(self._last)}")
        if code == -signal.SIGKILL and memory.killed_for_memory() > kills:
            raise DecoderOutOfMemory("the system killed the decoder because memory ran out (SIGKILL)")
        raise DecoderDied(f"the process of the decoder {ending_of(code)}{last_words(self._last)}")

    def end(self) -> int:
        """Ends the process, unless it has ended.

        Returns:
            Its exit code.
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
        return code

    def _keep_last(self, printed: IO[bytes]) -> None:
        with contextlib.suppress(OSError), printed:
            while data := printed.read(1 << 16):
                self._last = (self._last + data)[-KEPT:]


def _write(pipe: IO[bytes], data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[pipe.write(left) :]


_twins: dict[tuple[Path, ...], Twin] = {}
"""The processes of decoders that this process has, by the folders that are hidden from them."""

Finalize(None, end_decoders, exitpriority=1)  # also in workers, which leave out what atexit has
