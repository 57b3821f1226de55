"""Tiles and colour: what is cut is put together again."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.colour.convert import double, halve, rgb_to_ycbcr, ycbcr_to_rgb
from benchmark.neural.latent.tiles import TILINGS, GreyTiles, PlaneTiles, RgbTiles, Tiling, random_tiles
from tests.conftest import photo


@pytest.mark.parametrize("size", [(1, 1), (28, 28), (33, 17), (64, 96), (100, 75)])
@pytest.mark.parametrize("tiling", [GreyTiles(), RgbTiles()])
def test_tiles_without_colour_conversion_are_exact(tiling: Tiling, size: tuple[int, int]) -> None:
    channels = tiling.shape[2]
    images = np.stack([photo(*size, channels, seed) for seed in range(3)])
    tiles = tiling.split(images)
    assert [len(part) for part in tiles] == tiling.tile_counts(3, *size, channels)
    assert all(part.shape[1:] == tiling.shape and part.min() >= 0 and part.max() <= 1 for part in tiles)
    assert np.array_equal(tiling.join(tiles, 3, *size, channels), images)


@pytest.mark.parametrize("size", [(1, 1), (28, 28), (33, 17), (57, 96)])
def test_planes_keep_luma_and_smooth_colour(size: tuple[int, int]) -> None:
    tiling = PlaneTiles()
    grey = photo(*size, 1)[np.newaxis]
    assert np.array_equal(tiling.join(tiling.split(grey), 1, *size, 1), grey)
    colour = photo(*size)[np.newaxis]
    tiles = tiling.split(colour)
    assert [len(part) for part in tiles] == tiling.tile_counts(1, *size, 3)
    flat = np.broadcast_to(np.array([200, 100, 30], np.uint8), (1, *size, 3))
    assert np.abs(tiling.join(tiling.split(flat), 1, *size, 3).astype(int) - flat).max() <= 1


def test_colour_round_trip_costs_rounding_alone() -> None:
    rgb = photo(64, 64)
    assert np.abs(ycbcr_to_rgb(rgb_to_ycbcr(rgb)).astype(int) - rgb).max() <= 1
    white = rgb_to_ycbcr(np.full((1, 1, 3), 255, np.uint8))[0, 0]
    assert white == pytest.approx([255, 128, 128], abs=1e-3)
    red = rgb_to_ycbcr(np.array([[[255, 0, 0]]], np.uint8))[0, 0]
    assert red == pytest.approx([76.245, 84.972, 255.5], abs=1e-2)


def test_halving_and_doubling() -> None:
    ramp = np.arange(12, dtype=np.float32)[None, None].repeat(4, axis=1)
    assert halve(ramp).shape == (1, 2, 6)
    assert halve(np.full((1, 5, 7), 9, np.float32)).shape == (1, 3, 4)
    restored = double(halve(ramp), 4, 12)
    assert restored[0, 0, 1:-1] == pytest.approx(ramp[0, 0, 1:-1])


@pytest.mark.parametrize("name", sorted(TILINGS))
def test_random_tiles_come_from_the_image(name: str) -> None:
    tiling = TILINGS[name]()
    channels = 1 if name == "grey28" else 3
    images = photo(256, 256, channels)[np.newaxis]
    tiles, kinds = random_tiles(images, tiling, 30, np.random.default_rng(1))
    again, _ = random_tiles(images, tiling, 30, np.random.default_rng(1))
    assert kinds == list(range(len(tiling.kinds)))
    assert 28 <= sum(len(part) for part in tiles) <= 32
    assert all(np.array_equal(one, other) for one, other in zip(tiles, again, strict=True))
