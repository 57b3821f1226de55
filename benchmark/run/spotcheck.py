"""Spot checks: now and then a process that has decoded nothing before decodes a stream, too.

The process that decodes lives as long as its worker: a decoder there could remember streams that it decoded before, and
return a picture that is not in the stream. The second stream of a worker and a few more are checked, unless a network
has to be loaded for each check; later ones now and then, so that checks take no more than a small share of the time.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import numpy as np

from benchmark.run.requests import Decoded

_numbers = random.SystemRandom()

FEW, EASY = 3, 2.0
"""Checks that are made at once, and the seconds that each may take for that."""

CREDIT, SHARE = 0.05, 0.02
"""Seconds that checks of a codec may take in a worker, and the share of its time that they may take beside."""


class SpotChecks:
    """Tells when to check.

    Args:
        clock: seconds that go on.
        draw: a random number between two. It is drawn so that no codec knows which streams are checked.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[float, float], float] = _numbers.uniform,
    ) -> None:
        self._clock, self._draw = clock, draw
        self._begun = clock()
        self._count, self._spent, self._cost, self._factor = 0, 0.0, 0.0, 1.0
        self._is_doubtful = False

    def is_due(self) -> bool:
        """Whether to check the stream that was decoded just now. The first one comes from a fresh process anyway."""
        if self._is_doubtful or not self._cost:
            return self._is_doubtful
        if self._count < FEW and self._cost <= EASY:
            return True
        return self._spent + self._factor * self._cost <= CREDIT + SHARE * (self._clock() - self._begun)

    def begun(self, seconds: float) -> None:
        """Hears how long the first stream took: what a codec has to load is in it."""
        self._cost = self._cost or seconds

    def failed(self) -> None:
        """Hears that a check found other pixels: from then on each stream is checked."""
        self._is_doubtful = True

    def checked(self, seconds: float) -> None:
        """Hears how long a check took."""
        self._count += 1
        self._spent += seconds
        self._cost = seconds
        self._factor = self._draw(0.5, 1.5)


def differs(first: Decoded, second: Decoded) -> bool:
    """Whether two processes decoded other pixels. Networks in floating point may differ by a level."""
    if len(first.parts) != len(second.parts):
        return True
    return any(
        one.shape != other.shape or one.dtype != other.dtype or _difference(one, other) > 1
        for one, other in zip(first.parts, second.parts, strict=True)
    )


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    if one.dtype != np.uint8:  # no image: whoever looks at the shape says so
        return 0
    if np.array_equal(one, other):
        return 0
    return int(np.abs(one.astype(np.int16) - other).max())
