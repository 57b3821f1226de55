"""FSIM: how alike two pictures are in phase congruency, which finds features, and in gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.metric import Channels, Metric, MetricFamily, Promises, Values
from benchmark.metrics.shared.planes import Plane, block_means, colour_planes, gradient, luma_planes, similarity

_YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))
_SCALES, _DIRECTIONS = 4, 4
_SHORTEST = 6
"""Wavelength of the finest filters, in pixels."""
_TINY = float(np.finfo(np.float64).eps)
_SCHARR = (3 / 16, 10 / 16, 3 / 16)
_HOW = (
    "FSIM (Zhang et al. 2011), four scales and directions, after means of blocks that leave about 256 rows or columns"
)

_COLOUR = Metric(
    name="fsim",
    space="colour",
    title="FSIM",
    smallest=16,
    lowest=0.0,
    highest=1.0,
    decibels="similarity",
    by_default=False,
    groups=("perceptual", "jpeg-ai"),
    promises=Promises(equal=1.0, symmetric=True, levels=False),
    definition=f"{_HOW}; FSIMc, of Y, I and Q in 0–255, or FSIM of luma (fsim_y)",
)


class FeatureSimilarity(MetricFamily):
    """FSIMc and FSIM, as their authors' program has them."""

    name = "fsim"
    order = 26
    metrics: ClassVar[tuple[Metric, ...]] = (_COLOUR, replace(_COLOUR, space="y", shown="figures"))

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> dict[Metric, list[_Features]]:
        return {metric: _features(reference, metric) for metric in wanted}

    def compare(self, prepared: dict[Metric, list[_Features]], distorted: Channels) -> dict[str, Values]:
        return {
            metric.column: np.array(
                [_fsim(one, two) for one, two in zip(references, _features(distorted, metric), strict=True)]
            )
            for metric, references in prepared.items()
        }


@dataclass(frozen=True)
class _Features:
    """What is compared of a picture.

    Attributes:
        congruency: phase congruency, shape (H, W).
        edges: length of the gradient.
        chroma: I and Q, shape (2, H, W), or (0, H, W).
    """

    congruency: Plane
    edges: Plane
    chroma: Plane


def _features(channels: Channels, metric: Metric) -> list[_Features]:
    planes = luma_planes(channels)[:, np.newaxis] if metric.space == "y" else colour_planes(channels, _YIQ)
    planes = block_means(planes, max(1, round(min(planes.shape[2:]) / 256)))
    return [_Features(_congruency(each[0]), gradient(each[0], _SCHARR), each[1:]) for each in planes]


def _fsim(one: _Features, two: _Features) -> float:
    weight = np.maximum(one.congruency, two.congruency)
    alike = similarity(one.congruency, two.congruency, 0.85) * similarity(one.edges, two.edges, 160)
    colour = np.ones_like(alike)
    for plane, other in zip(one.chroma, two.chroma, strict=True):
        colour *= similarity(plane, other, 200)
    alike *= np.abs(colour) ** 0.03
    return float((alike * weight).sum() / weight.sum())


@dataclass(frozen=True)
class _Filters:
    """Filters for pictures of one size.

    Attributes:
        gains: by frequency, shape (directions, scales, H, W).
        noise: for each direction, the expected squared energy of noise whose finest response has a mean square of 1.
    """

    gains: Plane
    noise: npt.NDArray[np.float64]


def _frequencies(count: int) -> npt.NDArray[np.float64]:
    """Cycles per pixel, centred; with an odd count, up to exactly a half at either end."""
    return np.arange(count) / (count - 1) - 0.5 if count % 2 else np.arange(count) / count - 0.5


@lru_cache(maxsize=4)
def _filters(height: int, width: int) -> _Filters:
    """Log-Gabor filters, spread over directions."""
    from scipy.fft import ifft2, ifftshift

    down, across = np.meshgrid(_frequencies(height), _frequencies(width), indexing="ij")
    radius, angle = ifftshift(np.hypot(down, across)), ifftshift(np.arctan2(-across, down))
    low = 1 / (1 + (radius / 0.45) ** 30)
    radius[0, 0] = 1
    bands = []
    for scale in range(_SCALES):
        band = np.exp(-(np.log(radius * _SHORTEST * 2**scale) ** 2) / (2 * math.log(0.55) ** 2)) * low
        band[0, 0] = 0
        bands.append(band)
    spread = []
    for direction in range(_DIRECTIONS):
        turn = direction * math.pi / _DIRECTIONS
        apart = np.abs(np.arctan2(np.sin(angle - turn), np.cos(angle - turn)))
        spread.append(np.exp(-(apart**2) / (2 * (math.pi / (1.2 * _DIRECTIONS)) ** 2)))
    gains = np.stack(spread)[:, np.newaxis] * np.stack(bands)
    shapes = ifft2(gains, axes=(-2, -1)).real * math.sqrt(height * width)
    squares = (shapes**2).sum(axis=(1, 2, 3))
    products = (shapes.sum(axis=1) ** 2).sum(axis=(1, 2)) - squares  # twice the sum over pairs of scales
    finest = (gains[:, 0] ** 2).sum(axis=(1, 2))
    return _Filters(gains, 2 * (squares + products) / finest)


def _congruency(plane: Plane) -> Plane:
    """How far the waves at each pixel are in step over all scales, noise left out: from 0 to 1."""
    from scipy.fft import fft2, ifft2

    filters = _filters(*plane.shape)
    energies, amplitudes = np.full_like(plane, _TINY), np.full_like(plane, _TINY)
    spectrum = fft2(plane)
    for gains, noise in zip(filters.gains, filters.noise, strict=True):
        waves = ifft2(spectrum * gains, axes=(-2, -1))
        whole = waves.sum(axis=0)
        mean = whole / (np.abs(whole) + _TINY)
        turned = waves * np.conj(mean)
        energy = (turned.real - np.abs(turned.imag)).sum(axis=0)
        lengths = np.abs(waves)
        squares = np.sort(lengths[0].ravel() ** 2)
        power = squares[(squares.size - 1) // 2] / math.log(2)
        rayleigh = math.sqrt(noise * power / 2)
        # What noise adds to the energy: its mean and two standard deviations, which overrates it 1.7 times.
        threshold = rayleigh * (math.sqrt(math.pi / 2) + 2 * math.sqrt(2 - math.pi / 2)) / 1.7
        energies += np.maximum(energy - threshold, 0)
        amplitudes += lengths.sum(axis=0)
    return energies / amplitudes
