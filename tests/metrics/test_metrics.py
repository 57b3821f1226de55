"""Metrics against independent implementations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from skimage.metrics import structural_similarity

from benchmark.dataset import read_image
from benchmark.metric import find_metric, to_channels
from benchmark.metrics.psnr import Psnr
from benchmark.metrics.ssim import StructuralSimilarity
from tests.conftest import jpeg_at, photo
from tests.needs import needs

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


@pytest.mark.parametrize(("reference", "distorted"), PAIRS)
def test_psnr(reference: Pixels, distorted: Pixels) -> None:
    values = measure(reference, distorted)
    mse = np.mean((reference.astype(np.float64) - distorted) ** 2)
    mse_y = np.mean((luma(reference) - luma(distorted)) ** 2)
    assert values["mse_rgb"] == pytest.approx(mse, rel=1e-12)
    assert values["psnr_rgb"] == pytest.approx(10 * np.log10(255**2 / mse), abs=1e-9)
    assert values["psnr_y"] == pytest.approx(10 * np.log10(255**2 / mse_y), abs=1e-4)


@pytest.mark.parametrize(("reference", "distorted"), PAIRS)
def test_ssim_equals_scikit_image(reference: Pixels, distorted: Pixels) -> None:
    values = measure(reference, distorted)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    oracle = structural_similarity(reference, distorted, channel_axis=2, **options)
    assert values["ssim_rgb"] == pytest.approx(oracle, abs=1e-5)
    assert values["ssim_y"] == pytest.approx(
        structural_similarity(luma(reference), luma(distorted), **options), abs=1e-5
    )


@pytest.mark.parametrize("size", [(176, 176), (192, 320), (161, 203), (512, 768)])
@pytest.mark.parametrize("quality", [5, 50, 95])
@pytest.mark.slow
def test_ms_ssim_equals_tensorflow(size: tuple[int, int], quality: int) -> None:
    tensorflow = needs("tensorflow", extra="neural")  # the oracle
    reference = photo(*size)
    distorted = jpeg_at(reference, quality)
    values = measure(reference, distorted)
    oracle = float(tensorflow.image.ssim_multiscale(reference, distorted, 255))
    assert values["ms_ssim_rgb"] == pytest.approx(oracle, abs=1e-4)
    grey = [tensorflow.constant(luma(image)[..., None].astype(np.float32)) for image in (reference, distorted)]
    assert values["ms_ssim_y"] == pytest.approx(float(tensorflow.image.ssim_multiscale(*grey, 255)), abs=1e-4)


def test_ms_ssim_is_undefined_on_small_images() -> None:
    ssim, ms_ssim = (find_metric(StructuralSimilarity.metrics, name) for name in ("ssim", "ms_ssim"))
    assert not ms_ssim.undefined(161, 161, 3)
    assert ms_ssim.undefined(160, 800, 3) == "ms_ssim is undefined below 161 pixels a side"
    assert not ssim.undefined(11, 11, 1)
    assert ssim.undefined(800, 10, 1) == "ssim is undefined below 11 pixels a side"
    values = measure(photo(161, 163), jpeg_at(photo(161, 163), 50))
    assert 0.5 < values["ms_ssim_rgb"] < 1
    assert "ms_ssim_rgb" not in measure(photo(160, 160), photo(160, 160))


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
