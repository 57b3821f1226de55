"""What a colour path can keep: ceilings and bounds."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.colour.ceiling import bound, ceiling, excess
from benchmark.colour.convert import ColourPath, from_planes, to_planes
from tests.conftest import photo


def psnr(one: npt.NDArray[np.uint8], image: npt.NDArray[np.uint8]) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - image) ** 2)))


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
