"""The link to a worker: a process of an environment of its own, which is asked, and which a limit of time ends.

The worker is :mod:`benchmark.backends.foreign.worker`, whose head tells the protocol.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from multiprocessing.util import Finalize
from typing import IO, Any, cast

import numpy as np

from benchmark.backends.foreign import worker
from benchmark.codec import Batch
from benchmark.errors import MissingBackend, ProgramError
from benchmark.system.endings import KEPT, ending_of, last_words
from benchmark.system.guarded import SPARED, guarded_command
from benchmark.system.load import SERVANTS

_PATIENCE = 5.0
"""Seconds that the end of a worker may take."""

_CHUNK = 1 << 20
_HIDDEN = ("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH")
"""Variables that would lead the other interpreter to the packages of this one."""


class WorkerError(Exception):
    """The worker could not do what it was asked. The text is the type and the message of the error there.

    Args:
        text: says what happened.
        kind: the type of the error, or ``memory`` where there was none left.
    """

    def __init__(self, text: str, kind: str) -> None:
        super().__init__(text)
        self.kind = kind


class Link:
    """A worker, started at once.

    Args:
        python: the path of the interpreter.
        name: what messages call the codec.
        timeout: seconds that an answer may take.

    Raises:
        MissingBackend: the interpreter cannot be started, or this system has not what it takes.
    """

    def __init__(self, python: str, *, name: str, timeout: float) -> None:
        if sys.platform == "win32":
            raise MissingBackend(f"{name}: codecs of another environment need Linux or macOS")
        self._name, self._timeout = name, timeout
        self._pixels = _shared_file()
        theirs_in, self._requests = os.pipe()
        self._answers, theirs_out = os.pipe()
        given = [theirs_in, theirs_out, self._pixels]
        command = [python, worker.__file__, *map(str, given)]
        command, passed, self._held = guarded_command(command, given)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                pass_fds=passed,
                env={
                    **{key: value for key, value in os.environ.items() if key not in _HIDDEN},
                    "PYTHONUNBUFFERED": "1",
                },
            )
        except OSError as error:
            for place in (*self._held, self._pixels, self._requests, self._answers):
                os.close(place)
            raise MissingBackend(f"{name}: {python} cannot be started: {error.strerror or error}") from error
        finally:
            for place in passed:
                if place != self._pixels:
                    os.close(place)
        self._printed = cast("IO[bytes]", self._process.stdout)
        self._last = bytearray()
        os.set_blocking(self._requests, False)
        os.set_blocking(self._printed.fileno(), False)
        SPARED.add(self._process.pid)
        self.alive = True
        _alive.append(self)

    def ask(self, text: Mapping[str, Any], streams: Sequence[bytes] = ()) -> tuple[dict[str, Any], bytes]:
        """The worker's answer: a text and a body.

        Args:
            text: the request.
            streams: its body; their lengths are told to the worker.

        Raises:
            WorkerError: the worker raised an error.
            ProgramError: it took too long and was stopped, or its process has ended. The link is dead then.
        """
        lengths = {"lengths": [len(stream) for stream in streams]} if streams else {}
        told = json.dumps({**text, **lengths}).encode()
        body = b"".join(streams)
        try:
            answer, body = self._exchange(worker.HEADER.pack(len(told), len(body)) + told + body)
        except BaseException:  # Ctrl-C, too: what is still under way would be taken for the next answer
            self.end()
            raise
        if "error" in answer:
            raise WorkerError(f"{answer['error']}", answer["kind"])
        if pid := answer.get("pid"):
            SERVANTS.add(pid)
            self._pid = pid
        return answer, body

    def put(self, images: Batch) -> list[int]:
        """Lays images where the worker reads them.

        Returns:
            Their shape.
        """
        os.ftruncate(self._pixels, max(images.nbytes, os.fstat(self._pixels).st_size))
        worker.write_pixels(self._pixels, np.ascontiguousarray(images))
        return list(images.shape)

    def take(self, shape: Sequence[int]) -> Batch:
        """The images that the worker has laid there.

        Raises:
            ProgramError: they are fewer than it says.
        """
        if int(np.prod(shape, dtype=np.float64)) > os.fstat(self._pixels).st_size:
            raise ProgramError(f"{self._name}: the worker tells of images of shape {shape}, which are not there")
        images = np.empty(shape, np.uint8)
        worker.read_pixels(self._pixels, images)
        return images

    def _exchange(self, request: bytes) -> tuple[dict[str, Any], bytes]:
        """Writes a request and reads the answer, whatever comes first, and what is printed meanwhile."""
        left, got = memoryview(request), bytearray()
        deadline = time.monotonic() + self._timeout
        events = select.poll()
        printed = self._printed.fileno()
        events.register(self._answers, select.POLLIN)
        events.register(printed, select.POLLIN)
        events.register(self._requests, select.POLLOUT)
        while (size := _size(got)) is None or len(got) < size:
            seconds = deadline - time.monotonic()
            if seconds <= 0:
                raise ProgramError(
                    f"{self._name}: it took longer than {self._timeout:g} s and was stopped{self._said()}"
                )
            for place, _ in events.poll(1000 * min(seconds, 3600)):
                if place == self._requests:
                    with contextlib.suppress(BlockingIOError, BrokenPipeError):
                        left = left[os.write(place, left[:_CHUNK]) :]
                    if not left:
                        events.unregister(place)
                elif place == printed:
                    if not self._listen():
                        events.unregister(place)
                elif data := os.read(place, _CHUNK):
                    got += data
                else:
                    raise ProgramError(f"{self._name}: {self._ending()}{self._said()}")
        start, _ = worker.HEADER.unpack_from(got)
        begin = worker.HEADER.size
        return json.loads(got[begin : begin + start]), bytes(got[begin + start :])

    def _listen(self) -> bool:
        """Keeps the last of what is printed; False at its end."""
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._printed.fileno(), _CHUNK)
            self._last += data
            del self._last[:-KEPT]
            return bool(data)
        return True

    def _said(self) -> str:
        """What to say of the last lines that the worker printed; empty where it printed none."""
        while self._listen() and select.select([self._printed], [], [], 0)[0]:
            pass
        return last_words(bytes(self._last))

    def _ending(self) -> str:
        """How the process ended, which has closed its pipe."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(_PATIENCE)
            said = ", as the system does where memory runs out" if code == -signal.SIGKILL else ""
            return f"its process {ending_of(code)}{said}"
        return "its process closed its pipes"

    def end(self) -> None:
        """Ends the worker, and all that it has started, unless it has ended."""
        if not self.alive:
            return
        self.alive = False
        SPARED.discard(self._process.pid)
        SERVANTS.discard(getattr(self, "_pid", 0))
        for place in (*self._held, self._requests, self._answers, self._pixels):
            os.close(place)
        if not self._held:
            self._process.kill()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._printed.close()
        _alive.remove(self)


def _environment() -> dict[str, str]:
    """The environment of a worker: without what leads to the packages of this interpreter; it prints at once."""
    kept = {name: value for name, value in os.environ.items() if name not in _HIDDEN}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _size(got: bytearray) -> int | None:
    """The length of a message whose beginning has come; None where not even its header has."""
    if len(got) < worker.HEADER.size:
        return None
    text, body = worker.HEADER.unpack_from(got)
    return int(worker.HEADER.size + text + body)


def _shared_file() -> int:
    """A file without a name, in memory where the system has such files."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("rdbench-pixels")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def end_links() -> None:
    """Ends the workers of this process."""
    for link in [*_alive]:
        link.end()


_alive: list[Link] = []
"""The workers of this process."""

Finalize(None, end_links, exitpriority=1)  # also in workers of the bench, which leave out what atexit has
