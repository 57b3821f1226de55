"""Errors of coefficients that are coded, which those still to come can make good in part.

The functions that a wavelet image is a sum of are not quite orthogonal: what the error of one coefficient adds to the
image is, to a small part, along the functions of others. The encoder keeps the error of the low-pass plane that a level
makes up, and asks before each pass which change of its coefficients would lessen that error most.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmark.neural.wavelet.bands import Part
from benchmark.neural.wavelet.tables import Tables
from benchmark.neural.wavelet.transform import (
    LEVELS,
    LOW_PASS,
    UNIT,
    Bands,
    Floats,
    Integers,
    Plane,
    band_shape,
    gather,
    spread,
    unit_of,
)

LARGE = 1 << 22
"""Samples above which the errors of a plane are kept in half precision: half the room, for more time."""


class Feedback:
    """Errors of an image while its parts are coded in their order.

    Args:
        height, width: the size of the image.
        step: the quantiser step, in units of 1/64.
        bands: the exact bands of each plane, of which the low-pass band is looked at.
        low: the decoded low-pass band of each plane, in units of 1/64.
        tables: the tables of the model.
    """

    def __init__(
        self, height: int, width: int, step: int, bands: Sequence[Bands], low: Sequence[Plane], tables: Tables
    ) -> None:
        self._shape, self._step = (height, width), np.float32(step / UNIT)
        self._shrink = tables.shrink.astype(np.float32) / UNIT
        self._levels = [LEVELS + 1] * len(low)
        unit = np.float32(unit_of(LEVELS, LOW_PASS))
        self._errors: list[Floats] = [
            np.asarray(decoded.astype(np.float32) / UNIT - exact[LEVELS, LOW_PASS] * unit, dtype=np.float32)
            for decoded, exact in zip(low, bands, strict=True)
        ]

    def wanted(self, part: Part) -> Floats:
        """What is best added to the coefficients of a part before they are chosen, in steps, of the part's shape."""
        error = self._error(part)
        # The square of the norm of a function in the finer plane is that of level 1.
        factor = -(unit_of(1, part.orientation) ** 2) / unit_of(part.level, part.orientation) / self._step
        return gather(error, part.orientation, part.first) * np.float32(factor)

    def coded(self, part: Part, values: Integers, exact: Floats) -> None:
        """Takes in what was chosen for a part, and what it was, in steps."""
        size = np.abs(values)
        decoded = np.sign(values) * (size - self._shrink[part.row][np.minimum(size, 3)])
        error = np.zeros(band_shape(*self._shape, part.level, part.orientation), np.float32)
        top, left = part.first
        error[top::2, left::2] = (decoded - exact) * (self._step * np.float32(unit_of(part.level, part.orientation)))
        spread(error, part.orientation, self._error(part))

    def _error(self, part: Part) -> Floats:
        """The error of the plane that a part's level makes up, in grey levels."""
        while self._levels[part.plane] > part.level:
            self._levels[part.plane] -= 1
            finer = self._levels[part.plane] - 1
            shape = band_shape(*self._shape, finer, LOW_PASS) if finer else self._shape
            finer_error = np.zeros(shape, np.float16 if shape[0] * shape[1] > LARGE else np.float32)
            spread(self._errors[part.plane].astype(np.float32), LOW_PASS, finer_error)
            self._errors[part.plane] = finer_error
        return self._errors[part.plane]
