"""MS-SSIM at odd sizes as pytorch-msssim has it, which CompressAI and many papers use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.metric import Metric, Values
from benchmark.metrics.ssim import MS_SSIM, StructuralSimilarity, mean_of_four

_RGB = replace(
    MS_SSIM,
    name="ms_ssim_pytorch",
    title="MS-SSIM (pytorch-msssim)",
    by_default=False,
    groups=("jpeg-ai",),
    definition="ms_ssim as pytorch-msssim 1.0 computes it: before each 2×2 mean an odd height gets a row of zeros at "
    "the top and at the bottom, an odd width a column at either side; the same where both sides are multiples of 16",
)


class PytorchMsSsim(StructuralSimilarity):
    """MS-SSIM with zeros around odd sizes, where TensorFlow and this bench's ``ms_ssim`` repeat the last row."""

    name = "ms_ssim_pytorch"
    order = 11
    metrics: ClassVar[tuple[Metric, ...]] = (_RGB, replace(_RGB, space="y", shown="figures"))

    @staticmethod
    def halve(planes: npt.NDArray[Any], zero: Values) -> npt.NDArray[Any]:
        height, width = planes.shape[-2:]
        top, left = height % 2, width % 2
        if not (top or left):
            return mean_of_four(planes)
        # An odd height grows by two, so that its last row of zeros is left over: it is in no block.
        shape = (*planes.shape[:-2], height + top, width + left)
        padded = np.broadcast_to(zero[..., np.newaxis, np.newaxis], shape).astype(planes.dtype)
        padded[..., top:, left:] = planes
        return mean_of_four(padded)
