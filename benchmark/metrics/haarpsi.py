"""HaarPSI: how alike two pictures are in the details that Haar wavelets find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from benchmark.metric import Channels, Metric, MetricFamily, Promises, Values
from benchmark.metrics.shared.planes import (
    Plane,
    best_where_equal,
    colour_planes,
    even_means,
    luma_planes,
    similarity,
)

_YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))
_C, _ALPHA = 30.0, 4.2
_TINY = float(np.finfo(np.float64).eps)
_HOW = "HaarPSI (Reisenhofer et al. 2018), c 30, α 4.2, after 2×2 means"

_COLOUR = Metric(
    name="haarpsi",
    space="colour",
    title="HaarPSI",
    smallest=16,
    lowest=0.0,
    highest=1.0,
    decibels="similarity",
    by_default=False,
    groups=("perceptual",),
    promises=Promises(equal=1.0, symmetric=True, levels=False),
    definition=f"{_HOW}; of Y, I and Q in 0–255, or of luma (haarpsi_y)",
)


class HaarWavelets(MetricFamily):
    """HaarPSI, as its authors' program has it."""

    name = "haarpsi"
    order = 25
    metrics: ClassVar[tuple[Metric, ...]] = (_COLOUR, replace(_COLOUR, space="y", shown="figures"))

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> tuple[Channels, Sequence[Metric]]:
        return reference, wanted

    def compare(self, prepared: tuple[Channels, Sequence[Metric]], distorted: Channels) -> dict[str, Values]:
        reference, wanted = prepared
        found = {}
        for metric in wanted:
            one, two = (_seen(channels, metric.space == "y") for channels in (reference, distorted))
            found[metric.column] = best_where_equal(_haarpsi(one, two), one, two, 1.0)
        return found


def _seen(channels: Channels, grey: bool) -> Plane:
    """Y, I and Q, or Y alone, shape (N, C, H, W), of half the size."""
    return even_means(luma_planes(channels)[:, np.newaxis] if grey else colour_planes(channels, _YIQ))


def _haarpsi(one: Plane, two: Plane) -> Values:
    details, others = _wavelets(one[:, 0]), _wavelets(two[:, 0])
    weights = list(np.maximum(details[2], others[2]))
    maps = [
        (similarity(details[0, way], others[0, way], _C) + similarity(details[1, way], others[1, way], _C)) / 2
        for way in (0, 1)
    ]
    if one.shape[1] == 3:
        weights.append((weights[0] + weights[1]) / 2)
        chroma = [similarity(_mean(one[:, plane]), _mean(two[:, plane]), _C) for plane in (1, 2)]
        maps.append((chroma[0] + chroma[1]) / 2)
    whole = sum((weight.sum(axis=(1, 2)) for weight in weights), np.zeros(len(one)))
    seen = sum(
        (
            (weight / (1 + np.exp(-_ALPHA * alike))).sum(axis=(1, 2))
            for weight, alike in zip(weights, maps, strict=True)
        ),
        np.zeros(len(one)),
    )
    share = (seen + _TINY) / (whole + _TINY)
    return np.asarray((np.log(share / (1 - share)) / _ALPHA) ** 2)


def _wavelets(plane: Plane) -> Plane:
    """Amplitudes of details, shape (3 scales, 2 directions, N, H, W); black lies around the picture."""
    from scipy.ndimage import correlate1d

    found = []
    for scale in (1, 2, 3):
        size = 2**scale
        mean = np.full(size, 1 / size)
        step = np.repeat((1.0, -1.0), size // 2)
        for first, second in ((step, mean), (mean, step)):
            # An even number of taps reaches one pixel farther down and to the right.
            across = correlate1d(plane, second, -1, mode="constant", origin=-(1 - size % 2))
            found.append(np.abs(correlate1d(across, first, -2, mode="constant", origin=-(1 - size % 2))))
    return np.stack(found).reshape(3, 2, *plane.shape)


def _mean(plane: Plane) -> Plane:
    """Amplitude of the mean of each pixel and its neighbours below and to the right; black lies around the picture."""
    padded = np.pad(plane, ((0, 0), (0, 1), (0, 1)))
    total = padded[:, :-1, :-1] + padded[:, 1:, :-1] + padded[:, :-1, 1:] + padded[:, 1:, 1:]
    return np.abs(total / 4)
