"""The transform: the wavelet CDF 9/7 over six levels; the inverse in integers.

The wavelet is computed by lifting (Daubechies and Sweldens 1998) with coefficients that are multiples of 2⁻¹², so that
the inverse undoes the very same steps. Signals of any length are mirrored at their ends; of an odd length the low-pass
half has one sample more. No padding is needed: an image of any size has as many coefficients as samples.

Low-pass samples are averages: they keep the range of the image. The inverse works on ``int32`` in units of 1/64 of a
grey level and rounds after every step, which makes it the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

LEVELS = 6
"""Levels of the wavelet; level 1 is the finest."""
UNIT = 64
"""Units of the integer inverse in a grey level, and of steps in 1."""

_SHIFT = 12
_PREDICT, _UPDATE = (-6497, 3616), (-217, 1817)
"""Lifting coefficients α, γ and β, δ of CDF 9/7 in units of 2⁻¹²."""
_LOW_GAIN = 6199
"""Square of its scaling factor K = 1.2302 in units of 2⁻¹²: low-pass samples are divided by K along each axis."""

_ROW_GAIN = 3330
"""1/K in units of 2⁻¹²."""

_LARGEST = 1 << 16
"""Largest coefficient of the inverse, a thousand grey levels: sums of products with it stay in 32 bits."""
BRIGHTEST = (1 << 15) - 1
"""Largest low-pass sample, 512 grey levels."""
_STRIP = 256
"""Rows or columns at once, to save room."""

SCALES = {
    (1, 0): 16201,
    (1, 1): 16201,
    (1, 2): 20817,
    (2, 0): 8202,
    (2, 1): 8202,
    (2, 2): 11194,
    (3, 0): 3913,
    (3, 1): 3913,
    (3, 2): 5205,
    (4, 0): 1917,
    (4, 1): 1917,
    (4, 2): 2515,
    (5, 0): 953,
    (5, 1): 953,
    (5, 2): 1245,
    (6, 0): 475,
    (6, 1): 475,
    (6, 2): 620,
    (6, 3): 241,
}
"""What a coefficient of a band (level, orientation) is multiplied by so that noise of one unit adds one unit of energy
to the image: the inverse of the norm of its synthesis function, in units of 2⁻¹⁴. (6, 3) is the low-pass band."""
_SCALE_SHIFT = 14
LOW_PASS = 3
"""Number of the low-pass band among the orientations."""
_HALVES = ((0, 1), (1, 0), (1, 1), (0, 0))
"""For each orientation, whether a band is of high-pass samples down and across."""

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]
Plane = npt.NDArray[np.int16]
"""A plane of an image, or its low-pass samples at some level, in units of 1/64."""
Bands = dict[tuple[int, int], npt.NDArray[Any]]
"""Planes by (level, orientation): HL, LH, HH are 0, 1, 2; (6, 3) is the low-pass band. Shape (h, w)."""


def band_shape(height: int, width: int, level: int, orientation: int) -> tuple[int, int]:
    """Shape of a band of an image; orientation 3 is the low-pass band of that level."""
    for _ in range(level - 1):
        height, width = -(-height // 2), -(-width // 2)
    rows, columns = ((height + 1) // 2, height // 2), ((width + 1) // 2, width // 2)
    return rows[orientation in (1, 2)], columns[orientation in (0, 2)]


def analyse(plane: Floats) -> Bands:
    """Bands of a plane, each coefficient in units of its synthesis function's norm."""
    bands: Bands = {}
    low: npt.NDArray[Any] = plane
    for level in range(1, LEVELS + 1):
        top, bottom = _split(low)
        quarters = [np.ascontiguousarray(part.T) for half in (top, bottom) for part in _split(half.T)]
        low, bands[level, 0], bands[level, 1], bands[level, 2] = quarters
        low = low * np.float32((1 << _SHIFT) / _LOW_GAIN)
    bands[LEVELS, 3] = low
    for key, band in bands.items():
        bands[key] = band * np.float32((1 << _SCALE_SHIFT) / SCALES[key])
    return bands


def dequantise(magnitudes: npt.NDArray[np.int64], step: int, level: int, orientation: int) -> Integers:
    """Coefficients of a band for the integer inverse.

    Args:
        magnitudes: values to reconstruct in units of 1/64 of a step, with their signs.
        step: quantiser step in units of 1/64.
        level, orientation: the place of the band.
    """
    product = magnitudes * (step * SCALES[level, orientation])
    shift = _SCALE_SHIFT + 6
    return np.asarray(np.clip((product + (1 << (shift - 1))) >> shift, -_LARGEST, _LARGEST), dtype=np.int32)


def synthesise(low: Plane, details: Sequence[Integers]) -> Plane:
    """The low-pass plane of one level finer, from its low-pass band and its HL, LH and HH."""
    left, right, bottom = details
    above = np.empty((low.shape[0], low.shape[1] + left.shape[1]), np.int32)
    below = np.empty((right.shape[0], right.shape[1] + bottom.shape[1]), np.int32)
    for target, halves in ((above, (low, left)), (below, (right, bottom))):
        for top in range(0, len(target), _STRIP):
            first, second = (half[top : top + _STRIP].T.astype(np.int32) for half in halves)
            if target is above:
                first = _scaled(first, _LOW_GAIN)
            target[top : top + _STRIP] = _join(first, second).T
    out = np.empty((len(above) + len(below), above.shape[1]), np.int16)
    for start in range(0, out.shape[1], _STRIP):
        strip = slice(start, start + _STRIP)
        out[:, strip] = np.clip(_join(above[:, strip], below[:, strip]), -BRIGHTEST, BRIGHTEST)
    return out


