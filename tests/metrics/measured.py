"""What tests of metrics share: pairs of pictures, and their metrics."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.colour.channels import to_channels
from benchmark.metrics.psnr import Psnr
from benchmark.metrics.ssim import StructuralSimilarity
from tests.conftest import jpeg_at, photo

Pixels = npt.NDArray[np.uint8]


def measure(reference: Pixels, distorted: Pixels) -> dict[str, float]:
    """All metrics of a batch of one."""
    first, second = to_channels(reference[np.newaxis]), to_channels(distorted[np.newaxis])
    values: dict[str, Any] = {}
    for family in (Psnr(), StructuralSimilarity()):
        height, width = reference.shape[:2]
        defined = [metric for metric in family.metrics if not metric.undefined(height, width, 3)]
        half: Any = family.prepare(first, defined)
        values |= family.compare(half, second)
    return {name: float(value[0]) for name, value in values.items()}


def luma(image: Pixels) -> npt.NDArray[np.float64]:
    return image.astype(np.float64) @ np.array([0.299, 0.587, 0.114])


PAIRS = [
    pytest.param(photo(256, 320), jpeg_at(photo(256, 320), 30), id="jpeg"),
    pytest.param(photo(200, 177), np.roll(photo(200, 177), 3, axis=1), id="shifted"),
    pytest.param(photo(176, 192), 255 - photo(176, 192), id="negative"),
    pytest.param(photo(48, 33), jpeg_at(photo(48, 33), 5), id="small"),
    pytest.param(photo(11, 11), jpeg_at(photo(11, 11), 50), id="one-window"),
    pytest.param(np.full((64, 64, 3), 250, np.uint8), np.full((64, 64, 3), 251, np.uint8), id="flat"),
]
