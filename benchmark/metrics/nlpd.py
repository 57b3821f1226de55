"""NLPD: the distance of two pictures in a Laplacian pyramid in which the neighbourhood divides each value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from benchmark.metric import Channels, Metric, MetricFamily, Promises, Values
from benchmark.metrics.shared.planes import Plane, luma_planes

_LOW = (0.05, 0.25, 0.4, 0.25, 0.05)
_NEIGHBOURS = (
    (0.0248, ((0, 0.1011, 0, 0), (0.1493, 0, 0.1460, 0.0072), (0, 0.1015, 0, 0))),
    (0.0185, ((0, 0.0757, 0, 0), (0.1986, 0, 0.1846, 0), (0, 0.0837, 0, 0))),
    (0.0179, ((0, 0.0477, 0, 0), (0.2138, 0, 0.2243, 0), (0, 0.0467, 0, 0))),
    (0.0191, ((0, 0, 0, 0), (0.2503, 0, 0.2616, 0), (0, 0, 0, 0))),
    (0.0220, ((0, 0, 0, 0), (0.2598, 0, 0.2552, 0), (0, 0, 0, 0))),
    (0.2782, ((0, 0, 0, 0), (0.2215, 0, 0.0717, 0), (0, 0, 0, 0))),
)
"""Of each level: what is added to the divisor, and the weights of the neighbours, of which the second row and column
is the pixel itself."""


class NormalizedLaplacian(MetricFamily):
    """NLPD, as its authors' program has it."""

    name = "nlpd"
    order = 28
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="nlpd",
            space="y",
            title="NLPD",
            higher_is_better=False,
            smallest=32,
            lowest=0.0,
            by_default=False,
            groups=("perceptual", "jpeg-ai"),
            promises=Promises(equal=0.0, symmetric=True),
            definition="NLPD (Laparra et al. 2016): mean over six levels of the root mean squared difference of the "
            "normalised Laplacian pyramid; of luma in 0–1",
        ),
    )

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> list[Plane]:
        return _pyramid(reference)

    def compare(self, prepared: list[Plane], distorted: Channels) -> dict[str, Values]:
        levels = [
            np.sqrt(np.square(one - two).mean(axis=(1, 2)))
            for one, two in zip(prepared, _pyramid(distorted), strict=True)
        ]
        return {"nlpd_y": np.mean(levels, axis=0)}


def _pyramid(channels: Channels) -> list[Plane]:
    """The normalised levels, each (N, H, W) of its size, the finest first; the last one is what is left."""
    from scipy.ndimage import convolve, correlate1d

    rest = luma_planes(channels) / 255
    levels = []
    for _ in _NEIGHBOURS[1:]:
        smaller = rest
        for axis in (1, 2):
            smaller = correlate1d(smaller, _LOW, axis, mode="reflect")
        smaller = smaller[:, ::2, ::2]
        levels.append(rest - _enlarged(smaller, rest.shape[1], rest.shape[2]))
        rest = smaller
    return [
        level / (constant + convolve(np.abs(level), _weights(rows), mode="constant"))
        for level, (constant, rows) in zip([*levels, rest], _NEIGHBOURS, strict=True)
    ]


def _weights(rows: tuple[tuple[float, ...], ...]) -> Plane:
    """The weights of neighbours, shape (1, 3, 5), the pixel itself in the middle."""
    return np.pad(np.array(rows, np.float64), ((0, 0), (1, 0)))[np.newaxis]


def _enlarged(planes: Plane, height: int, width: int) -> Plane:
    """Planes of twice the size, cut to an odd one where that is wanted."""
    from scipy.ndimage import correlate1d

    count, rows, columns = planes.shape
    larger = np.zeros((count, 2 * rows + 4, 2 * columns + 4))
    larger[:, ::2, ::2] = 4 * np.pad(planes, ((0, 0), (1, 1), (1, 1)), mode="edge")
    for axis in (1, 2):
        larger = correlate1d(larger, _LOW, axis, mode="constant")
    return larger[:, 2 : 2 + height, 2 : 2 + width]
