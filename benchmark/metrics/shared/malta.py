"""Butteraugli's map of errors along lines: what differs along a line is seen sooner than what differs at a point."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Planes of float32, the last two axes (H, W)."""

Line = tuple[tuple[int, int], ...]
"""Half a line through a pixel: steps (down, right) to its other pixels; their negatives are the other half."""

Lines = tuple[tuple[int, Line], ...]
"""Lines, each with the number of times that it counts."""

FINE: Lines = (
    (1, ((0, 1), (0, 2), (0, 3), (0, 4))),
    (1, ((1, 0), (2, 0), (3, 0), (4, 0))),
    (1, ((1, 1), (2, 2), (3, 3))),
    (1, ((1, -1), (2, -2), (3, -3))),
    (2, ((1, 0), (2, -1), (3, -1), (4, -1))),
    (2, ((1, 0), (2, 1), (3, 1), (4, 1))),
    (2, ((0, 1), (1, 2), (1, 3), (1, 4))),
    (2, ((0, 1), (-1, 2), (-1, 3), (-1, 4))),
    (1, ((1, 1), (2, 1), (3, 2))),
    (1, ((1, -1), (2, -1), (3, -2))),
    (1, ((1, 1), (1, 2), (2, 3))),
    (1, ((1, -1), (1, -2), (2, -3))),
)
"""Lines of seven or nine pixels."""

COARSE: Lines = (
    (1, ((0, 2), (0, 4))),
    (1, ((2, 0), (4, 0))),
    (1, ((2, 2), (3, 3))),
    (1, ((2, -2), (3, -3))),
    (1, ((2, -1), (4, -1))),
    (1, ((2, 1), (4, 1))),
    (1, ((1, 2), (1, 4))),
    (1, ((-1, 2), (-1, 4))),
    (1, ((2, 1), (3, 2))),
    (1, ((2, -1), (3, -2))),
    (1, ((1, 2), (2, 3))),
    (1, ((1, -2), (2, -3))),
    (1, ((1, -2), (2, -4))),
    (1, ((1, 2), (2, 4))),
    (1, ((2, 1), (4, 2))),
    (1, ((2, -1), (4, -2))),
)
"""Lines of five pixels that leave gaps, for bands in which neighbours hardly differ."""

_REACH = 4
_HALVES = 7.5 + 1
"""Twice the length of half a line, and the pixel itself."""


def line_errors(
    reference: Samples, distorted: Samples, lines: Lines, *, more: float, less: float, norm: float
) -> Samples:
    """The sum over lines of squared sums of weighted differences along each; outside the picture there are none.

    Args:
        reference, distorted: a band of both pictures, shape (…, H, W).
        lines: :data:`FINE` or :data:`COARSE`.
        more: weight of any difference.
        less: weight of what goes beyond 0.55 to 1.05 of the original's value.
        norm: amplitude at which a difference counts half.
    """
    scale = 0.39905817637 if lines is FINE else 0.611612573796
    any_weight = np.float32(scale * math.sqrt(0.5 * more) / _HALVES * norm)
    beyond_weight = np.float32(scale * math.sqrt(np.float32(0.33) * less) / _HALVES * norm)
    amplitude = np.abs(reference)
    share = np.float32(norm) + np.float32(0.5) * (amplitude + np.abs(distorted))
    difference = reference - distorted
    toward = np.where(reference < 0, -distorted, distorted)
    beyond = np.maximum(np.float32(0.55) * amplitude - toward, 0)
    beyond += np.maximum(toward - np.float32(1.05) * amplitude, 0)
    weighted = any_weight * difference
    weighted += np.where(difference < 0, -beyond_weight, beyond_weight) * beyond
    weighted /= share
    return _along(weighted, lines)


def _along(values: Samples, lines: Lines) -> Samples:
    """Sums of squared sums along lines."""
    height, width = values.shape[-2:]
    pad = [(0, 0)] * (values.ndim - 2) + [(_REACH, _REACH)] * 2
    padded = np.pad(values, pad)

    def moved(down: int, right: int) -> Samples:
        top, left = _REACH + down, _REACH + right
        return padded[..., top : top + height, left : left + width]

    total = np.zeros_like(values)
    for times, line in lines:
        along = values.copy()
        for down, right in line:
            along += moved(down, right)
            along += moved(-down, -right)
        along *= along
        if times > 1:
            along *= np.float32(times)
        total += along
    return total
