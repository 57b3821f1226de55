"""ColorVideoVDP by the package of its authors, of still pictures on one display, which the column names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.metric import Channels, Metric, MetricFamily, Promises, Tolerance, Values
from benchmark.metrics.shared.packages import package_version
from benchmark.metrics.shared.pictures import colour_pictures
from benchmark.metrics.shared.vision import load_torchvision

_DISPLAY = "standard_4k"
_Pictures = npt.NDArray[np.uint8]


class ColorVideoVdp(MetricFamily):
    """ColorVideoVDP on a desktop display; always on the processor, so that every machine has the same values."""

    name = "cvvdp"
    order = 41
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name=f"cvvdp_{_DISPLAY}",
            space="colour",
            grey=True,
            title="ColorVideoVDP, standard_4k",
            unit="JOD",
            digits=3,
            tolerance=Tolerance(0.005),
            smallest=8,
            highest=10.0,
            by_default=False,
            groups=("perceptual",),
            promises=Promises(equal=10.0, levels=False),
            definition="ColorVideoVDP (Mantiuk et al. 2024) of a still picture on its display standard_4k: 3840×2160 "
            "pixels on 30 inches from 0.75 m, 75.4 pixels per degree, 200 cd/m², contrast 1000, 250 lux; by cvvdp; "
            "sRGB, a grey picture as R = G = B",
        ),
    )

    @classmethod
    def version(cls) -> str:
        return package_version("ColorVideoVDP", "cvvdp", "cvvdp", "torch", "torchvision")

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> _Pictures:
        return colour_pictures(reference)

    def compare(self, prepared: _Pictures, distorted: Channels) -> dict[str, Values]:
        model = _model()
        values = [
            float(model.predict(picture, reference, dim_order="HWC")[0])
            for reference, picture in zip(prepared, colour_pictures(distorted), strict=True)
        ]
        return {self.metrics[0].column: np.array(values)}


@cache
def _model() -> Any:
    load_torchvision()
    import pycvvdp
    import torch

    return pycvvdp.cvvdp(display_name=_DISPLAY, device=torch.device("cpu"), quiet=True)
