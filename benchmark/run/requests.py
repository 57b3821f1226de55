"""What is said between the process that encodes and the one that decodes.

The decoder runs code that nobody here has read, so that its answer is never unpickled: it is JSON, and samples.
"""

from __future__ import annotations

import json
import math
import os
import pickle
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import IO, Any, cast

import numpy as np

from benchmark.codec import Batch
from benchmark.run.timing import Stopwatch, Times
from benchmark.system.devices import AUTO

MOST = 1 << 33
"""Bytes that the samples of an answer may have."""

_MOST_SAID = 1 << 24
"""Bytes that the rest of an answer may have."""

_LENGTH = struct.Struct("!Q")


@dataclass(frozen=True)
class Request:
    """What a decoder is given. All of it is plain data, in which no codec can hide a picture.

    Attributes:
        codec: a name that any process can find.
        parts: the streams, in the parts that have to be decoded together.
        stopwatch: times the decoding.
        warm: names what the decoder may have to load, see :func:`~benchmark.run.timing.warm_up`.
        cores: the cores that the work is kept on; all where none is named.
        device: a word of :mod:`benchmark.system.devices`, for learned codecs.
        number: a number that nobody can guess, which the answer has to name: what was said before is no answer.
    """

    codec: str
    parts: tuple[tuple[bytes, ...], ...]
    stopwatch: Stopwatch
    warm: frozenset[str]
    cores: tuple[int, ...] = ()
    device: str = AUTO
    number: int = 0


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


def ask(pipe: int, request: Request, before: bytes) -> None:
    """Writes a request, behind some bytes.

    Raises:
        BrokenPipeError: nobody reads it any more.
    """
    data = pickle.dumps(request, pickle.HIGHEST_PROTOCOL)
    _write(pipe, before + _LENGTH.pack(len(data)) + data)


def asked(pipe: int) -> Request:
    """Reads a request.

    Raises:
        EOFError: there is none.
    """
    (length,) = _LENGTH.unpack(_read(pipe, _LENGTH.size))
    return cast(Request, pickle.loads(_read(pipe, length)))


def tell(pipe: int, answer: Decoded | Refused, number: int) -> None:
    """Writes the answer to the request of a number. Of what is no array of numbers, shape and type alone are told."""
    parts = answer.parts if isinstance(answer, Decoded) else []
    said: dict[str, Any] = (
        asdict(answer)
        if isinstance(answer, Refused)
        else {
            "times": asdict(answer.times),
            "parts": [[str(part.dtype) if _is_plain(part.dtype) else "object", part.shape] for part in parts],
        }
    )
    data = json.dumps({**said, "number": number}).encode()
    _write(pipe, _LENGTH.pack(len(data)) + data)
    for part in parts:
        if _is_plain(part.dtype):
            _write(pipe, part.reshape(-1).view(np.uint8).data)


def told(pipe: IO[bytes], number: int) -> Decoded | Refused:
    """Reads the answer to the request of a number.

    Raises:
        EOFError: it ends too early.
        ValueError: it is none, or that to another one.
    """
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    if length > _MOST_SAID:
        raise ValueError(f"expected at most {_MOST_SAID} bytes, got {length}")
    try:
        said = json.loads(_exactly(pipe, length))
        if said["number"] != number:
            raise ValueError("it names another request")
        if "text" in said:
            return Refused(str(said["text"]), bool(said["out_of_memory"]))
        times = _times(said["times"])
        empty = [_empty(str(name), shape) for name, shape in said["parts"]]
    except (TypeError, KeyError, ValueError, RecursionError, OverflowError) as error:
        raise ValueError(f"expected what was decoded, or why not: {error}") from error
    if sum(part.nbytes for part in empty) > MOST:
        raise ValueError(f"expected samples of at most {MOST} bytes")
    return Decoded([_filled(part, pipe) for part in empty], times)


def _is_plain(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "biufc"


def _times(said: Mapping[str, Any]) -> Times:
    """Times, checked: a row holds them as they are.

    Raises:
        ValueError: they are none.
    """
    if set(said) != {field.name for field in fields(Times)}:
        raise ValueError("expected times")
    optional = {name for name in ("spread", "load") if said[name] is None}
    for name, value in said.items():
        if name not in optional and not (type(value) in (int, float) and 0 <= value < math.inf):
            raise ValueError(f"expected a number of 0 or more for {name}, got {value!r}"[:200])
    return Times(**{**said, "repeats": int(said["repeats"])})


def _empty(name: str, shape: Sequence[int]) -> Batch:
    """An array that nothing is in yet. It takes memory only as it is filled.

    Raises:
        ValueError: there is no such array.
    """
    dtype = np.dtype(name)
    dtype = dtype if _is_plain(dtype) else np.dtype(object)  # whatever it was, it is no image
    sides = [int(side) for side in shape]
    if min(sides, default=0) < 0 or math.prod(sides) * dtype.itemsize > MOST:
        raise ValueError(f"expected samples of at most {MOST} bytes, got the shape {sides}")
    return np.empty(sides, dtype)


def _filled(part: Batch, pipe: IO[bytes]) -> Batch:
    if _is_plain(part.dtype):
        _fill(part.reshape(-1).view(np.uint8).data, pipe)
    return part


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    data = bytearray(length)
    _fill(memoryview(data), pipe)
    return bytes(data)


def _fill(place: memoryview, pipe: IO[bytes]) -> None:
    reader = cast(Any, pipe)
    while place:
        count = reader.readinto(place)
        if not count:
            raise EOFError("it ends too early")
        place = place[count:]


def _read(pipe: int, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        piece = os.read(pipe, min(length - len(data), 1 << 20))
        if not piece:
            raise EOFError("it ends too early")
        data += piece
    return bytes(data)


def _write(pipe: int, data: bytes | memoryview) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(pipe, left) :]
