"""Stored tables of the entropy model: everything that would need a logarithm or an exponential in a decoder.

A latent in steps is q = m + r: a whole number nearest to what is expected, and the rest, whose distribution is a
logistic one, taken over intervals of 1 (Salimans et al. 2017). It is known by the index of its scale and by the
fraction that the expected value lies above m.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError
from benchmark.neural.wavelet.model import BINARY, CLASSES
from benchmark.neural.wavelet.tables import LOGIT_LIMIT, LOGIT_UNIT, first_tables

MOST = 8191
"""Largest magnitude of a latent in steps."""
SCALES = 64
"""Scales that the distribution may have: from 0.05 steps to 131."""
SCALE_UNIT = 8
"""Scales in one natural unit."""
SMALLEST = 3
"""Natural units by which the logarithm of the first scale lies below 0."""
FRACTIONS = 16
"""Intervals of 1 that the fraction is told by; those below ½ stand for −½ to 0."""

Logits = npt.NDArray[np.int16]
_Reals = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tables:
    """Integer tables; logits are in units of 1/32 and within ±384, as of ``wavelet.tables``.

    Attributes:
        size: ``uint8`` (1536,), what a magnitude counts as where it predicts others: 12·log₂(1 + |q|), at most 127.
        probability: ``uint16`` (769,), of each logit from −384 on, in units of 1/65,536.
        nonzero: ``int16`` (64, 16), logits that a rest is not zero, by scale and fraction.
        positive: ``int16`` (64, 16), that it is positive if it is not zero.
        more: ``int16`` (64, 16, 15), that a positive rest in each class from the second on goes beyond it. By symmetry
            those of a negative one are those of the fraction at the other end.

    Raises:
        UsageError: the arrays are not such.
    """

    size: npt.NDArray[np.uint8]
    probability: npt.NDArray[np.uint16]
    nonzero: Logits
    positive: Logits
    more: Logits

    def __post_init__(self) -> None:
        first, both = first_tables(), (SCALES, FRACTIONS)
        expected: list[tuple[npt.NDArray[Any], Any, tuple[int, ...]]] = [
            (self.size, np.uint8, first.size.shape),
            (self.probability, np.uint16, first.probability.shape),
            (self.nonzero, np.int16, both),
            (self.positive, np.int16, both),
            (self.more, np.int16, (*both, BINARY - 1)),
        ]
        if any(array.dtype != kind or array.shape != shape for array, kind, shape in expected):
            raise UsageError("not the tables of a learned-onescale model: their types or shapes differ")
        furthest = max(int(np.abs(logits.astype(int)).max()) for logits in (self.nonzero, self.positive, self.more))
        if self.size.max() > 127 or self.probability.min() < 1 or furthest > LOGIT_LIMIT:
            raise UsageError("not the tables of a learned-onescale model: values are out of range")

    def sizes(self, symbols: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
        """What latents, whole numbers, count as where they predict others: whole numbers, too."""
        place = np.minimum(np.abs(symbols), len(self.size) - 1).astype(np.int64)
        return np.asarray(self.size[place], dtype=np.float32)


def new_tables() -> Tables:
    """The tables by their formulas."""
    base = first_tables()
    scale = np.exp(np.arange(SCALES) / SCALE_UNIT - SMALLEST)[:, np.newaxis]
    centre = (np.arange(FRACTIONS) + 0.5) / FRACTIONS - 0.5
    above, below = _log_logistic((centre - 0.5) / scale), _log_logistic((-centre - 0.5) / scale)
    # The rest is zero with σ(½ − c) − σ(−½ − c) = (1 − e^(−1/s)) σ((½ − c)/s) σ((½ + c)/s).
    zero = np.log(-np.expm1(-1 / scale)) + _log_logistic((0.5 - centre) / scale) + _log_logistic((0.5 + centre) / scale)
    edge = (centre[:, np.newaxis] - CLASSES[1:] + 0.5) / scale[..., np.newaxis]
    beyond = _log_logistic(edge)
    going = np.minimum(np.diff(beyond, axis=-1), -1e-12)
    return Tables(
        base.size,
        base.probability,
        _whole(np.logaddexp(above, below) - zero),
        _whole(above - below),
        _whole(going - np.log(-np.expm1(going))),
    )


def _log_logistic(values: _Reals) -> _Reals:
    return -np.logaddexp(0, -values)


def _whole(logits: _Reals) -> Logits:
    return np.clip(np.rint(logits * LOGIT_UNIT), -LOGIT_LIMIT, LOGIT_LIMIT).astype(np.int16)
