"""The low-pass band: what is left over by a median predictor, in a Golomb–Rice code."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmark.errors import BitstreamError
from benchmark.neural.wavelet.decisions import Coder, code_plain
from benchmark.neural.wavelet.tables import TOTAL
from benchmark.neural.wavelet.transform import Integers

MOST = 1 << 20
"""Largest magnitude of a coefficient."""
_RICE_LIMIT = 24


def code_low(coder: Coder, plane: Integers) -> Integers:
    """Codes a low-pass band: what is left over by a median predictor, in a Golomb–Rice code of the best parameter.

    The predictor is that of LOCO-I (Weinberger et al. 2000).
    """
    left = np.zeros(plane.size, np.int64)
    if coder.writes:
        left = (plane - _predictions(plane)).ravel().astype(np.int64)
    folded = np.where(left < 0, -2 * left - 1, 2 * left)
    costs = [(folded >> bits).sum() + (1 + bits) * folded.size for bits in range(_RICE_LIMIT)]
    parameter = int(code_plain(coder, np.array([int(np.argmin(costs))]), 5)[0])
    if parameter >= _RICE_LIMIT:
        raise BitstreamError("the low-pass band has an absurd Golomb–Rice parameter")
    high = np.zeros(plane.size, np.int64)
    alive = np.arange(plane.size)
    while alive.size:
        alive = alive[coder.same((folded >> parameter)[alive] > high[alive], TOTAL // 2)]
        high[alive] += 1
        if alive.size and high.max() > 4 * plane.size + 64:  # the best parameter makes all of it less than 3 a sample
            raise BitstreamError("the entropy-coded payload holds absurd magnitudes")
    value = high << parameter | code_plain(coder, folded, parameter)
    if value.max(initial=0) > MOST:
        raise BitstreamError("the entropy-coded payload holds absurd magnitudes")
    return _predicted(np.where(value & 1, -(value + 1 >> 1), value >> 1).reshape(plane.shape))


def _predictions(plane: Integers) -> Integers:
    left = np.zeros_like(plane)
    left[:, 1:], left[1:, 0] = plane[:, :-1], plane[:-1, 0]
    up = left.copy()
    up[1:, 1:] = plane[:-1, 1:]
    corner = left.copy()
    corner[1:, 1:] = plane[:-1, :-1]
    low, high = np.minimum(left, up), np.maximum(left, up)
    return np.asarray(np.clip(left + up - corner, low, high), dtype=np.int32)


def _predicted(rest: npt.NDArray[np.int64]) -> Integers:
    rows = rest.tolist()
    for row, values in enumerate(rows):
        for column in range(len(values)):
            left = values[column - 1] if column else (rows[row - 1][0] if row else 0)
            if row and column:
                up, corner = rows[row - 1][column], rows[row - 1][column - 1]
                left = max(min(left, up), min(max(left, up), left + up - corner))
            values[column] += left
    return np.array(rows, np.int64).reshape(rest.shape).clip(-MOST, MOST).astype(np.int32)
