"""What predicts the bits of a binary code: a linear model in integers of the bits that the decoder has by then.

The model sums these bits, as −1 and +1, up to a logit in units of 2⁻⁸, whose bin indexes counts of zeros and ones; see
:mod:`benchmark.neural.streams.bits` for how they are coded.

Nothing that steers the decoder depends on rounding: weights and bits are integers, and :class:`BitModel` makes sure
that the magnitudes of all weights of a logit sum to less than 2²⁴, so that every partial sum is an integer which
``float32`` holds exactly. Matrix products of the linear algebra library are thus the same in any order of summation,
on any machine, with any number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError
from benchmark.neural.streams.integers import load_arrays, save_arrays

PHASES = ((0, 0), (1, 1), (0, 1), (1, 0))
"""First row and column of each phase, in coding order; a phase takes every second of both."""
OFFSETS = tuple((row, column) for row in (-1, 0, 1) for column in (-1, 0, 1))
"""The position itself, in the middle, and its neighbours: rows down, columns right."""
UNITS = 256
"""Units of a logit, and so of weights, in one natural unit."""
BIN_SHIFT = 6
"""A bin is 2⁶ units wide, a quarter of a natural unit: then the logit's rounding costs less than 0.001 bit a bit."""
BINS = 96
"""Bins of a logit, centred on 0: up to ±12, odds of 160,000 to 1; the outermost take what lies beyond."""
OBSERVATION = 1 << 10
"""What one coded bit adds to a count: counts have fractions, so that they can say odds of thousands before any bit."""
STRENGTH = 256
"""Observations that the model's counts stand for when a stream starts, and those of all channels for a channel's."""
MEMORY = 512
"""Observations beyond which a bin's counts are halved after a run: the recent then outweigh the old."""
EXACT = 1 << 24
"""``float32`` holds all integers below this."""

CENTRE = OFFSETS.index((0, 0))
"""The tap of the position itself."""
BitCode = npt.NDArray[np.uint8]
"""A code of bits: ``uint8`` of zeros and ones, shape (N, H, W, C)."""
Signs = npt.NDArray[Any]
"""Bits as −1 and +1, 0 outside of the image."""
Bits = npt.NDArray[np.int32]
Bins = npt.NDArray[np.int32]


@dataclass(frozen=True)
class BitModel:
    """What predicts the bits of one kind of code; integers only.

    Attributes:
        weights: ``int16``, shape (4, T, C, C): phase, tap, predicted channel, predicting channel. The first nine taps
            are :data:`OFFSETS` in the code itself, the other nine, if T is 18, those in the previous code. In the code
            itself only what is known by then counts: neighbours of earlier phases, earlier channels at the position.
        bias: ``int32``, shape (4, C).
        counts: ``int64``, shape (2, :data:`BINS`), of zeros and of ones, in units of 1/:data:`OBSERVATION`.

    Raises:
        UsageError: the arrays are not such.
    """

    weights: npt.NDArray[np.int16]
    bias: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        phases, channels = self.bias.shape if self.bias.ndim == 2 else (0, 0)
        taps = len(OFFSETS)
        kinds = [array.dtype.name for array in (self.weights, self.bias, self.counts)]
        if (
            kinds != ["int16", "int32", "int64"]
            or phases != len(PHASES)
            or channels == 0
            or self.weights.shape not in {(phases, taps, channels, channels), (phases, 2 * taps, channels, channels)}
            or self.counts.shape != (2, BINS)
        ):
            raise UsageError("not a model of bits: its arrays have other types or shapes")
        reach = np.abs(self.weights, dtype=np.int64).sum(axis=(1, 3)) + np.abs(self.bias, dtype=np.int64)
        if reach.max() >= EXACT:
            raise UsageError(f"not a model of bits: its logits reach {reach.max()}, which is not below {EXACT}")
        if self.counts.min() < 1 or self.counts.max() > MEMORY * OBSERVATION:
            raise UsageError(f"not a model of bits: its counts leave 1 to {MEMORY * OBSERVATION}")

    @property
    def channels(self) -> int:
        """Channels of the codes that it predicts."""
        return int(self.bias.shape[1])

    @property
    def uses_previous(self) -> bool:
        """Whether it predicts from a previous code, too."""
        return bool(self.weights.shape[1] > len(OFFSETS))

    def save(self, path: Path) -> None:
        """Writes an ``.npz`` file, without pickle."""
        save_arrays(path, {"weights": self.weights, "bias": self.bias, "counts": self.counts})

    @classmethod
    def load(cls, path: Path) -> BitModel:
        """Reads what :meth:`save` wrote.

        Raises:
            UsageError: the file is not such a model.
        """
        return load_arrays(
            path, "a model of bits", lambda stored: cls(stored["weights"], stored["bias"], stored["counts"])
        )


def taps_of(signs: Signs, before: Signs | None, phase: int) -> list[tuple[int, Signs]]:
    """What a phase's positions see besides themselves: numbers of taps, each with its signs of shape (C, N, h, w)."""
    top, left = PHASES[phase]
    taps = [
        (tap, shifted(signs, phase, offset))
        for tap, offset in enumerate(OFFSETS)
        if PHASES.index(((top + offset[0]) % 2, (left + offset[1]) % 2)) < phase
    ]
    if before is not None:
        taps += [(len(OFFSETS) + tap, shifted(before, phase, offset)) for tap, offset in enumerate(OFFSETS)]
    return taps


def shifted(signs: Signs, phase: int, offset: tuple[int, int]) -> Signs:
    """A view of the signs at an offset from each position of a phase."""
    top, left = (1 + first + shift for first, shift in zip(PHASES[phase], offset, strict=True))
    bottom, right = (size - 1 + shift for size, shift in zip(signs.shape[2:], offset, strict=True))
    return signs[:, :, top:bottom:2, left:right:2]


def signs_of(codes: BitCode, kind: type[np.float32] | type[np.int8]) -> Signs:
    """Bits as −1 and +1, shape (C, N, H + 2, W + 2) with a border of zeros."""
    count, height, width, channels = codes.shape
    signs: Signs = np.zeros((channels, count, height + 2, width + 2), kind)
    signs[:, :, 1:-1, 1:-1] = 2 * np.moveaxis(codes, -1, 0).astype(np.int8) - 1
    return signs


def flat(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same values as a table (C, positions)."""
    return values.reshape(len(values), -1)


def bins_of(logits: npt.NDArray[np.floating[Any]]) -> Bins:
    """The bin of each logit; an arithmetic shift rounds down on every machine."""
    return np.asarray(np.clip((logits.astype(np.int32) >> BIN_SHIFT) + BINS // 2, 0, BINS - 1))
