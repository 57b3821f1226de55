"""FLIP by the package of its authors: what one sees of a difference when two pictures alternate in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.metric import Channels, Metric, MetricFamily, Promises, Values
from benchmark.metrics.shared.packages import package_version
from benchmark.metrics.shared.pictures import colour_pictures

_PIXELS_PER_DEGREE = 67.0206
"""A display of 3840 pixels on 0.7 m, seen from 0.7 m: what the authors' programs take where nobody says more."""
_Pictures = npt.NDArray[np.float32]


class Flip(MetricFamily):
    """LDR-FLIP, as flip-evaluator computes its map."""

    name = "flip"
    order = 40
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="flip",
            space="colour",
            grey=True,
            title="FLIP",
            higher_is_better=False,
            lowest=0.0,
            highest=1.0,
            by_default=False,
            groups=("perceptual",),
            promises=Promises(equal=0.0, symmetric=True),
            definition="mean of LDR-FLIP (Andersson et al. 2020) at 67.0206 pixels per degree (3840 pixels on 0.7 m, "
            "from 0.7 m), by flip-evaluator, added in float64; sRGB, a grey picture as R = G = B",
        ),
    )

    @classmethod
    def version(cls) -> str:
        return package_version("FLIP", "flip", "flip-evaluator")

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> _Pictures:
        return _scaled(reference)

    def compare(self, prepared: _Pictures, distorted: Channels) -> dict[str, Values]:
        import flip_evaluator

        means = []
        for reference, picture in zip(prepared, _scaled(distorted), strict=True):
            errors, *_ = flip_evaluator.evaluate(
                reference, picture, "LDR", applyMagma=False, parameters={"ppd": _PIXELS_PER_DEGREE}
            )
            # The mean of the package is a running sum in float32, which goes wrong from millions of pixels on.
            means.append(errors.mean(dtype=np.float64))
        return {"flip": np.array(means)}


def _scaled(channels: Channels) -> _Pictures:
    return colour_pictures(channels).astype(np.float32) / np.float32(255)
