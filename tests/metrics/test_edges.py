"""Metrics where they are hardest to compute: equal pictures, flat ones and qualities close to 1"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from benchmark.metric import find_metric
from benchmark.metrics.ssim import StructuralSimilarity
from tests.conftest import jpeg_at, photo
from tests.metrics.exact import exact
from tests.metrics.measured import Pixels, measure
from tests.needs import needs

SIMILARITIES = ("ssim_rgb", "ssim_y", "ms_ssim_rgb", "ms_ssim_y")


def picture(seed: int, height: int, width: int, kind: str) -> Pixels:
    """Noise, few levels, flat blocks or a dark ramp."""
    generator = np.random.default_rng(seed)
    if kind == "noise":
        return generator.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if kind == "levels":
        low = int(generator.integers(0, 253))
        return generator.integers(low, low + 3, (height, width, 3), dtype=np.uint8)
    if kind == "blocks":
        small = generator.integers(0, 256, (2, 3, 3), dtype=np.uint8)
        return small.repeat(-(-height // 2), axis=0)[:height].repeat(-(-width // 3), axis=1)[:, :width]
    ramp = np.linspace(0, generator.integers(1, 30), height * width * 3).reshape(height, width, 3)
    return ramp.astype(np.uint8)


@pytest.mark.slow
def test_equal_pictures_are_exactly_equal_and_others_never_more() -> None:
    """1,000 random pairs: a picture with itself gives 1 and infinite decibels on every plane, another gives less."""
    hypothesis: Any = needs("hypothesis", extra="test")
    strategies = hypothesis.strategies
    kinds = strategies.sampled_from(["noise", "levels", "blocks", "ramp"])
    seeds = strategies.integers(0, 2**32 - 1)
    sides = strategies.one_of(strategies.integers(11, 40), strategies.integers(161, 190))

    def check(seed: int, height: int, width: int, kind: str, other: str) -> None:
        first, second = picture(seed, height, width, kind), picture(seed + 1, height, width, other)
        same = measure(first, first.copy())
        assert same["psnr_rgb"] == same["psnr_y"] == np.inf
        for name in SIMILARITIES:
            if name in same:
                assert same[name] == 1
                assert find_metric(StructuralSimilarity.metrics, "ms_ssim").drawn(same[name]) == np.inf
        for name, value in measure(first, second).items():
            if name in SIMILARITIES:
                assert value <= 1
                assert value < 1 or name.endswith("_y") or np.array_equal(first, second)

    given = hypothesis.given(seed=seeds, height=sides, width=sides, kind=kinds, other=kinds)
    settings = hypothesis.settings(max_examples=1000, derandomize=True, database=None, deadline=None)
    settings(given(check))()


@pytest.mark.parametrize("grey", [False, True])
def test_a_picture_equals_itself(grey: bool) -> None:
    for seed in range(4):
        image = photo(170, 166, 1 if grey else 3, seed)
        values = measure(image, image.copy())
        assert {values[name] for name in SIMILARITIES} == {1.0}


@pytest.mark.slow
def test_flat_pairs_equal_scikit_image() -> None:
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    for level in range(256):
        for step in (1, 2, 4, 60, 255):
            if level + step <= 255:
                pair = [np.full((12, 12), value, np.uint8) for value in (level, level + step)]
                expected = structural_similarity(*pair, **options)
                for reference, distorted in (pair, pair[::-1]):
                    assert measure(reference, distorted)["ssim_rgb"] == pytest.approx(expected, abs=1e-6)


def flat_areas() -> list[tuple[str, Pixels, Pixels]]:
    """Pictures with flat areas at several levels, and what becomes of them."""
    generator = np.random.default_rng(0)
    page = np.full((176, 192, 3), 255, np.uint8)
    page[20:150:14, 20:170] = np.where(generator.random((10, 150, 1)) < 0.4, 0, 255)
    halves = np.zeros((176, 192, 3), np.uint8)
    halves[:, 96:] = 255
    colours = np.zeros((176, 192, 3), np.uint8)
    colours[:88], colours[88:, :70] = (255, 0, 0), (0, 255, 9)
    night = np.clip(3 + generator.normal(0, 0.8, (176, 192, 3)), 0, 255).astype(np.uint8)
    pairs = []
    for name, image in (("page", page), ("halves", halves), ("colours", colours), ("night", night)):
        darker = image.copy()
        darker[:, 80:] //= 2
        brighter = np.clip(image.astype(int) + 60, 0, 255).astype(np.uint8)
        changes = {"darker": darker, "brighter": brighter, "negative": 255 - image}
        changes |= {f"jpeg{quality}": jpeg_at(image, quality) for quality in (5, 40, 95)}
        pairs += [(f"{name}-{change}", image, distorted) for change, distorted in changes.items()]
    return pairs


@pytest.mark.slow
@pytest.mark.parametrize(("reference", "distorted"), [pytest.param(*pair, id=name) for name, *pair in flat_areas()])
def test_flat_areas_equal_float64(reference: Pixels, distorted: Pixels) -> None:
    values, expected = measure(reference, distorted), exact(reference, distorted)
    for name in SIMILARITIES:
        assert values[name] == pytest.approx(expected[name], abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("changed", [1, 30, 2000])
@pytest.mark.parametrize("where", [slice(None), slice(2, 3)], ids=["all", "blue"])
def test_high_qualities_keep_their_decibels(changed: int, where: slice) -> None:
    """Up to 60 dB and beyond, within 0.01 dB of float64."""
    for image in (photo(176, 192), np.full((176, 192, 3), 240, np.uint8)):
        other = image.copy()
        places = np.random.default_rng(changed).integers(0, 176 * 192, changed)
        other.reshape(-1, 3)[places, where] ^= 1
        values, expected = measure(image, other), exact(image, other)
        for name in ("ms_ssim_rgb", "ms_ssim_y"):
            decibels = -10 * np.log10(1 - np.array([values[name], expected[name]]))
            assert decibels[0] == pytest.approx(decibels[1], abs=0.01) or decibels[1] > 90
            assert decibels[1] > 25
