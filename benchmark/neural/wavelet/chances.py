"""Chances of decisions: what the model says, set right by how its logits fared of late in the image at hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmark.neural.wavelet.tables import LOGIT_LIMIT, TOTAL

FIRST, LATER, SIGN = range(3)
"""Families of decisions, which fare apart: whether a coefficient is zero, how far it goes on, its sign."""

_PLANES = 3
"""Planes fare apart too."""
_WIDTH = 32
"""Logits of a bin: one natural unit."""
_BINS = (2 * LOGIT_LIMIT) // _WIDTH + 1
_UNIT = 1 << 8
"""Units of a count of decisions in 1."""
_PRIOR = 4 * _UNIT
"""What is added to all counts: the decisions that it takes to be believed."""
_MEMORY = 512 * _UNIT
"""Counts of a bin above this are brought down to it, so that older decisions fade."""

Chance = npt.NDArray[np.int64]
"""Chances of 1 for each logit from −384 on, (769,), in units of 1/65,536."""
Counts = npt.NDArray[np.int64]
"""Numbers of decisions for each logit, (769,)."""


class Chances:
    """Adaptive chances, in integers.

    For each bin of logits it counts how many decisions were "more", and how many the model expected: the ratio of the
    odds of the two is what later odds are multiplied by. Between the middles of two bins chances go over from those of
    one to those of the other in a straight line. The chance of a positive sign is that of a negative one at the
    opposite logit, so both are learned at once.

    Args:
        table: the table of the model, see ``Tables.probability``.
    """

    def __init__(self, table: npt.NDArray[np.uint16]) -> None:
        self.table: Chance = table.astype(np.int64)
        beyond = np.clip(np.arange(len(table)) - _WIDTH // 2, 0, (_BINS - 1) * _WIDTH - 1)
        self._bin, self._way = beyond // _WIDTH, beyond % _WIDTH
        # Seen and expected; of "more" and of all.
        self._counts = np.zeros((3, _PLANES, 3, _BINS), np.int64)

    def of(self, family: int, plane: int) -> Chance:
        """Chances of a family of decisions now."""
        more, expected, every = self._counts[family, plane]
        up = (more + _PRIOR) * (every - expected + _PRIOR) >> 8
        down = (every - more + _PRIOR) * (expected + _PRIOR) >> 8

        def corrected(bins: npt.NDArray[np.int64]) -> Chance:
            raised = self.table * up[bins]
            return np.asarray(raised // (raised + (TOTAL - self.table) * down[bins] >> 16))

        before, after = corrected(self._bin), corrected(self._bin + 1)
        found = np.clip(before + ((after - before) * self._way + _WIDTH // 2) // _WIDTH, 1, TOTAL - 1)
        if family == SIGN:
            found[:LOGIT_LIMIT] = TOTAL - found[:LOGIT_LIMIT:-1]
        return np.asarray(found)

    def learn(self, family: int, plane: int, every: Counts, ones: Counts) -> None:
        """Learns from decisions that were coded, as :meth:`counted` counts them."""
        if family == SIGN:
            every, ones = _folded(every, every), _folded(ones, every - ones)
        found = np.stack([ones * _UNIT, every * self.table >> 8, every * _UNIT])
        counts = self._counts[family, plane]
        counts += np.add.reduceat(found, np.arange(0, len(self.table), _WIDTH), axis=1)
        counts[...] = counts * _MEMORY // np.maximum(counts[2], _MEMORY)

    def counted(self, logits: npt.NDArray[np.integer], bits: npt.NDArray[np.bool_]) -> tuple[Counts, Counts]:
        """How many decisions each logit coded, and how many of them were 1; logits as indices of :data:`Chance`."""
        size = len(self.table)
        return np.bincount(logits, minlength=size), np.bincount(logits[bits], minlength=size)


def _folded(upper: Counts, lower: Counts) -> Counts:
    """Counts of logits from 0 on, with those of the opposite logits added."""
    out = np.zeros_like(upper)
    out[LOGIT_LIMIT:] = upper[LOGIT_LIMIT:]
    out[LOGIT_LIMIT + 1 :] += lower[:LOGIT_LIMIT][::-1]
    return out
