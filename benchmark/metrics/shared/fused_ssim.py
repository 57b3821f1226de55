"""The local terms of SSIM in one pass over each plane, compiled by Numba.

Tiles of 16 × 256 outputs are filtered and combined while they lie in the first caches. NumPy's products of matrices
write each filtered map to memory, and read it again. Inner loops run over contiguous samples at constant distances, by
unsigned indices, so that LLVM makes vectors of them. Sums are in float64, always in the same order.

It is imported only by those who have Numba, see :mod:`benchmark.metrics.shared.compiled`. It compiles as it is
imported, and the result is kept beside this file, or in the user's cache.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmark.metrics.shared.compiled import inner_loop
from benchmark.system.compiled import compiled

_Samples = npt.NDArray[np.float32]
_Taps = tuple[float, float, float, float, float, float]
_Index = np.uintp

_ROWS, _OUT, _WIDE = 16, 256, 272
"""Outputs of a tile, and samples of a row of it: 266 are used, and rows begin at whole vectors."""
_D1, _D2, _D3, _D4, _D5, _D6, _D7, _D8, _D9, _D10 = (np.uintp(_WIDE * row) for row in range(1, 11))
_R1, _R2, _R3, _R4, _R5, _R6, _R7, _R8, _R9, _R10 = (np.uintp(column) for column in range(1, 11))


@inner_loop
def _products(
    x: _Samples, d: _Samples, at: _Index, n: _Index, plain: _Samples, squares: _Samples, mixed: _Samples
) -> None:
    for i in range(n):
        plain[at + i] = d[i]
        squares[at + i] = d[i] * d[i]
        mixed[at + i] = x[i] * d[i]


@inner_loop
def _down(a: _Samples, at: _Index, n: _Index, taps: _Taps, out: _Samples) -> None:
    for i in range(n):
        j = at + i
        total = a[j + _D5] * taps[5] + (a[j + _D4] + a[j + _D6]) * taps[4] + (a[j + _D3] + a[j + _D7]) * taps[3]
        total += (a[j + _D2] + a[j + _D8]) * taps[2] + (a[j + _D1] + a[j + _D9]) * taps[1]
        out[i] = total + (a[j] + a[j + _D10]) * taps[0]


@inner_loop
def _across(a: _Samples, n: _Index, taps: _Taps, at: _Index, out: _Samples) -> None:
    for i in range(n):
        total = a[i + _R5] * taps[5] + (a[i + _R4] + a[i + _R6]) * taps[4] + (a[i + _R3] + a[i + _R7]) * taps[3]
        total += (a[i + _R2] + a[i + _R8]) * taps[2] + (a[i + _R1] + a[i + _R9]) * taps[1]
        out[at + i] = total + (a[i] + a[i + _R10]) * taps[0]


@inner_loop
def _weigh(means: _Samples, n: _Index, luma: tuple[float, float, float]) -> None:
    for i in range(n):
        means[3, i] = luma[0] * means[0, i] + luma[1] * means[1, i] + luma[2] * means[2, i]


@inner_loop
def _contrast(
    squares: _Samples,
    mixed: _Samples,
    mean_x: _Samples,
    variance_x: _Samples,
    mean_d: _Samples,
    at: _Index,
    n: _Index,
    c2: float,
    short: _Samples,
) -> None:
    zero, two = np.float32(0), np.float32(2)
    for i in range(n):
        mean = mean_d[at + i]
        variance = squares[i] - mean * mean
        variance = variance if variance > zero else zero
        short[i] = variance / ((mixed[i] - mean_x[i] * mean + variance_x[i]) * two + variance + c2)


@inner_loop
def _both(
    mean_x: _Samples,
    centre: float,
    mean_d: _Samples,
    at: _Index,
    n: _Index,
    offset: float,
    c1: float,
    short: _Samples,
) -> None:
    for i in range(n):
        x, d = mean_x[i] + centre, mean_d[at + i] + offset
        apart = d * d / ((x + d) * x * np.float32(2) + d * d + c1)
        short[i] = short[i] + apart - apart * short[i]


@compiled(fastmath={"reassoc"})
def _sum(row: _Samples, n: _Index) -> float:
    total = 0.0
    for i in range(n):
        total += np.float64(row[i])
    return total


_PLANES, _ROW = "float32[:,:,:,::1]", "float32[:,::1]"
_SIGNATURE = (
    f"void({_PLANES}, {_PLANES}, {_PLANES}, {_PLANES}, {_ROW}, {_ROW}, boolean, "
    "UniTuple(float32, 6), UniTuple(float32, 3), float32, float32, float64[:,::1], float64[:,::1])"
)


@compiled(_SIGNATURE, nogil=True, cache=True)
def shortfalls(
    x: _Samples,
    d: _Samples,
    mean_x: _Samples,
    variance_x: _Samples,
    centre: _Samples,
    offset: _Samples,
    luminance: bool,
    taps: _Taps,
    luma: tuple[float, float, float],
    c1: float,
    c2: float,
    ssim: npt.NDArray[np.float64],
    contrast: npt.NDArray[np.float64],
) -> None:
    """Sums of 1 − SSIM and of 1 − cs over all windows of every plane: see :mod:`benchmark.metrics.ssim`.

    Args:
        x, d: the reference, and what the distorted picture differs by, each about its centre: (N, C, H, W); the fourth
            of four planes is luma.
        mean_x, variance_x: local means and variances of the reference: (N, C, H − 10, W − 10).
        centre, offset: what was taken from ``x`` and ``d``: (N, C).
        luminance: whether SSIM is wanted.
        taps: the first six of the eleven taps of the window.
        luma: weights of R, G and B.
        c1, c2: the constants of SSIM.
        ssim, contrast: (N, C), zeros; the sums are added. Of ``ssim``, only where it is wanted.
    """
    count, planes, height, width = d.shape
    height, width = height - 10, width - 10
    # Indexed, not unpacked: Numba does not know rows that are unpacked to be contiguous.
    tile, lines = np.zeros((3, (_ROWS + 10) * _WIDE), np.float32), np.zeros((4, _WIDE), np.float32)
    plain, squares, mixed = tile[0], tile[1], tile[2]
    line, filtered_squares, filtered_mixed, short = lines[0], lines[1], lines[2], lines[3]
    means = np.zeros((4, _ROWS * _OUT), np.float32)
    first = np.uintp(0)
    for image in range(count):
        for top in range(0, height, _ROWS):
            rows = min(_ROWS, height - top)
            for left in range(0, width, _OUT):
                right = min(left + _OUT, width)
                n, wide = np.uintp(right - left), np.uintp(right - left + 10)
                for c in range(planes):
                    for r in range(rows + 10):
                        x_row, d_row = x[image, c, top + r, left:], d[image, c, top + r, left:]
                        _products(x_row, d_row, np.uintp(r * _WIDE), wide, plain, squares, mixed)
                    if c == 3:
                        _weigh(means, np.uintp(_ROWS * _OUT), luma)
                    for r in range(rows):
                        at, mean_at = np.uintp(r * _WIDE), np.uintp(r * _OUT)
                        if c < 3:
                            _down(plain, at, wide, taps, line)
                            _across(line, n, taps, mean_at, means[c])
                        _down(squares, at, wide, taps, line)
                        _across(line, n, taps, first, filtered_squares)
                        _down(mixed, at, wide, taps, line)
                        _across(line, n, taps, first, filtered_mixed)
                        mean_row, variance_row = mean_x[image, c, top + r, left:], variance_x[image, c, top + r, left:]
                        _contrast(
                            filtered_squares, filtered_mixed, mean_row, variance_row, means[c], mean_at, n, c2, short
                        )
                        contrast[image, c] += _sum(short, n)
                        if luminance:
                            _both(mean_row, centre[image, c], means[c], mean_at, n, offset[image, c], c1, short)
                            ssim[image, c] += _sum(short, n)
