"""What tests of metrics share: pairs of pictures, and their metrics."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.colour.channels import to_channels
from benchmark.metric import MetricFamily, Values
from benchmark.metrics.psnr import Psnr
from benchmark.metrics.shared.golden import digest, golden_values, spoilt
from benchmark.metrics.ssim import StructuralSimilarity
from benchmark.plugins import open_dataset
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


def values_of(family: MetricFamily, reference: Pixels, distorted: Pixels) -> dict[str, float]:
    """The metrics of a family that are defined on a pair of pictures, by column."""
    values = batch_values(family, reference[np.newaxis], distorted[np.newaxis])
    return {column: float(value) for column, (value,) in values.items()}


def batch_values(family: MetricFamily, references: Pixels, distorted: Pixels) -> dict[str, Values]:
    """The metrics of a family that are defined on pictures of one size, shape (N, H, W, 3) or (N, H, W)."""
    height, width = references.shape[1:3]
    channels = 1 if references.ndim == 3 else 3
    wanted = [metric for metric in family.metrics if not metric.undefined(height, width, channels)]
    if not wanted:
        return {}
    found = family.compare(family.prepare(to_channels(references), wanted), to_channels(distorted))
    assert list(found) == [metric.column for metric in wanted]
    return found


def check_golden(family: MetricFamily, column: str, tolerance: float, start: str = "") -> int:
    """Compares a column with its golden values; how many there are.

    Args:
        family: the family.
        column: the column.
        tolerance: how far a value may be from the golden one.
        start: beginning of the names of the pictures that are compared, such as ``kodim03-jpeg-50``.
    """
    ours = [
        golden
        for golden in golden_values()
        if golden.column == column and f"{golden.item}-{golden.codec}-{golden.quality}".startswith(start)
    ]
    for golden in ours:
        original = open_dataset(golden.dataset).load(golden.item)[0]
        other = spoilt(original, golden.codec, golden.quality)
        assert (digest(original), digest(other)) == (golden.image_sha256, golden.pixels_sha256)
        assert values_of(family, original, other)[column] == pytest.approx(golden.value, abs=tolerance)
    return len(ours)


def check_pictures(family: MetricFamily) -> None:
    """Checks what holds for any metric of the eye.

    Equal pictures have what is promised, a grey picture is one of equal channels, pictures of a batch are compared one
    by one, and no run computes it that names no metrics.
    """
    side = max(metric.smallest for metric in family.metrics) + 21
    pictures = np.stack([photo(side, side + 3), photo(side, side + 3, seed=8)])
    others = np.stack([jpeg_at(picture, 30) for picture in pictures])
    together = batch_values(family, pictures, others)
    apart = [values_of(family, *pair) for pair in zip(pictures, others, strict=True)]
    for column, values in together.items():
        assert list(values) == pytest.approx([each[column] for each in apart], rel=1e-9)
        assert apart[0][column] != apart[1][column]
    grey = pictures[0, ..., 0], others[0, ..., 0]
    alike = values_of(family, *(np.stack([picture] * 3, axis=2) for picture in grey))
    for column, value in values_of(family, *grey).items():
        assert value == pytest.approx(alike[column], rel=1e-5)
    promised = {metric.column: metric.promises.equal for metric in family.metrics}
    assert values_of(family, pictures[0], pictures[0].copy()) == promised
    assert not any(metric.by_default for metric in family.metrics)
