"""Golden values, and the metrics of this bench against them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.metrics.shared.golden import digest, golden_values, spoilt
from benchmark.plugins import all_metrics, open_dataset
from tests.conftest import photo
from tests.metrics.measured import measure


def test_values_are_of_columns_that_there_are() -> None:
    counts = Counter(golden.column for golden in golden_values())
    assert set(counts) <= {metric.column for metric in all_metrics()}
    assert counts["ssimulacra2"] == 30
    assert min(counts.values()) == 9


def test_a_digest_is_of_the_pixels_row_by_row() -> None:
    picture = photo(6, 5)
    assert digest(picture) == digest(np.asfortranarray(picture))
    assert digest(picture) != digest(picture[::-1])
    assert len(digest(picture)) == 16


@pytest.mark.parametrize("picture", [photo(32, 40), photo(32, 40)[..., 0]], ids=["colour", "grey"])
def test_what_is_spoilt_keeps_its_shape(picture: npt.NDArray[np.uint8]) -> None:
    fine, coarse = (spoilt(picture, "jpeg", quality).astype(float) for quality in (95, 10))
    assert fine.shape == coarse.shape == picture.shape
    assert abs(coarse - picture).mean() > 1.5 * abs(fine - picture).mean() > 0


@pytest.mark.slow
@pytest.mark.usefixtures("kodak")
def test_similarities_are_those_of_other_programs() -> None:
    tried = Counter[str]()
    for golden in golden_values():
        if golden.column.startswith(("mse", "psnr_rgb", "psnr_y", "ssim_", "ms_ssim")):
            original = open_dataset(golden.dataset).load(golden.item)[0]
            other = spoilt(original, golden.codec, golden.quality)
            assert (digest(original), digest(other)) == (golden.image_sha256, golden.pixels_sha256)
            assert measure(original, other)[golden.column] == pytest.approx(golden.value, abs=5e-5)
            tried[golden.column] += 1
    assert tried == dict.fromkeys(("mse_rgb", "psnr_rgb", "psnr_y", "ssim_rgb", "ssim_y", "ms_ssim_rgb"), 9)
