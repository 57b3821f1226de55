"""MDSI: how much the likeness of gradients and of colours deviates over the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from benchmark.metric import Channels, Metric, MetricFamily, Promises, Values
from benchmark.metrics.shared.planes import Plane, block_means, colour_planes, gradient, similarity

_LHM = ((0.2989, 0.587, 0.114), (0.3, 0.04, -0.35), (0.34, -0.6, 0.17))
_C1, _C2, _C3 = 140.0, 55.0, 550.0
_PREWITT = (1 / 3, 1 / 3, 1 / 3)


class MeanDeviation(MetricFamily):
    """MDSI, as its authors' program has it by default."""

    name = "mdsi"
    order = 24
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="mdsi",
            space="colour",
            grey=True,
            title="MDSI",
            higher_is_better=False,
            smallest=8,
            lowest=0.0,
            by_default=False,
            groups=("perceptual",),
            promises=Promises(equal=0.0),
            definition="MDSI (Nafchi et al. 2016), sum of gradient and chromaticity similarity, α 0.6, c 140, 55, 550; "
            "sRGB in 0–255, a grey picture as R = G = B",
        ),
    )

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> Plane:
        return _planes(reference)

    def compare(self, prepared: Plane, distorted: Channels) -> dict[str, Values]:
        return {"mdsi": _deviation(prepared, _planes(distorted))}


def _planes(channels: Channels) -> Plane:
    """L, H and M, shape (N, 3, H, W), of the size at which about 256 rows or columns are left."""
    planes = colour_planes(channels, _LHM)
    size = max(1, round(min(planes.shape[2:]) / 256))
    around = ((size - 1) // 2, size // 2)
    return block_means(np.pad(planes, ((0, 0), (0, 0), around, around)) if size > 1 else planes, size)


def _deviation(one: Plane, two: Plane) -> Values:
    edges, others = (gradient(planes[:, 0], _PREWITT) for planes in (one, two))
    both = gradient((one[:, 0] + two[:, 0]) / 2, _PREWITT)
    # The last two cancel where the pictures are equal, so they are subtracted before they are added.
    edge = similarity(edges, others, _C1) + (similarity(others, both, _C2) - similarity(edges, both, _C2))
    (h, m), (g, n) = (np.moveaxis(planes[:, 1:], 1, 0) for planes in (one, two))
    colour = (2 * (h * g + m * n) + _C3) / ((h * h + g * g) + (m * m + n * n) + _C3)
    rooted = (0.6 * edge + 0.4 * colour).astype(np.complex128) ** 0.25  # some are negative
    rooted -= rooted.mean(axis=(1, 2), keepdims=True)
    return np.asarray(np.abs(rooted).mean(axis=(1, 2)) ** 0.25)
