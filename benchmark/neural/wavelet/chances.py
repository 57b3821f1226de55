"""Chances of decisions: what the model says, set right by how its logits fared so far in the image at hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmark.neural.wavelet.tables import LOGIT_LIMIT, TOTAL

FIRST, LATER, SIGN = range(3)
"""Families of decisions, which fare apart: whether a coefficient is zero, how far it goes on, its sign."""

_PLANES = 2
"""Luma, and chroma, fare apart too."""
_WIDTH = 16
"""Logits of a bin: half a natural unit."""
_BINS = (2 * LOGIT_LIMIT) // _WIDTH + 1
_UNIT = 1 << 8
"""Units of a count of decisions in 1."""
_PRIOR = 16 * _UNIT
"""What is added to all counts: the decisions that it takes to be believed."""
_MEMORY = (1 << 16) * _UNIT
"""Counts of a bin above this are halved."""

Chance = npt.NDArray[np.int64]
"""Chances of 1 for each logit from −384 on, (769,), in units of 1/65,536."""
Counts = npt.NDArray[np.int64]
"""Numbers of decisions for each logit, (769,)."""


class Chances:
    """Adaptive chances, in integers.

    For each bin of logits it counts how many decisions were "more", and how many the model expected: the ratio of the
    odds of the two is what later odds are multiplied by.

    Args:
        table: the table of the model, see ``Tables.probability``.
    """

    def __init__(self, table: npt.NDArray[np.uint16]) -> None:
        self.table: Chance = table.astype(np.int64)
        self._bin = np.arange(len(table)) // _WIDTH
        # Seen and expected; of "more" and of all.
        self._counts = np.zeros((3, _PLANES, 3, _BINS), np.int64)

    def of(self, family: int, plane: int) -> Chance:
        """Chances of a family of decisions now."""
        more, expected, every = self._counts[family, min(plane, 1)]
        up = (more + _PRIOR) * (every - expected + _PRIOR) >> 8
        down = (every - more + _PRIOR) * (expected + _PRIOR) >> 8
        raised = self.table * up[self._bin]
        found = raised // (raised + (TOTAL - self.table) * down[self._bin] >> 16)
        return np.asarray(np.clip(found, 1, TOTAL - 1))

    def learn(self, family: int, plane: int, every: Counts, ones: Counts) -> None:
        """Learns from decisions that were coded, as :meth:`counted` counts them."""
        found = np.stack([ones * _UNIT, every * self.table >> 8, every * _UNIT])
        counts = self._counts[family, min(plane, 1)]
        counts += np.add.reduceat(found, np.arange(0, len(self.table), _WIDTH), axis=1)
        counts[:, counts[2] > _MEMORY] >>= 1

    def counted(self, logits: npt.NDArray[np.integer], bits: npt.NDArray[np.bool_]) -> tuple[Counts, Counts]:
        """How many decisions each logit coded, and how many of them were 1; logits as indices of :data:`Chance`."""
        size = len(self.table)
        return np.bincount(logits, minlength=size), np.bincount(logits[bits], minlength=size)
