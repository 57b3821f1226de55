"""A small network of the form klt, and what its start alone makes of coefficients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmark.neural.klt.start import Start

SMALL = {"coefficients": 48, "context": 32, "hidden": 16, "narrow": 8, "restoration": 8, "levels": 4}


Floats = npt.NDArray[np.float32]


def quantised(target: Floats, start: Start, levels: int) -> Floats:
    """What the start alone makes of coefficients (N, M), bit after bit."""
    decoded = np.zeros_like(target)
    for level in range(levels):
        deviation = start.deviations[level]
        units = (target - decoded) / deviation
        for bit in range(32):
            index = int(np.argmax(start.project[level][:, bit]))
            amount = start.expand[level, bit, index]
            step = np.where(units[:, index] >= 0, amount, -amount)
            units[:, index] -= step
            decoded[:, index] += step * deviation[index]
    return decoded
