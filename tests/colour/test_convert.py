"""Planes of 8 and more bits, and what a trip through them costs."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.colour.convert import ColourPath, bound, ceiling, excess, from_planes, pad, to_planes
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


def path(subsampling: str = "4:4:4", *, full_range: bool = True, depth: int = 8) -> ColourPath:
    return ColourPath("BT.601", full_range, subsampling, depth)


def test_a_ceiling_is_the_psnr_of_the_round_trip() -> None:
    image = photo(61, 95)
    for subsampling in ("4:4:4", "4:2:0"):
        there = to_planes(image, subsampling=subsampling)
        assert ceiling(image, path(subsampling)) == pytest.approx(psnr(from_planes(there), image), abs=1e-3)
    assert ceiling(image, path(depth=10)) == math.inf
    assert ceiling(image, ColourPath("ICT")) == ceiling(image, ColourPath("none")) == math.inf
    assert ceiling(image, path("4:2:2")) > ceiling(image, path("4:2:0"))


def test_limited_range_has_219_steps_of_luma() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (4, 1))
    steps = np.rint(np.rint(16 + ramp.astype(float) * 219 / 255) - 16) * 255 / 219
    assert ceiling(ramp, path(full_range=False)) == pytest.approx(psnr(np.rint(steps).astype(np.uint8), ramp), abs=1e-3)
    assert ceiling(ramp, path()) == math.inf
    image = photo(61, 95)
    assert ceiling(image, path(full_range=False)) < ceiling(image, path()) - 0.5
    assert ceiling(image, path(full_range=False, depth=10)) > ceiling(image, path())


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("full_range", [True, False])
def test_no_samples_come_closer_than_the_bound(subsampling: str, full_range: bool) -> None:
    image = photo(64, 96)
    kind = path(subsampling, full_range=full_range)
    most = bound(image, kind)
    assert most >= ceiling(image, kind)
    assert excess(most, image, kind) == excess(ceiling(image, kind), image, kind) == ""
    assert "is above the" in excess(most + 1, image, kind)
    assert "psnr_rgb inf dB" in excess(math.inf, image, kind)


def test_the_bound_finds_chroma_that_was_interpolated() -> None:
    # An image that was decoded from 4:2:0 lies within what such samples can give; that of means does not find them.
    image = from_planes(to_planes(photo(64, 96), subsampling="4:2:0"))
    assert bound(image, path("4:2:0")) > 50
    assert ceiling(image, path("4:2:0")) < bound(image, path("4:2:0")) - 3


def test_where_nothing_is_lost_nothing_is_in_excess() -> None:
    assert excess(math.inf, photo(16, 16), path(depth=10)) == ""
    assert bound(photo(16, 16, 1), path("4:2:0")) == math.inf
    assert bound(photo(16, 16, 1), path(full_range=False)) < 60
