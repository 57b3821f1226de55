"""Planes of 8 and more bits, and what a trip through them costs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.colour.convert import from_planes, pad, to_planes
from tests.conftest import photo

Pixels = npt.NDArray[np.uint8]


def psnr(one: Pixels, image: Pixels) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - image) ** 2)))


def test_ten_bits_lose_nothing_and_eight_little() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    assert np.array_equal(from_planes(to_planes(noise, depth=10), depth=10), noise)
    assert psnr(from_planes(to_planes(noise)), noise) == pytest.approx(53, abs=0.6)


@pytest.mark.parametrize("depth", [8, 10, 12])
def test_grey_is_exact_in_a_plane_and_as_colour(depth: int) -> None:
    grey = photo(31, 44, 1)
    assert np.array_equal(from_planes(to_planes(grey, depth=depth), depth=depth), grey)
    colour = np.repeat(grey[..., None], 3, axis=-1)
    planes = to_planes(colour, depth=depth)
    assert all(np.all(plane == 2 ** (depth - 1)) for plane in planes[1:])
    assert np.array_equal(from_planes(planes, depth=depth), colour)


def test_halved_chroma_has_half_the_size_rounded_up() -> None:
    image = photo(33, 17)
    planes = to_planes(image, depth=10, subsampling="4:2:0")
    assert [plane.shape for plane in planes] == [(33, 17), (17, 9), (17, 9)]
    assert from_planes(planes, depth=10).shape == image.shape


def test_padding_replicates_the_edge() -> None:
    image = photo(15, 20)
    padded = pad(image, least=16, multiple=8)
    assert padded.shape == (16, 24, 3)
    assert np.array_equal(padded[:15, :20], image)
    assert np.array_equal(padded[15, :20], image[14])
    assert np.array_equal(padded[:15, 23], image[:, 19])
    assert pad(image[..., 0]).shape == (15, 20)
