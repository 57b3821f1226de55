"""What it takes to carry pixels and streams to the environment of a codec, and back.

python -m pytest tests/perf/test_foreign.py -s
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from benchmark.backends.foreign.link import end_links
from tests.backends.foreign.examples import declare, made
from tests.conftest import photo

REPEATS = 200
MOST = 0.003
"""Seconds each way, for an image of Kodak's size."""

IDLE = """
import numpy as np

IMAGE = np.zeros((512, 768, 3), np.uint8)
STREAM = bytes(100_000)


class Steps:
    def encode(self, image):
        return STREAM

    def decode(self, data):
        return IMAGE
"""


def median(call: Callable[[], object]) -> float:
    call()
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def test_the_way_there_and_back(tmp_path: Path) -> None:
    """A class that does nothing: all that is timed is the way. A stream has 100,000 bytes, 2 bpp."""
    codec = made(declare(tmp_path, {"knob": None}, IDLE))
    image = photo(512, 768)
    stream = codec.encode(image)
    encode, decode = median(lambda: codec.encode(image)), median(lambda: codec.decode(stream))
    end_links()
    print(
        f"\nto encode {1000 * encode:.2f} ms, to decode {1000 * decode:.2f} ms (promised: at most {1000 * MOST:g} ms)"
    )
    assert max(encode, decode) <= MOST
