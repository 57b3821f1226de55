"""IW-SSIM: SSIM of the bands of a pyramid, in which each place counts by the information that the eye gets there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.metric import Channels, Metric, MetricFamily, Promises, Values
from benchmark.metrics.shared.planes import Plane, best_where_equal, gaussian_taps, inner_means, luma_planes

_WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_WINDOW = gaussian_taps(11, 1.5)
_LOW = np.array([1, 4, 6, 4, 1]) / 16 * 2**0.5
_NOISE = 0.4
"""Variance of what the eye adds."""
_TINY = float(np.finfo(np.float64).eps)
_INNER = 4
"""By how much the places of SSIM lie farther inside than those of the information, whose windows are smaller."""


class InformationWeighted(MetricFamily):
    """IW-SSIM, as its authors' program has it."""

    name = "iw_ssim"
    order = 29
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="iw_ssim",
            space="y",
            title="IW-SSIM",
            smallest=161,
            highest=1.0,
            decibels="similarity",
            by_default=False,
            groups=("perceptual", "jpeg-ai"),
            promises=Promises(equal=1.0),
            definition="IW-SSIM (Wang and Li 2011), five scales of a Laplacian pyramid, 3×3 blocks and their parents, "
            "noise 0.4; of luma in 0–255; in figures −10·log₁₀(1 − x) of the mean",
        ),
    )

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> tuple[Plane, list[list[Plane]]]:
        planes = luma_planes(reference)
        return planes, [_pyramid(plane) for plane in planes]

    def compare(self, prepared: tuple[Plane, list[list[Plane]]], distorted: Channels) -> dict[str, Values]:
        planes, pyramids = prepared
        copies = luma_planes(distorted)
        values = [_iw_ssim(one, _pyramid(two)) for one, two in zip(pyramids, copies, strict=True)]
        return {"iw_ssim_y": best_where_equal(np.array(values), planes, copies, 1.0)}


def _pyramid(plane: Plane) -> list[Plane]:
    """Four bands, the finest first, and what is left."""
    from scipy.ndimage import correlate1d

    bands = []
    for _ in _WEIGHTS[1:]:
        smaller = plane
        for axis in (1, 0):
            smaller = np.take(correlate1d(smaller, _LOW, axis, mode="mirror"), range(0, smaller.shape[axis], 2), axis)
        larger = smaller
        for axis in (1, 0):
            spread = np.zeros([2 * count if place == axis else count for place, count in enumerate(larger.shape)])
            spread[:, ::2] = larger if axis == 1 else spread[:, ::2]
            spread[::2] = larger if axis == 0 else spread[::2]
            larger = np.take(correlate1d(spread, _LOW, axis, mode="mirror"), range(plane.shape[axis]), axis)
        bands.append(plane - larger)
        plane = smaller
    return [*bands, plane]


def _iw_ssim(reference: list[Plane], distorted: list[Plane]) -> float:
    last = len(_WEIGHTS) - 1
    means = []
    for scale, (one, two) in enumerate(zip(reference, distorted, strict=True)):
        structure, luminance = _structure(one, two)
        if scale == last:
            means.append((structure * luminance).mean())
            continue
        weight = _information(one, two, reference[scale + 1] if scale < last - 1 else None)
        weight = weight[_INNER:-_INNER, _INNER:-_INNER]
        # A picture without any detail has no information: then all places count alike.
        means.append(np.average(structure, weights=weight if weight.any() else None))
    return float(np.prod(np.abs(means) ** (_WEIGHTS / _WEIGHTS.sum())))


def _structure(one: Plane, two: Plane) -> tuple[Plane, Plane]:
    """The second and the first factor of SSIM."""
    mean, other = inner_means(one, _WINDOW), inner_means(two, _WINDOW)
    variance = np.maximum(inner_means(one * one, _WINDOW) - mean * mean, 0)
    second = np.maximum(inner_means(two * two, _WINDOW) - other * other, 0)
    both = inner_means(one * two, _WINDOW) - mean * other
    structure = (2 * both + _C2) / (variance + second + _C2)
    return structure, (2 * mean * other + _C1) / (mean * mean + other * other + _C1)


def _information(reference: Plane, distorted: Plane, parent: Plane | None) -> Plane:
    """What the eye gets of both pictures at each place but those at the edge, in bits.

    Args:
        reference, distorted: a band of both pictures, shape (H, W).
        parent: the next coarser band of the original, where there is one.
    """
    gain, rest = _channel(reference, distorted)
    height, width = reference.shape
    blocks = [reference[down : height - 2 + down, right : width - 2 + right] for down in range(3) for right in range(3)]
    if parent is not None:
        blocks.append(_enlarged(parent)[1 : height - 1, 1 : width - 1])
    values = np.stack(blocks).reshape(len(blocks), -1)
    variances, directions = np.linalg.eigh(values @ values.T / values.shape[1])
    positive = np.maximum(variances, 0)
    if positive.any():
        positive *= variances.sum() / positive.sum()
    inverse = np.divide(1, positive, out=np.zeros_like(positive), where=positive > 0)
    energy = (np.square(directions.T @ values) * inverse[:, np.newaxis]).sum(axis=0) / len(blocks)
    energy = energy.reshape(height - 2, width - 2)
    bits: Plane = np.zeros_like(energy)
    signal = (rest + (1 + gain * gain) * _NOISE) * energy
    for variance in positive:
        bits += np.log2(1 + (signal * variance + _NOISE * rest) / _NOISE**2)
    bits[bits < _TINY] = 0
    return bits


def _channel(reference: Plane, distorted: Plane) -> tuple[Plane, Plane]:
    """By what the copy multiplies the original at each place, and the variance of what it adds."""
    third = np.full(3, 1 / 3)
    mean, other = inner_means(reference, third), inner_means(distorted, third)
    variance = np.maximum(inner_means(reference * reference, third) - mean * mean, 0)
    second = np.maximum(inner_means(distorted * distorted, third) - other * other, 0)
    both = inner_means(reference * distorted, third) - mean * other
    gain = both / (variance + _TINY)
    rest = second - gain * both
    flat, lost = variance < _TINY, second < _TINY
    gain[flat | lost] = 0
    rest[flat] = second[flat]
    rest[lost] = 0
    return gain, rest


def _enlarged(plane: Plane) -> Plane:
    """A band of twice the size, linear between the samples and beyond the outer ones."""
    for axis in (0, 1):
        count = plane.shape[axis]
        places = np.clip((np.arange(4 * count - 3) + 0.5) * count / (4 * count - 3) - 0.5, 0, count - 1)
        plane = _between(np.moveaxis(plane, axis, 0), places)
        first, last = 2 * plane[:1] - plane[1:2], 2 * plane[-1:] - plane[-2:-1]
        plane = np.moveaxis(np.concatenate([first, plane, last])[::2], 0, axis)
    return plane


def _between(plane: Plane, places: npt.NDArray[np.float64]) -> Plane:
    """Rows at places between rows."""
    low = np.minimum(places.astype(np.intp), len(plane) - 2)
    share = (places - low)[:, np.newaxis]
    return np.asarray(plane[low] * (1 - share) + plane[low + 1] * share)
