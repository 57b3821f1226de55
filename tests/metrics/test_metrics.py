"""What holds for all metrics of the bench, and one published pair."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmark.colour.channels import to_channels
from benchmark.dataset import read_image
from benchmark.metric import find_metric
from benchmark.metrics.ssim import StructuralSimilarity
from tests.conftest import jpeg_at, photo
from tests.metrics.measured import measure


def test_identical_images() -> None:
    values = measure(photo(256, 256), photo(256, 256))
    assert values["mse_rgb"] == values["mse_y"] == 0
    assert values["psnr_rgb"] == np.inf
    for name in ("ssim_rgb", "ssim_y", "ms_ssim_rgb", "ms_ssim_y"):
        assert values[name] == pytest.approx(1, abs=1e-6)


def test_grey_image_is_its_own_luma() -> None:
    grey, other = photo(170, 170, 1), jpeg_at(photo(170, 170, 1), 20)
    values = measure(grey, other)
    colour = measure(np.stack([grey] * 3, axis=-1), np.stack([other] * 3, axis=-1))
    for name in ("mse", "psnr", "ssim", "ms_ssim"):
        assert values[f"{name}_rgb"] == values[f"{name}_y"]
        assert values[f"{name}_rgb"] == pytest.approx(colour[f"{name}_rgb"], rel=1e-5)
        assert values[f"{name}_rgb"] == pytest.approx(colour[f"{name}_y"], rel=1e-5)


def test_a_batch_is_measured_image_by_image() -> None:
    images = np.stack([photo(40, 40, 3, seed) for seed in range(4)])
    worse = np.stack([jpeg_at(image, quality) for image, quality in zip(images, (10, 30, 60, 90), strict=True)])
    family = StructuralSimilarity()
    prepared = family.prepare(to_channels(images), [find_metric(family.metrics, "ssim_rgb")])
    together = family.compare(prepared, to_channels(worse))["ssim_rgb"]
    apart = [measure(image, other)["ssim_rgb"] for image, other in zip(images, worse, strict=True)]
    # Single-precision products add in another order when there is more to multiply.
    assert together == pytest.approx(apart, abs=1e-6)
    assert len(set(apart)) == 4


def test_cross_check_of_one_published_pair(kodak: Path) -> None:
    """PSNR, SSIM and MS-SSIM of kodim03 under JPEG q50, on which four other implementations agree."""
    image = read_image(kodak / "kodim03.png")
    values = measure(image, jpeg_at(image, 50))
    assert values["psnr_rgb"] == pytest.approx(34.5576, abs=2e-3)
    assert values["ssim_rgb"] == pytest.approx(0.91649, abs=5e-5)
    assert values["ms_ssim_rgb"] == pytest.approx(0.97732, abs=5e-5)
