"""Metrics in batches by PyTorch are those of the families, which a run computes by NumPy."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from benchmark.codec import Batch
from benchmark.colour.channels import to_channels
from benchmark.errors import MissingBackend, UsageError
from benchmark.metric import MetricFamily, Values
from benchmark.metrics.psnr import Psnr
from benchmark.metrics.shared import batches
from benchmark.metrics.shared.batches import compare_batch, torch_device
from benchmark.metrics.ssim import StructuralSimilarity
from benchmark.plugins import all_metrics
from tests.conftest import jpeg_at, photo
from tests.needs import needs

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _torch() -> None:
    needs("torch", extra="torch")


def by_families(reference: Batch, distorted: Batch) -> dict[str, Values]:
    """What a run computes, of all metrics that are defined at this size."""
    found: dict[str, Values] = {}
    channels = to_channels(reference)
    families: list[MetricFamily] = [Psnr(), StructuralSimilarity()]
    for family in families:
        wanted = [metric for metric in family.metrics if not metric.undefined(channels.shape[2], channels.shape[3], 3)]
        if wanted:
            found |= family.compare(family.prepare(channels, wanted), to_channels(distorted))
    return found


def assert_alike(reference: Batch, distorted: Batch, tolerance: float = 1e-6) -> dict[str, Values]:
    found, expected = compare_batch(reference, distorted, device="cpu"), by_families(reference, distorted)
    assert list(found) == list(expected)
    for column, values in expected.items():
        assert found[column].dtype == np.float64
        np.testing.assert_allclose(found[column], values, rtol=0, atol=tolerance, err_msg=column)
    return found


def pairs(height: int, width: int) -> tuple[Batch, Batch]:
    """Three photographs, coded ever more coarsely."""
    originals = [photo(height, width, 3, seed) for seed in range(3)]
    decoded = [jpeg_at(image, quality) for image, quality in zip(originals, (95, 50, 5), strict=True)]
    return np.stack(originals), np.stack(decoded)


@pytest.mark.parametrize(
    ("height", "width", "columns"),
    [(256, 384, 8), (161, 161, 8), (163, 321, 8), (160, 400, 6), (33, 48, 6), (11, 11, 6), (10, 400, 4), (1, 1, 4)],
)
def test_all_sizes_in_colour_and_grey(height: int, width: int, columns: int) -> None:
    original, decoded = pairs(height, width)
    assert len(assert_alike(original, decoded)) == columns
    assert_alike(original[..., 1], decoded[..., 1])


def test_the_columns_are_those_by_default() -> None:
    usual = [metric.column for metric in all_metrics() if metric.by_default]
    assert list(compare_batch(*pairs(161, 170))) == usual


def test_equal_pictures_have_exactly_the_best_values() -> None:
    original, _ = pairs(170, 190)
    for column, values in compare_batch(original, original).items():
        best = 0.0 if column.startswith("mse") else math.inf if column.startswith("psnr") else 1.0
        assert (values == best).all(), column


def test_pictures_that_have_little_in_common() -> None:
    """Noise, its negative, constant pictures, pictures that differ by a bit: nothing is lost in differences."""
    original, _ = pairs(170, 190)
    noise = np.random.default_rng(1).integers(0, 256, original.shape).astype(np.uint8)
    flat = np.full_like(original, 100)
    one = original.copy()
    one[:, 80, 90, 2] ^= 1
    for other in (noise, 255 - noise, flat, original ^ np.uint8(1), one):
        assert_alike(original, other)
    assert_alike(noise, 255 - noise)
    assert_alike(flat, flat + 1)
    assert_alike(flat, flat + 150)
    # The coarsest term is 1e-4 here, of which float32 keeps 1 − 0.9999: its power of 0.1333 has 1e-5 of that.
    assert_alike(0 * flat, 0 * flat + 255, tolerance=2e-5)


def test_many_pictures_are_compared_some_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    original, decoded = pairs(170, 190)
    whole = compare_batch(original, decoded, device="cpu")
    monkeypatch.setitem(batches.SAMPLES, "cpu", 2 * 170 * 190 * 4)
    for column, values in compare_batch(original, decoded, device="cpu").items():
        np.testing.assert_array_equal(values, whole[column])
    assert compare_batch(original[:0], decoded[:0])["ssim_rgb"].shape == (0,)


@pytest.mark.parametrize("shape", [(2, 3), (2, 8, 8, 4), (2, 0, 8)])
def test_what_is_no_batch_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        UsageError, match=r"^reference: expected uint8 of shape \(N, H, W\) or \(N, H, W, 3\), got uint8"
    ):
        compare_batch(np.zeros(shape, np.uint8), np.zeros(shape, np.uint8))
    fine = np.zeros((2, 8, 8), np.uint8)
    with pytest.raises(UsageError, match=r"^distorted: expected uint8 .* got float32 \(2, 8, 8\)"):
        compare_batch(fine, fine.astype(np.float32))
    with pytest.raises(UsageError, match=r"^expected pictures of one shape, got \(2, 8, 8\) and \(1, 8, 8\)"):
        compare_batch(fine, fine[:1])


def test_a_device_is_named_as_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    words = ("auto", "cpu", "gpu", "gpu:1", "cuda:1")
    assert [torch_device(word) for word in words] == ["cuda:0", "cpu", "cuda:0", "cuda:1", "cuda:1"]
    with pytest.raises(UsageError, match=r"^device gpu:2: PyTorch finds 2 GPUs; take cpu"):
        torch_device("gpu:2")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert torch_device("auto") == "cpu"
    with pytest.raises(UsageError, match=r"^device gpu: PyTorch finds no GPU; take cpu"):
        compare_batch(*pairs(8, 8), device="gpu")
    with pytest.raises(UsageError, match=r"^device: expected auto, cpu, gpu or gpu:N, got 'tpu'"):
        compare_batch(*pairs(8, 8), device="tpu")


def test_without_pytorch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingBackend, match=r"need PyTorch: pip install 'rdbench\[torch\]'"):
        torch_device("cpu")
