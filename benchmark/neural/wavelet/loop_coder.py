"""Codes the decisions of many places in one call, in compiled loops, as a coder with NumPy does one by one."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.errors import BitstreamError
from benchmark.neural.streams.entropy import words_of
from benchmark.neural.wavelet.chances import Chances, Flags, Probabilities
from benchmark.neural.wavelet.decisions import WIDTHS, Coder, Writer
from benchmark.neural.wavelet.loops import Loops
from benchmark.neural.wavelet.model import BINARY, CLASSES, Logits

Classes = npt.NDArray[np.uint8]
"""Classes of magnitudes."""

_MOST = 1 << 14
"""Places whose decisions are written at once."""


class LoopCoder(Coder):
    """Codes the decisions of many places in one call."""

    @abstractmethod
    def runs(
        self, chances: Chances, plane: int, logits: Logits, wanted: tuple[Classes, Flags], run: int, *, begun: bool
    ) -> tuple[Classes, Flags]:
        """Codes the decisions of places run by run, from each of which the chances learn.

        Args:
            chances: the chances of decisions.
            plane: the plane of the places.
            logits: the logits of each place.
            wanted: what a writer writes: classes of magnitudes, and which coefficients are above zero.
            run: places of a run.
            begun: whether the first decision is made already: none is zero.

        Returns:
            What was written or read.
        """


class LoopWriter(Writer, LoopCoder):
    """Writes decisions.

    Args:
        loops: the compiled loops.
    """

    def __init__(self, loops: Loops) -> None:
        super().__init__()
        self._loops = loops

    def runs(
        self, chances: Chances, plane: int, logits: Logits, wanted: tuple[Classes, Flags], run: int, *, begun: bool
    ) -> tuple[Classes, Flags]:
        most = run * max(_MOST // run, 1)
        for start in range(0, len(logits[0]), most):
            more, positive, classes, above = (each[start : start + most] for each in (*logits, *wanted))
            used = np.empty(len(more) * (BINARY + 1))
            bits = np.empty(used.size, np.bool_)
            count = self._loops.decide_runs(
                chances.tables, chances.state(plane), more, positive, begun, run, classes, above, used, bits
            )
            if count:
                self.decisions(bits[:count], used[:count])
                self.count(bits[:count], used[:count])
        return wanted


class LoopReader(LoopCoder):
    """Reads decisions, as :class:`~benchmark.neural.wavelet.decisions.Reader` does with a library.

    Args:
        payload: the payload that a writer gave.
        loops: the compiled loops.
    """

    writes = False

    def __init__(self, payload: bytes, loops: Loops) -> None:
        super().__init__()
        self._loops, self._words = loops, words_of(payload)
        first, second = map(int, self._words[:2])
        self._state = np.array([0, (1 << 64) - 1, first << 32 | second, 2], np.uint64)

    def decisions(self, bits: npt.NDArray[Any], probabilities: Probabilities) -> Flags:
        found = np.empty(len(probabilities), np.bool_)
        _checked(self._loops.read_each(self._words, self._state, probabilities, found))
        return found

    def _same(self, bits: npt.NDArray[Any], probability: float) -> Flags:
        return self.decisions(bits, np.full(bits.size, probability))

    def runs(
        self, chances: Chances, plane: int, logits: Logits, wanted: tuple[Classes, Flags], run: int, *, begun: bool
    ) -> tuple[Classes, Flags]:
        more, positive = logits
        found, signs = np.zeros(len(more), np.uint8), np.zeros(len(more), np.bool_)
        tables, state = chances.tables, chances.state(plane)
        self.ideal += _checked(
            self._loops.read_runs(self._words, self._state, tables, state, more, positive, begun, run, found, signs)
        )
        return found, signs

    def within(self, classes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Reads where in their classes magnitudes lie; gives the magnitudes."""
        found = np.empty(classes.size, np.int64)
        read = self._loops.read_within(self._words, self._state, classes, CLASSES, WIDTHS, found)
        if read == _ABSURD:
            raise BitstreamError("the entropy-coded payload holds absurd magnitudes")
        self.ideal += _checked(math.nan if read < 0 else read)
        return found


_ABSURD = -2
"""See ``kernels.read_within``."""


def _checked(bits: float) -> float:
    if math.isnan(bits):
        raise BitstreamError("the entropy-coded payload is invalid: no encoder writes it")
    return bits
