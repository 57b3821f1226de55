"""SSIM and MS-SSIM against independent implementations."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from benchmark.metric import find_metric
from benchmark.metrics.ssim import StructuralSimilarity
from tests.conftest import jpeg_at, photo
from tests.metrics.measured import PAIRS, Pixels, luma, measure
from tests.needs import needs


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
