"""VIF in the pixel domain: the share of the information of the original that the eye still gets from the copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from benchmark.metric import Channels, Metric, MetricFamily, Promises, Values
from benchmark.metrics.shared.planes import Plane, best_where_equal, gaussian_taps, inner_means, luma_planes

_NOISE = 2.0
"""Variance of what the eye adds."""
_NOTHING = 1e-8
"""A variance that counts as none."""
_SCALES = 4


class VisualInformationFidelity(MetricFamily):
    """VIFp, as its authors' program for the pixel domain has it."""

    name = "vif"
    order = 22
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="vif",
            space="y",
            title="VIF",
            smallest=41,
            lowest=0.0,
            by_default=False,
            groups=("perceptual", "jpeg-ai"),
            promises=Promises(equal=1.0, levels=False),
            definition="VIF in the pixel domain (Sheikh and Bovik 2006), four scales, noise 2.0; above 1 where "
            "contrast was added; of luma in 0–255",
        ),
    )

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> Plane:
        return luma_planes(reference)

    def compare(self, prepared: Plane, distorted: Channels) -> dict[str, Values]:
        copy = luma_planes(distorted)
        values = [_vif(one, two) for one, two in zip(prepared, copy, strict=True)]
        return {"vif_y": best_where_equal(np.array(values), prepared, copy, 1.0)}


def _vif(reference: Plane, distorted: Plane) -> float:
    kept = there = 0.0
    for scale in range(_SCALES):
        size = 2 ** (_SCALES - scale) + 1
        taps = gaussian_taps(size, size / 5)
        if scale:
            reference, distorted = (inner_means(plane, taps)[::2, ::2] for plane in (reference, distorted))
        one, two = inner_means(reference, taps), inner_means(distorted, taps)
        variance = np.maximum(inner_means(reference * reference, taps) - one * one, 0)
        other = np.maximum(inner_means(distorted * distorted, taps) - two * two, 0)
        both = inner_means(reference * distorted, taps) - one * two
        gain = both / (variance + _NOTHING)
        rest = other - gain * both
        flat, lost = variance < _NOTHING, other < _NOTHING
        gain[flat | lost] = 0
        rest[flat] = other[flat]
        rest[lost] = 0
        variance[flat] = 0
        turned = gain < 0
        rest[turned] = other[turned]
        gain[turned] = 0
        rest = np.maximum(rest, _NOTHING)
        kept += float(np.log10(1 + gain * gain * variance / (rest + _NOISE)).sum())
        there += float(np.log10(1 + variance / _NOISE).sum())
    return (kept + _NOTHING) / (there + _NOTHING)
