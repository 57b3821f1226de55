"""What predicts the bits of a binary code: a small network in integers of the bits that the decoder has by then.

Bits count as −1 and +1, and as 0 outside of the image. From those that are known, one table of weights gives a sum for
each channel and the values of some features, which say how busy the place is. The features go through one more layer,
and give each channel a gain and an offset:

    logit = sum × gain + offset

The logit, in units of 2⁻⁸, has a bin, and the bin indexes counts of zeros and ones; see
:mod:`benchmark.neural.streams.bits` for how bits are coded.

Nothing that steers the decoder depends on rounding. Weights, bits and features are integers, and :class:`BitModel`
makes sure that no sum of a layer can reach 2²⁴, so that ``float32`` holds every partial sum exactly. Matrix products of
the linear algebra library are thus the same in any order of summation, on any machine, with any number of threads.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
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
WIDE = 2
"""Of how many earlier codes the neighbours count, too; of those before them only the position itself."""
FEATURES = 32
"""Features of the place."""
UNITS = 256
"""Units of a sum and of a logit in one natural unit; and units of a weight in 1."""
FEATURE_UNITS, FEATURE_LIMIT = 32, 255
"""Units of a feature in 1, and the largest feature, in such units."""
OCTAVE, OCTAVES = 8, 3
"""Steps of a gain in one octave, and the most octaves up or down."""
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
_EIGHTHS = np.array([256, 279, 304, 332, 362, 395, 431, 470])
"""2⁸ times the powers of two from 2⁰ to 2^⅞."""
GAINS = np.array(
    [int(_EIGHTHS[step % OCTAVE]) << (OCTAVES + step // OCTAVE) for step in range(-OCTAVES * OCTAVE, OCTAVES * OCTAVE)]
)
"""2¹¹ times each gain, from 2⁻³ up; integers."""
_GAIN_SHIFT = 8 + OCTAVES

BitCode = npt.NDArray[np.uint8]
"""A code of bits: ``uint8`` of zeros and ones, shape (N, H, W, C)."""
Signs = npt.NDArray[Any]
"""Bits as −1 and +1, 0 outside of the image."""
Bits = npt.NDArray[np.int32]
Bins = npt.NDArray[np.int64]
Sums = npt.NDArray[np.float32]
"""Whole numbers, exact in ``float32``."""


@dataclass(frozen=True)
class BitModel:
    """What predicts the bits of one kind of code; integers only. C channels, F features, T taps.

    Attributes:
        weights: ``int16``, shape (T, C, C + F): tap, see :func:`taps`, predicting channel; predicted channel or
            feature. In the code itself only what is known by then counts: all channels of neighbours of earlier
            phases; at the position, the earlier channels, for channels alone.
        bias: ``int32``, shape (4, C + F): phase; channel or feature.
        mixing, mixing_bias: the second layer of features, ``int16`` (F, F) and ``int32`` (F,).
        heads, heads_bias: gains, then offsets of the channels, ``int16`` (F, 2 C) and ``int32`` (2 C,).
        counts: ``int64``, shape (2, :data:`BINS`), of zeros and of ones, in units of 1/:data:`OBSERVATION`.

    Raises:
        UsageError: the arrays are not such.
    """

    weights: npt.NDArray[np.int16]
    bias: npt.NDArray[np.int32]
    mixing: npt.NDArray[np.int16]
    mixing_bias: npt.NDArray[np.int32]
    heads: npt.NDArray[np.int16]
    heads_bias: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        kinds = [array.dtype.name for array in vars(self).values()]
        count, channels, outputs = self.weights.shape if self.weights.ndim == 3 else (0, 0, 0)
        features = outputs - channels
        shapes = [
            (count, channels, outputs),
            (len(PHASES), outputs),
            (features, features),
            (features,),
            (features, 2 * channels),
            (2 * channels,),
            (2, BINS),
        ]
        if (
            kinds != ["int16", "int32"] * 3 + ["int64"]
            or [array.shape for array in vars(self).values()] != shapes
            or count != len(taps(self.depth))
            or channels < 1
            or features < 1
        ):
            raise UsageError("not a model of bits: its arrays have other types or shapes")
        layers: list[tuple[npt.NDArray[Any], npt.NDArray[Any], int]] = [
            (self.weights.reshape(-1, outputs), self.bias, 1),
            (self.mixing, self.mixing_bias, FEATURE_LIMIT),
            (self.heads, self.heads_bias, 2 * FEATURE_LIMIT),
        ]
        for weights, bias, most in layers:
            reach = most * np.abs(weights, dtype=np.int64).sum(axis=0) + np.abs(bias, dtype=np.int64)
            if reach.max() >= EXACT:
                raise UsageError(f"not a model of bits: its sums reach {reach.max()}, which is not below {EXACT}")
        if self.counts.min() < 1 or self.counts.max() > MEMORY * OBSERVATION:
            raise UsageError(f"not a model of bits: its counts leave 1 to {MEMORY * OBSERVATION}")

    @property
    def channels(self) -> int:
        """Channels of the codes that it predicts."""
        return int(self.weights.shape[1])

    @property
    def depth(self) -> int:
        """How many earlier codes it predicts from."""
        narrow = max(0, len(self.weights) - len(OFFSETS) * (1 + WIDE))
        return narrow + (len(self.weights) - narrow) // len(OFFSETS) - 1

    def gains(self, features: Sums) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """What the features of places make of the sums there, see :func:`logits_of`.

        Args:
            features: their sums, shape (F, positions).

        Returns:
            Gains, of :data:`GAINS`, and offsets in units of a logit, both ``int64`` (C, positions).
        """
        seen = _limited(np.floor(features / (UNITS // FEATURE_UNITS)))
        mixed = self.mixing.T.astype(np.float32) @ seen + self.mixing_bias[:, np.newaxis].astype(np.float32)
        seen += _limited(np.floor(mixed / UNITS))
        heads = self.heads.T.astype(np.float32) @ seen + self.heads_bias[:, np.newaxis].astype(np.float32)
        gains, offsets = np.split(heads.astype(np.int64), 2)
        most = OCTAVES * OCTAVE
        return GAINS[np.clip(gains // (UNITS * FEATURE_UNITS // OCTAVE), -most, most - 1) + most], (
            offsets // FEATURE_UNITS
        )

    def save(self, path: Path) -> None:
        """Writes an ``.npz`` file, without pickle."""
        save_arrays(path, vars(self))

    @classmethod
    def load(cls, path: Path) -> BitModel:
        """Reads what :meth:`save` wrote.

        Raises:
            UsageError: the file is not such a model.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        return load_arrays(path, "a model of bits", lambda stored: cls(*(stored[name] for name in names)))


