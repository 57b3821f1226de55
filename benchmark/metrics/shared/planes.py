"""What metrics of gradients, contrasts and wavelets share: filters of planes, and how alike two maps are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.metric import Channels, Values

Plane = npt.NDArray[np.float64]
"""Planes of ``float64``, the last two axes (H, W)."""


def luma_planes(channels: Channels) -> Plane:
    """Luma of pictures in 0–255, shape (N, H, W)."""
    return channels[:, -1].astype(np.float64)


def colour_planes(channels: Channels, weights: Sequence[Sequence[float]]) -> Plane:
    """Weighted sums of R, G and B in 0–255, shape (N, C, H, W); those of a grey picture are equal.

    Args:
        channels: channels of pictures.
        weights: C rows of three.
    """
    samples = channels[:, :3].astype(np.float64)
    if samples.shape[1] == 1:
        samples = np.repeat(samples, 3, axis=1)
    return np.asarray(np.moveaxis(np.tensordot(np.asarray(weights), samples, (1, 1)), 0, 1))


def similarity(one: Plane, two: Plane, constant: float) -> Plane:
    """(2ab + c) / (a² + b² + c) of two maps: exactly 1 where they are equal."""
    return (2 * one * two + constant) / (one * one + two * two + constant)


def gradient(planes: Plane, across: Sequence[float]) -> Plane:
    """Length of the gradient by differences of the neighbours at either side; black lies around the picture.

    Args:
        planes: the planes.
        across: three weights of the rows, or columns, that a difference is the mean of.
    """
    from scipy.ndimage import correlate1d

    along = (-1.0, 0.0, 1.0)
    right = correlate1d(correlate1d(planes, along, -1, mode="constant"), across, -2, mode="constant")
    down = correlate1d(correlate1d(planes, along, -2, mode="constant"), across, -1, mode="constant")
    return np.asarray(np.hypot(right, down))


def block_means(planes: Plane, size: int) -> Plane:
    """Means of blocks; rows and columns that fill no block are left out."""
    if size == 1:
        return planes
    height, width = planes.shape[-2] // size, planes.shape[-1] // size
    blocks = planes[..., : height * size, : width * size].reshape(*planes.shape[:-2], height, size, width, size)
    return np.asarray(blocks.mean(axis=(-3, -1)))


def even_means(planes: Plane) -> Plane:
    """Means of 2×2 blocks, after a row and a column of zeros where a side is odd."""
    odd = max(planes.shape[-2] % 2, planes.shape[-1] % 2)
    return block_means(np.pad(planes, [(0, 0)] * (planes.ndim - 2) + [(0, odd)] * 2), 2)


def inner_means(planes: Plane, taps: npt.NDArray[np.float64]) -> Plane:
    """Weighted means of the neighbourhoods that lie within the picture.

    Args:
        planes: the planes.
        taps: an odd number of weights, the same down and across.
    """
    from scipy.ndimage import correlate1d

    reach = len(taps) // 2
    for axis in (-1, -2):
        planes = correlate1d(planes, taps, axis, mode="constant")
    return planes[..., reach : planes.shape[-2] - reach, reach : planes.shape[-1] - reach]


def gaussian_taps(count: int, sigma: float) -> npt.NDArray[np.float64]:
    """Weights of a Gaussian that sum to 1."""
    taps = np.exp(-0.5 * (np.arange(count) - (count - 1) / 2) ** 2 / sigma**2)
    return np.asarray(taps / taps.sum())


def best_where_equal(values: Values, reference: npt.NDArray[Any], distorted: npt.NDArray[Any], best: float) -> Values:
    """Values, but exactly the best one for equal planes or pictures, which rounding would part from it."""
    equal = (reference == distorted).reshape(len(values), -1).all(axis=1)
    return np.where(equal, best, values)
