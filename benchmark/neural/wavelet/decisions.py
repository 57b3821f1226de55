"""Bits of binary decisions: a range coder, and the codes of whole numbers that are made of decisions.

A magnitude belongs to a class, see ``model.CLASSES``. Where a class holds several magnitudes, the place in it follows
as plain bits; beyond the last class Elias' γ code.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.errors import BitstreamError
from benchmark.neural.streams.entropy import decoder_of, load_constriction, payload_of
from benchmark.neural.wavelet.chances import Flags, Probabilities
from benchmark.neural.wavelet.model import BINARY, CLASSES
from benchmark.neural.wavelet.tables import TOTAL

WIDTHS = np.log2(np.diff(CLASSES)).astype(np.int64)
"""Plain bits in each class but the last."""
MOST_DIGITS = 20
"""Binary digits behind the first one that a number in Elias' γ code may have; no image has such coefficients."""


class Coder(ABC):
    """Codes decisions: a writer writes bits, a reader reads as many as it is given."""

    writes: ClassVar[bool]

    def __init__(self) -> None:
        self.ideal = 0.0
        """Bits by the probabilities of what was coded."""

    @abstractmethod
    def decisions(self, bits: npt.NDArray[Any], probabilities: Probabilities) -> Flags:
        """Codes bits of these probabilities to be 1; :meth:`count` counts them."""

    def count(self, bits: Flags, probabilities: Probabilities) -> None:
        """Adds the ideal bits of decisions with these probabilities to be 1."""
        self.ideal -= float(np.log2(np.where(bits, probabilities, 1 - probabilities)).sum())

    def same(self, bits: npt.NDArray[Any], chance: int) -> Flags:
        """Codes bits that all have one chance to be 1."""
        if not bits.size:
            return np.zeros(0, np.bool_)
        values = self._same(bits, chance / TOTAL)
        ones = int(values.sum())
        self.ideal -= ones * math.log2(chance / TOTAL) + (bits.size - ones) * math.log2(1 - chance / TOTAL)
        return values

    @abstractmethod
    def _same(self, bits: npt.NDArray[Any], probability: float) -> Flags:
        """Codes bits that all have one probability to be 1."""


class Writer(Coder):
    """Writes decisions."""

    writes = True

    def __init__(self) -> None:
        super().__init__()
        self._encoder = load_constriction().stream.queue.RangeEncoder()

    def decisions(self, bits: npt.NDArray[Any], probabilities: Probabilities) -> Flags:
        values = bits.astype(np.int32)
        self._encoder.encode(values, _bernoulli(), probabilities)
        return values > 0

    def _same(self, bits: npt.NDArray[Any], probability: float) -> Flags:
        values = bits.astype(np.int32)
        self._encoder.encode(values, _bernoulli(probability))
        return values > 0

    def payload(self) -> bytes:
        """All that was written."""
        return payload_of(self._encoder)


class Reader(Coder):
    """Reads decisions.

    Args:
        payload: the payload that a writer gave.
    """

    writes = False

    def __init__(self, payload: bytes) -> None:
        super().__init__()
        self._decoder = decoder_of(payload)

    def decisions(self, bits: npt.NDArray[Any], probabilities: Probabilities) -> Flags:
        return np.asarray(self._decoder.decode(_bernoulli(), probabilities)) > 0

    def _same(self, bits: npt.NDArray[Any], probability: float) -> Flags:
        return np.asarray(self._decoder.decode(_bernoulli(probability), bits.size)) > 0


def _bernoulli(*probability: float) -> Any:
    """The library's model of decisions; the same for all, or one for each where none is named."""
    return load_constriction().stream.model.Bernoulli(*probability, perfect=False)


def code_plain(coder: Coder, values: npt.NDArray[np.int64], bits: int) -> npt.NDArray[np.int64]:
    """Codes the lowest bits of values as they are, the highest of them first."""
    out = np.zeros(values.shape, np.int64)
    for place in reversed(range(bits)):
        out |= coder.same(values >> place & 1, TOTAL // 2).astype(np.int64) << place
    return out


def code_gamma(coder: Coder, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Codes non-negative values by Elias' γ code.

    Raises:
        BitstreamError: a value that is read is absurd.
    """
    raised = values + 1
    # frexp gives the number of binary digits of whole numbers exactly.
    digits = np.frexp(raised.astype(np.float64))[1] - 1
    length = np.zeros(values.shape, np.int64)
    alive = np.arange(len(values))
    while alive.size:
        alive = alive[coder.same(digits[alive] > length[alive], TOTAL // 2)]
        length[alive] += 1
        if alive.size and length.max() > MOST_DIGITS:
            raise BitstreamError("the entropy-coded payload holds absurd magnitudes")
    out = np.ones(values.shape, np.int64)
    for place in range(int(length.max(initial=0))):
        long = np.flatnonzero(length > place)
        shift = length[long] - 1 - place
        out[long] = out[long] << 1 | coder.same(raised[long] >> shift & 1, TOTAL // 2)
    return out - 1


def code_within(coder: Coder, classes: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Codes where in their classes magnitudes lie; a reader is told the classes alone.

    Returns:
        The magnitudes.
    """
    out = CLASSES[classes]
    for number in np.flatnonzero(WIDTHS):
        places = np.flatnonzero(classes == number)
        out[places] += code_plain(coder, sizes[places] - CLASSES[number], int(WIDTHS[number]))
    places = np.flatnonzero(classes == BINARY)
    out[places] += code_gamma(coder, sizes[places] - CLASSES[-1])
    return out