def logits_of(sums: Sums, gains: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Logits in units of 2⁻⁸; an arithmetic shift rounds down on every machine."""
    return ((sums.astype(np.int64) * gains) >> _GAIN_SHIFT) + offsets


def bins_of(logits: npt.NDArray[np.int64]) -> Bins:
    """The bin of each logit."""
    bins: Bins = (logits >> BIN_SHIFT) + BINS // 2
    np.maximum(bins, 0, out=bins)  # two calls take less time than np.clip, whose checks are in Python
    np.minimum(bins, BINS - 1, out=bins)
    return bins


def is_known(phase: int, offset: tuple[int, int]) -> bool:
    """Whether the neighbour at an offset from positions of a phase belongs to an earlier phase."""
    top, left = PHASES[phase]
    return PHASES.index(((top + offset[0]) % 2, (left + offset[1]) % 2)) < phase


def taps(depth: int) -> list[tuple[int, tuple[int, int]]]:
    """What predicts a code that has so many earlier codes: 0 for the code itself or k for the k-th before it; where."""
    wide = [(code, offset) for code in range(min(depth, WIDE) + 1) for offset in OFFSETS]
    return wide + [(code, (0, 0)) for code in range(WIDE + 1, depth + 1)]


def taps_of(signs: Signs, before: Sequence[Signs], phase: int) -> list[tuple[int, Signs]]:
    """What a phase's positions see besides themselves: numbers of taps, each with its signs of shape (C, N, h, w)."""
    return [
        (tap, shifted(before[code - 1] if code else signs, phase, offset))
        for tap, (code, offset) in enumerate(taps(len(before)))
        if code or is_known(phase, offset)
    ]


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


def _limited(features: Sums) -> Sums:
    return np.clip(features, 0, FEATURE_LIMIT)
