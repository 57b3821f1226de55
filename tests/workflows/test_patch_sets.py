"""Which patches a set holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmark.workflows.patch_sets import cut, is_test, members, png_bytes, shannon_bits
from tests.conftest import photo


def test_one_patch_in_ten_is_for_tests() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (20_000, 4, 4, 3), dtype=np.uint8)
    first, second = ([is_test(patch, seed) for patch in noise] for seed in (1, 2))
    assert 0.09 < np.mean(first) < 0.11
    assert 0.09 < np.mean(second) < 0.11
    assert first != second


def test_random_sets_depend_on_the_seed_and_bands_do_not() -> None:
    values = np.random.default_rng(0).integers(0, 50, 1003).astype(float)
    one, limits = members(values, 1)
    other, same_limits = members(values, 2)
    assert limits == same_limits
    for name in ("bd0", "bd1", "bd2"):
        assert np.array_equal(one[name], other[name])
    for name in ("bd3", "bd4"):
        assert len(one[name]) == len(np.unique(one[name])) == 200
        assert not np.array_equal(one[name], other[name])
    assert values[one["bd4"]].min() >= np.median(values)


@pytest.mark.parametrize("kind", ["flat", "photo", "noise"])
def test_the_measure_is_the_length_of_a_png_file(kind: str, tmp_path: Path) -> None:
    pixels = {
        "flat": np.full((32, 32, 3), 7, np.uint8),
        "photo": photo(32, 32),
        "noise": np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8),
    }[kind]
    path = tmp_path / "patch.png"
    Image.fromarray(pixels).save(path, compress_level=6)
    assert png_bytes(pixels[np.newaxis]).tolist() == [path.stat().st_size]
    assert np.array_equal(np.asarray(Image.open(path)), pixels)


def test_shannon_entropy_of_known_patches() -> None:
    two = np.zeros((4, 4, 3), np.uint8)
    two[:2] = 200
    every = np.arange(768, dtype=np.uint16).astype(np.uint8).reshape(16, 16, 3)
    assert shannon_bits(np.stack([two, two * 0])).tolist() == pytest.approx([1.0, 0.0])
    assert shannon_bits(every[np.newaxis]).tolist() == pytest.approx([8.0])


def test_patches_are_cut_without_gaps() -> None:
    image = photo(50, 70)
    grid = cut(image, 16)
    assert grid.shape == (3, 4, 16, 16, 3)
    assert np.array_equal(grid[1, 2], image[16:32, 32:48])
