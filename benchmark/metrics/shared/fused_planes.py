"""Differences of planes, their squares and their means of four, each in one pass, compiled by Numba.

It is imported only by those who have Numba, see :mod:`benchmark.metrics.shared.compiled`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmark.metrics.shared.compiled import inner_loop
from benchmark.system.compiled import compiled

_Samples = npt.NDArray[np.float32]
_Exact = npt.NDArray[np.float64]

_EVERY = 8
"""Of so many rows, one tells what planes differ by in the mean: any number near it will do."""

_any_order = compiled(fastmath={"contract", "reassoc", "nsz"})
"""A sum in float64, in the order of the vectors, which is always the same."""


@_any_order
def _sum(row: _Samples) -> float:
    total = 0.0
    for i in range(row.size):
        total += np.float64(row[i])
    return total


@_any_order
def _squares(row: _Samples) -> float:
    total = 0.0
    for i in range(row.size):
        total += np.float64(row[i]) * np.float64(row[i])
    return total


@_any_order
def _squared_error(a: _Samples, b: _Samples) -> float:
    total = 0.0
    for i in range(a.size):
        difference = np.float64(a[i] - b[i])
        total += difference * difference
    return total


@inner_loop
def _subtract(y: _Samples, x: _Samples, offset: np.float32, out: _Samples) -> None:
    for i in range(out.size):
        out[i] = (y[i] - x[i]) - offset


@compiled()
def _weigh(r: _Samples, g: _Samples, b: _Samples, luma: tuple[float, float, float], out: _Samples) -> None:
    for i in range(out.size):
        out[i] = r[i] * luma[0] + luma[1] * g[i] + luma[2] * b[i]


_PLANES, _PER_PLANE = "float32[:,:,:,::1]", "float64[:,::1]"


@compiled(f"void({_PLANES}, {_PLANES}, {_PER_PLANE})", nogil=True, cache=True)
def squared_errors(distorted: _Samples, reference: _Samples, out: _Exact) -> None:
    """Sums of squared differences, made in float64.

    Args:
        distorted, reference: planes: (N, C, H, W).
        out: (N, C), zeros, to which the sums are added.
    """
    count, planes, height, _ = reference.shape
    for image in range(count):
        for c in range(planes):
            for r in range(height):
                out[image, c] += _squared_error(distorted[image, c, r], reference[image, c, r])


@compiled(
    f"void({_PLANES}, {_PLANES}, UniTuple(float32, 3), {_PLANES}, {_PER_PLANE}, {_PER_PLANE})", nogil=True, cache=True
)
def differences(
    distorted: _Samples,
    reference: _Samples,
    luma: tuple[float, float, float],
    out: _Samples,
    offset: _Exact,
    squares: _Exact,
) -> None:
    """What distorted planes differ by, less whole numbers near the means of it, as some of the rows tell them.

    Luma is made of the differences of R, G and B, to their digits.

    Args:
        distorted, reference: planes in 0–255: (N, C, H, W); the fourth of four is luma.
        luma: weights of R, G and B.
        out: the differences, of the same shape.
        offset: what was taken from R, G and B, or from grey: (N, 3) or (N, 1).
        squares: sums of the squares of ``out``: (N, C).
    """
    count, planes, height, width = reference.shape
    for image in range(count):
        for c in range(min(planes, 3)):
            total, rows = 0.0, 0
            for r in range(0, height, _EVERY):
                total += _sum(distorted[image, c, r]) - _sum(reference[image, c, r])
                rows += 1
            offset[image, c] = np.rint(total / (rows * width))
        squares[image] = 0
        for r in range(height):
            for c in range(min(planes, 3)):
                _subtract(
                    distorted[image, c, r], reference[image, c, r], np.float32(offset[image, c]), out[image, c, r]
                )
            if planes == 4:
                _weigh(out[image, 0, r], out[image, 1, r], out[image, 2, r], luma, out[image, 3, r])
            for c in range(planes):
                squares[image, c] += _squares(out[image, c, r])


@inner_loop
def _mean_of_rows(upper: _Samples, lower: _Samples, out: _Samples) -> None:
    for i in range(out.size):
        out[i] = ((upper[2 * i] + lower[2 * i]) + (upper[2 * i + 1] + lower[2 * i + 1])) * np.float32(0.25)


@compiled(f"void({_PLANES}, {_PLANES})", nogil=True, cache=True)
def means_of_four(planes: _Samples, out: _Samples) -> None:
    """Means of 2×2 blocks of planes whose sides are even, rounded as NumPy rounds them.

    Args:
        planes: (N, C, H, W).
        out: the means: (N, C, H / 2, W / 2).
    """
    count, channels, height, _ = out.shape
    for image in range(count):
        for c in range(channels):
            for r in range(height):
                _mean_of_rows(planes[image, c, 2 * r], planes[image, c, 2 * r + 1], out[image, c, r])