def unit_of(level: int, orientation: int) -> float:
    """Factor from a coefficient of a band, as of :func:`analyse`, to one of the lifting steps."""
    return SCALES[level, orientation] / (1 << _SCALE_SHIFT)


def spread(band: Floats, orientation: int, plane: Floats) -> None:
    """Adds to a plane what one band is worth there; lifting in floats.

    Args:
        band: the coefficients, in units of the lifting steps.
        orientation: the orientation of the band; 3 is the low-pass band.
        plane: the low-pass plane of one level finer, (h, w).
    """
    down, across = _HALVES[orientation]
    if orientation == LOW_PASS:
        band = band * np.float32(_LOW_GAIN / (1 << _SHIFT))
    height, width = plane.shape
    columns = _joined(np.ascontiguousarray(band.T), across, width)
    for start in range(0, width, _STRIP):
        strip = slice(start, start + _STRIP)
        plane[:, strip] += _joined(np.ascontiguousarray(columns[strip].T), down, height)


def gather(plane: Floats, orientation: int, first: tuple[int, int]) -> Floats:
    """Transpose of :func:`spread` for a band of details: how much of a plane is along the functions of the band.

    Args:
        plane: the low-pass plane of one level finer, (h, w).
        orientation: the orientation of the band.
        first: row and column of the first coefficient that is asked for; the others are every second one from it.
    """
    down, across = _HALVES[orientation]
    starts = range(0, plane.shape[1], _STRIP)
    rows = np.hstack(
        [_parted(plane[:, start : start + _STRIP].astype(np.float32), down)[first[0] :: 2] for start in starts]
    )
    return np.ascontiguousarray(_parted(np.ascontiguousarray(rows.T), across)[first[1] :: 2].T)


def _split(signal: Floats) -> tuple[Floats, Floats]:
    """Low-pass and high-pass samples along the first axis."""
    low, high = signal[0::2].copy(), signal[1::2].copy()
    if not high.size:
        # One row has no detail: it is its own average, in the units of lifting.
        return low * np.float32((1 << _SHIFT) / _ROW_GAIN), high
    for predict, update in zip(_PREDICT, _UPDATE, strict=True):
        high += _between(low, len(high), first=0) * np.float32(predict / (1 << _SHIFT))
        low += _between(high, len(low), first=-1) * np.float32(update / (1 << _SHIFT))
    return low, high


def _join(low: Integers, high: Integers) -> Integers:
    """Inverse of :func:`_split` in integers."""
    out = np.empty((len(low) + len(high), *low.shape[1:]), np.int32)
    even, odd = low.copy(), high.copy()
    if high.size:
        for predict, update in zip(_PREDICT[::-1], _UPDATE[::-1], strict=True):
            even -= _scaled(_between(odd, len(even), first=-1), update)
            odd -= _scaled(_between(even, len(odd), first=0), predict)
    elif low.size:
        even = _scaled(even, _ROW_GAIN)
    out[0::2], out[1::2] = even, odd
    return out


def _scaled(total: Integers, factor: int) -> Integers:
    """A product with a factor in units of 2⁻¹², rounded, in place."""
    total *= factor
    total += 1 << (_SHIFT - 1)
    total >>= _SHIFT
    return total


def _between(other: npt.NDArray[Any], size: int, *, first: int) -> npt.NDArray[Any]:
    """Sums of the two neighbours of each sample of one half of a signal in the other half, mirrored at the ends.

    Args:
        other: the other half.
        size: the size of the half.
        first: number of the left neighbour of its first sample: 0, or −1 where this half starts the signal.
    """
    total = np.empty((size, *other.shape[1:]), other.dtype)
    begin, end = -first, min(size, len(other) - 1 - first)
    np.add(other[: end - begin], other[1 : end - begin + 1], out=total[begin:end])
    if begin:
        total[0] = other[0] * 2
    if end < size:
        total[-1] = other[-1] * 2
    return total


def _joined(half: Floats, high: int, size: int) -> Floats:
    """A signal of a size from one half of it, low-pass or high-pass samples, along the first axis; in floats."""
    even = np.zeros(((size + 1) // 2, half.shape[1]), np.float32)
    odd = np.zeros((size // 2, half.shape[1]), np.float32)
    (odd if high else even)[...] = half
    if size == 1:
        return even * np.float32(_ROW_GAIN / (1 << _SHIFT))
    for predict, update in zip(_PREDICT[::-1], _UPDATE[::-1], strict=True):
        even -= _between(odd, len(even), first=-1) * np.float32(update / (1 << _SHIFT))
        odd -= _between(even, len(odd), first=0) * np.float32(predict / (1 << _SHIFT))
    out = np.empty((size, half.shape[1]), np.float32)
    out[0::2], out[1::2] = even, odd
    return out


def _parted(signal: Floats, high: int) -> Floats:
    """Transpose of :func:`_joined`."""
    even, odd = signal[0::2].copy(), signal[1::2].copy()
    if len(signal) == 1:
        return even * np.float32(_ROW_GAIN / (1 << _SHIFT))
    for predict, update in zip(_PREDICT, _UPDATE, strict=True):
        even -= _between_transposed(odd, len(even), first=0) * np.float32(predict / (1 << _SHIFT))
        odd -= _between_transposed(even, len(odd), first=-1) * np.float32(update / (1 << _SHIFT))
    return odd if high else even


def _between_transposed(total: Floats, size: int, *, first: int) -> Floats:
    """Transpose of :func:`_between`: from the half that has neighbours to the half of these, of a size."""
    weighted = total.copy()
    weighted[:-first] *= 2
    weighted[size - 1 - first :] *= 2
    out = np.zeros((size, *total.shape[1:]), total.dtype)
    left, right = weighted[-first : size - first], weighted[: size - 1 - first]
    out[: len(left)] += left
    out[1 + first : 1 + first + len(right)] += right
    return out
