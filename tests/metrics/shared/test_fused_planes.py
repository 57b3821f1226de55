"""The compiled passes against NumPy's arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.colour.channels import LUMA, to_channels
from benchmark.metrics.psnr import Psnr
from tests.conftest import jpeg_at, photo
from tests.metrics.measured import batch_values
from tests.needs import needs

needs("numba", extra="numba")

from benchmark.metrics.shared.fused_planes import differences, means_of_four, squared_errors  # noqa: E402 (needs it)

SIZES = [(1, 1), (2, 3), (64, 65), (161, 203), (512, 768)]


def pair(height: int, width: int, channels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Channels of two pictures, one of them darker by some levels: shape (2, C, H, W)."""
    pictures = np.stack([photo(height, width, channels, seed) for seed in (1, 2)])
    others = np.stack([jpeg_at(picture, 30) for picture in pictures]) // 2 + 20
    return to_channels(pictures), to_channels(others)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, 3])
def test_differences_about_their_centre(size: tuple[int, int], channels: int) -> None:
    reference, distorted = pair(*size, channels)
    found, squares = np.full_like(reference, np.nan), np.full(reference.shape[:2], np.nan)
    offset = np.full((2, channels), np.nan)
    differences(distorted, reference, tuple(LUMA), found, offset, squares)
    expected = distorted[:, :channels].astype(float) - reference[:, :channels]
    assert np.abs(offset - expected[:, :, ::8].mean(axis=(2, 3))).max() <= 0.5
    assert (offset == np.rint(offset)).all()
    expected -= offset[:, :, np.newaxis, np.newaxis]
    assert np.array_equal(found[:, :channels], expected)
    if channels == 3:
        luma = np.tensordot(expected, LUMA.astype(float), (1, 0))
        assert found[:, 3] == pytest.approx(luma, abs=1e-4)
    assert squares == pytest.approx((found.astype(float) ** 2).sum(axis=(2, 3)), rel=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_squared_errors_are_exact(size: tuple[int, int]) -> None:
    reference, distorted = pair(*size)
    found = np.zeros(reference.shape[:2])
    squared_errors(distorted, reference, found)
    expected = ((distorted.astype(float) - reference) ** 2).sum(axis=(2, 3))
    assert np.array_equal(found[:, :3], expected[:, :3])
    assert found[:, 3] == pytest.approx(((distorted - reference)[:, 3].astype(float) ** 2).sum(axis=(1, 2)), rel=1e-12)


@pytest.mark.parametrize("size", [(2, 2), (64, 66), (162, 204), (512, 768)])
def test_means_of_four_have_the_digits_of_numpy(size: tuple[int, int]) -> None:
    planes, _ = pair(*size)
    planes += np.random.default_rng(3).normal(0, 1, planes.shape).astype(np.float32)
    found = np.empty((*planes.shape[:2], size[0] // 2, size[1] // 2), np.float32)
    means_of_four(planes, found)
    rows = planes[..., 0::2, :] + planes[..., 1::2, :]
    assert np.array_equal(found, (rows[..., 0::2] + rows[..., 1::2]) * np.float32(0.25))


@pytest.mark.parametrize("channels", [1, 3])
def test_psnr_is_that_of_numpy(monkeypatch: pytest.MonkeyPatch, channels: int) -> None:
    picture = photo(97, 131, channels)[np.newaxis]
    other = jpeg_at(picture[0], 30)[np.newaxis]
    found = []
    for wanted in ("0", "1"):
        monkeypatch.setenv("RDBENCH_COMPILED", wanted)
        found.append({name: values[0] for name, values in batch_values(Psnr(), picture, other).items()})
    assert found[0] == pytest.approx(found[1], rel=1e-12)
    assert found[0]["mse_rgb"] == found[1]["mse_rgb"] > 0
