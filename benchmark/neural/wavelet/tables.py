"""Stored tables of the model: everything that would need a logarithm or an exponential while a stream is decoded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError
from benchmark.neural.wavelet.transform import LEVELS, UNIT, Integers

LOGIT_UNIT = 32
"""Units of a logit in one natural unit."""
LOGIT_LIMIT = 12 * LOGIT_UNIT
"""Largest logit: odds of 160,000 to 1."""
LOW_LIMIT = 8191
"""Largest low-pass sample, in eighths of a step, that differences are taken of."""
TOTAL = 1 << 16
"""Probabilities are multiples of 1/TOTAL."""

_SIZES = 1536
"""Magnitudes above this look the same: 12·log₂ of it is 127."""
_BANDS = 3 * 3 * LEVELS


@dataclass(frozen=True)
class Tables:
    """Integer tables.

    Attributes:
        size: ``uint8`` (1536,), what a magnitude counts as: 12·log₂(1 + |q|).
        difference: ``uint8`` (4 · 8191 + 1), what a difference d of low-pass samples in eighths of a step counts as:
            12·log₂(1 + |d|/4), in ±127, from −2 · 8191 on; magnitude alone.
        probability: ``uint16`` (769,), of "more" for each logit from −384 on, in units of 1/65,536.
        shrink: ``int64`` (54, 4): by how much a magnitude of 0, 1, 2, 3 or more is reconstructed below itself, in units
            of 1/64 of a step, for each level, orientation and plane.
    """

    size: npt.NDArray[np.uint8]
    difference: npt.NDArray[np.uint8]
    probability: npt.NDArray[np.uint16]
    shrink: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        shapes = [(_SIZES,), (4 * LOW_LIMIT + 1,), (2 * LOGIT_LIMIT + 1,), (_BANDS, 4)]
        arrays = (self.size, self.difference, self.probability, self.shrink)
        kinds = (np.uint8, np.uint8, np.uint16, np.int64)
        if [array.shape for array in arrays] != shapes or [array.dtype for array in arrays] != list(kinds):
            raise UsageError("not the tables of a learned-wavelet model: their shapes or types differ")
        if self.probability.min() < 1 or max(self.size.max(), self.difference.max()) > 127:
            raise UsageError("not the tables of a learned-wavelet model: values are out of range")
        if np.abs(self.shrink).max() >= UNIT:
            raise UsageError("not the tables of a learned-wavelet model: magnitudes are shrunk by more than 1")
        signs = np.sign(np.arange(-2 * LOW_LIMIT, 2 * LOW_LIMIT + 1))
        object.__setattr__(self, "_low", (signs * self.difference.astype(np.int16)).astype(np.int8))

    @property
    def low(self) -> npt.NDArray[np.int8]:
        """:attr:`difference` with the signs."""
        low: npt.NDArray[np.int8] = self._low  # type: ignore[attr-defined]
        return low

    def compressed(self, quantised: Integers) -> npt.NDArray[np.int8]:
        """What coefficients count as in features, with their signs."""
        sizes = self.size[np.minimum(np.abs(quantised), _SIZES - 1)].astype(np.int8)
        return np.where(quantised < 0, -sizes, sizes)


def first_tables() -> Tables:
    """The tables by their formulas; magnitudes are not shrunk yet."""
    size = np.minimum(np.rint(12 * np.log2(1 + np.arange(_SIZES))), 127)
    differences = np.abs(np.arange(-2 * LOW_LIMIT, 2 * LOW_LIMIT + 1))
    difference = np.minimum(np.rint(12 * np.log2(1 + differences / 4)), 127)
    logits = np.arange(-LOGIT_LIMIT, LOGIT_LIMIT + 1) / LOGIT_UNIT
    probability = np.clip(np.rint(TOTAL / (1 + np.exp(-logits))), 1, TOTAL - 1)
    return Tables(
        size.astype(np.uint8),
        difference.astype(np.uint8),
        probability.astype(np.uint16),
        np.zeros((_BANDS, 4), np.int64),
    )


def rate_index(step: int) -> int:
    """About 16·log₂ of a step in units of 1/64, in whole numbers: exact at powers of two, straight between them."""
    octave = step.bit_length() - 1
    return 16 * octave + ((step << 4) >> octave) - 16
