"""What encoders and decoders say to each other."""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any

import numpy as np
import pytest

from benchmark.run.requests import Decoded, Refused, Request, ask, asked, tell, told
from benchmark.run.timing import Stopwatch, Times

TIMES = Times(1.5, 0.25, 5, 0.01, None)


def through(*answers: Decoded | Refused) -> list[Decoded | Refused]:
    """Answers, written to a file and read."""
    with tempfile.TemporaryFile("r+b") as file:
        for answer in answers:
            tell(file.fileno(), answer, 7)
        file.seek(0)
        return [told(file, 7) for _ in answers]


def test_a_request_comes_as_it_was() -> None:
    parts = ((b"one", b"two"), (b"three" * 10_000,))
    request = Request("jpeg", parts, Stopwatch(3, True, False), frozenset({"a"}), (1,))
    with tempfile.TemporaryFile("r+b") as file:
        ask(file.fileno(), request, b"s")
        file.seek(1)
        assert asked(file.fileno()) == request
        with pytest.raises(EOFError):
            asked(file.fileno())


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.bool_, np.complex128])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 4, 5, 3)])
def test_arrays_of_numbers_come_as_they_were(dtype: Any, shape: tuple[int, ...]) -> None:
    part = (np.arange(np.prod(shape, dtype=int)).reshape(shape) % 7).astype(dtype)
    found, refused = through(Decoded([part, part[..., None]], TIMES), Refused("ValueError: so", True))
    assert isinstance(found, Decoded)
    assert found.times == TIMES
    assert refused == Refused("ValueError: so", True)
    for one, sent in zip(found.parts, [part, part[..., None]], strict=True):
        assert one.dtype == sent.dtype and np.array_equal(one, sent) and one.shape == sent.shape
        assert one.flags.writeable


def test_parts_of_an_image_come_whole() -> None:
    image = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
    (found,) = through(Decoded([image[:, ::2]], TIMES))
    assert isinstance(found, Decoded)
    assert np.array_equal(found.parts[0], image[:, ::2])


def test_of_what_is_no_array_of_numbers_nothing_is_read() -> None:
    (found,) = through(Decoded([np.array([None, ValueError("so")]), np.array(["text"])], TIMES))
    assert isinstance(found, Decoded)
    assert [(part.dtype, part.shape) for part in found.parts] == [(np.dtype(object), (2,)), (np.dtype(object), (1,))]


def said(**changed: Any) -> bytes:
    times = {"seconds": 1.0, "cpu_seconds": 1.0, "repeats": 1, "spread": None, "load": None}
    data = json.dumps({"times": {**times, **changed.pop("times", {})}, "parts": [], "number": 7, **changed}).encode()
    return len(data).to_bytes(8, "big") + data


LIES = {
    "nothing": b"",
    "half a length": b"\0\0\0",
    "no JSON": (3).to_bytes(8, "big") + b"{}}",
    "long": (1 << 40).to_bytes(8, "big"),
    "list": (2).to_bytes(8, "big") + b"[]",
    "another's": said(number=8),
    "no number": said(number=None),
    "nan": said(times={"seconds": float("nan")}),
    "negative": said(times={"cpu_seconds": -1}),
    "text": said(times={"repeats": "1"}),
    "bool": said(times={"repeats": True}),
    "null": said(times={"seconds": None}),
    "more": said(times={"mine": 1}),
    "huge": said(parts=[["uint8", [10**6, 10**6, 3]]]),
    "many": said(parts=[["uint8", [1 << 32]]] * 3),
    "overflow": said(parts=[["uint8", [10**30, 0, 10**30]]]),
    "negative side": said(parts=[["uint8", [-1, 5]]]),
    "no type": said(parts=[["image", [5]]]),
    "no shape": said(parts=[["uint8", 5]]),
    "too short": said(parts=[["uint8", [5]]]) + b"1234",
}


@pytest.mark.parametrize("how", LIES)
def test_what_is_no_answer_is_told_from_one(how: str) -> None:
    with tempfile.TemporaryFile("r+b") as file:
        os.write(file.fileno(), LIES[how])
        file.seek(0)
        with pytest.raises((EOFError, ValueError)):
            told(file, 7)
