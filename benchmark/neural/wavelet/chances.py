"""Chances of decisions: what the model says, set right by how its logits fared of late in the image at hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.neural.wavelet.tables import LOGIT_LIMIT, TOTAL

FIRST, LATER, SIGN = range(3)
"""Families of decisions, which fare apart: whether a coefficient is zero, how far it goes on, its sign."""
FAMILIES = 3

_PLANES = 3
"""Planes fare apart too."""
WIDTH = 32
"""Logits of a bin: one natural unit."""
BINS = (2 * LOGIT_LIMIT) // WIDTH + 1
EDGE = WIDTH // 2
"""Numbers of a family below that of its lowest logit: then those between the middles of two bins are a row."""
ROW = BINS * WIDTH
"""Numbers of a family."""
CENTRE = EDGE + LOGIT_LIMIT
"""The number of logit 0 in its family."""
UNIT = 1 << 8
"""Units of a count of decisions in 1."""
PRIOR = 4 * UNIT
"""What is added to all counts: the decisions that it takes to be believed."""
MEMORY = 512 * UNIT
"""Counts of a bin above this are brought down to it, so that older decisions fade."""

Numbers = npt.NDArray[np.int64]
"""Numbers of families and logits, as :func:`numbers` gives them."""
Flags = npt.NDArray[np.bool_]
Probabilities = npt.NDArray[np.float64]
"""Probabilities of 1 for each number: whole multiples of 1/65,536, no rounding is in them."""


def numbers(family: int, logits: npt.NDArray[np.integer]) -> Numbers:
    """Numbers of decisions of a family at these logits, under which their probabilities stand."""
    found: Numbers = np.add(logits, family * ROW + CENTRE, dtype=np.int64)
    return found


class Chances:
    """Adaptive chances, in whole numbers; where they are divided, ``float64`` holds numerator and quotient exactly.

    For each bin of logits it counts how many decisions were "more", and how many the model expected: the ratio of the
    odds of the two is what later odds are multiplied by. Between the middles of two bins chances go over from those of
    one to those of the other in a straight line. The chance of a positive sign is that of a negative one at the
    opposite logit, so both are learned at once.

    Args:
        table: the table of the model, see ``Tables.probability``.
    """

    def __init__(self, table: npt.NDArray[np.uint16]) -> None:
        self.table = table
        padded = np.pad(table.astype(np.int64), (EDGE, ROW - EDGE - len(table)), mode="edge")
        self._expected = np.tile(np.roll(padded, -EDGE).reshape(BINS, WIDTH), (FAMILIES, 1))
        self._for = np.tile(padded.reshape(BINS, WIDTH).astype(np.float64), (FAMILIES, 1))
        self._against = TOTAL - self._for
        # Between the middles of a bin and the one before it; below the first of a family, of that alone.
        self._ends = np.arange(FAMILIES * BINS) - np.array([[1], [0]])
        self._ends[0, ::BINS] += 1
        self._way = np.arange(WIDTH) / WIDTH
        # A sign is learned at the logits from 0 on.
        self._facing = np.arange(FAMILIES * ROW)
        self._facing[SIGN * ROW :][1:CENTRE] = self._facing[: SIGN * ROW + CENTRE : -1]
        # Of each family and bin: seen, expected and all; and what odds are multiplied by, as a ratio.
        self._counts = np.zeros((_PLANES, 3, FAMILIES * BINS), np.int64)
        self._up = np.full((_PLANES, FAMILIES * BINS), float(PRIOR**2 >> 8))
        self._down = self._up.copy()
        self._probabilities = np.empty((_PLANES, FAMILIES * BINS, WIDTH))
        for plane in range(_PLANES):
            self._correct(plane, np.arange(FAMILIES * BINS))

    @property
    def tables(self) -> tuple[npt.NDArray[Any], ...]:
        """What compiled loops need of what stays, see :mod:`benchmark.neural.wavelet.kernels`."""
        return self._facing, self._expected, self._for, self._against, self._ends

    def state(self, plane: int) -> tuple[npt.NDArray[Any], ...]:
        """What they need of a plane, and change: counts, ratios of odds, probabilities."""
        return self._counts[plane], self._up[plane], self._down[plane], self._probabilities[plane]

    def of(self, plane: int) -> Probabilities:
        """Probabilities of all decisions in a plane, by their numbers: a view, which changes when the plane learns."""
        probabilities: Probabilities = self._probabilities[plane].reshape(-1)
        return probabilities

    def learn(self, plane: int, met: Numbers, bits: Flags) -> None:
        """Learns from decisions in a plane that were coded, by their numbers."""
        facing = self._facing.take(met)
        ones = bits ^ (facing != met)
        facing -= EDGE
        bins = facing // WIDTH
        all_of = np.bincount(bins, minlength=FAMILIES * BINS)
        touched = np.flatnonzero(all_of)
        each = np.bincount(facing, minlength=FAMILIES * ROW).reshape(-1, WIDTH)[touched]
        counts = self._counts[plane][:, touched]
        counts[0] += np.bincount(bins[ones], minlength=FAMILIES * BINS)[touched] * UNIT
        counts[1] += (each * self._expected[touched] >> 8).sum(axis=1)
        counts[2] += all_of[touched] * UNIT
        counts = counts * MEMORY // np.maximum(counts[2], MEMORY)
        self._counts[plane][:, touched] = counts
        more, expected, every = counts
        self._up[plane, touched] = (more + PRIOR) * (every - expected + PRIOR) >> 8
        self._down[plane, touched] = (every - more + PRIOR) * (expected + PRIOR) >> 8
        self._correct(plane, touched)

    def _correct(self, plane: int, touched: Numbers) -> None:
        """Brings probabilities up to date whose bins have other counts than before."""
        reached = np.zeros(FAMILIES * BINS + 1, np.bool_)
        reached[touched] = reached[touched + 1] = True
        rows = np.flatnonzero(reached[:-1])
        ends = self._ends[:, rows]
        # Sums stay below 2⁴⁴, and a quotient is further below the next whole number than it is rounded.
        raised = self._for[rows] * self._up[plane][ends][..., np.newaxis]
        both = self._against[rows] * self._down[plane][ends][..., np.newaxis]
        both += raised
        both *= 1 / TOTAL
        raised /= np.floor(both, out=both)
        before, found = np.floor(raised, out=raised)
        found -= before
        found *= self._way
        found += 0.5
        np.floor(found, out=found)
        found += before
        np.maximum(found, 1, out=found)
        np.minimum(found, TOTAL - 1, out=found)
        found *= 1 / TOTAL
        self._probabilities[plane, rows] = found
        sign = self.of(plane)[SIGN * ROW :]
        np.subtract(1, sign[:CENTRE:-1], out=sign[1:CENTRE])
