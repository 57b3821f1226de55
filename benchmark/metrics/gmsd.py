"""GMSD: how much the likeness of gradients varies over the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from benchmark.metric import Channels, Metric, MetricFamily, Promises, Values
from benchmark.metrics.shared.planes import Plane, even_means, gradient, luma_planes, similarity

_C = 170.0


class GradientMagnitude(MetricFamily):
    """GMSD, as its authors' program has it."""

    name = "gmsd"
    order = 23
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="gmsd",
            space="y",
            title="GMSD",
            higher_is_better=False,
            smallest=8,
            lowest=0.0,
            by_default=False,
            groups=("perceptual",),
            promises=Promises(equal=0.0, symmetric=True),
            definition="GMSD (Xue et al. 2014): standard deviation of the similarity of Prewitt gradients, c 170, "
            "after 2×2 means; of luma in 0–255",
        ),
    )

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> Plane:
        return _gradients(reference)

    def compare(self, prepared: Plane, distorted: Channels) -> dict[str, Values]:
        return {"gmsd_y": similarity(prepared, _gradients(distorted), _C).std(axis=(1, 2))}


def _gradients(channels: Channels) -> Plane:
    return gradient(even_means(luma_planes(channels)), (1 / 3, 1 / 3, 1 / 3))
