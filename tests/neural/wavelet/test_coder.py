"""Bits of the bands, and back."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from benchmark.neural.wavelet import coder
from benchmark.neural.wavelet.colours import Rotation, image_of, planes_of
from benchmark.neural.wavelet.transform import SCALES, UNIT, analyse, band_shape
from tests.conftest import photo
from tests.neural.wavelet.examples import random_model

pytestmark = pytest.mark.neural


SIZES = [(1, 1), (1, 7), (7, 1), (2, 2), (2, 1), (3, 5), (65, 1), (33, 100), (64, 128)]


@cache
def coded(height: int, width: int, channels: int, step: int = 5 * UNIT, price: float = 0.08) -> coder.Coded:
    bands = [analyse(plane) for plane in planes_of(photo(height, width, channels), Rotation())]
    return coder.encode(bands, height, width, random_model(), step, price)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_any_size_is_decoded_as_the_encoder_had_it(height: int, width: int, channels: int) -> None:
    found = coded(height, width, channels)
    back = coder.decode(found.payload, height, width, channels, random_model(), 5 * UNIT)
    assert all(np.array_equal(one, other) for one, other in zip(found.planes, back.planes, strict=True))
    assert back.ideal_bits == pytest.approx(found.ideal_bits)
    assert back.macs == found.macs
    assert found.macs > 0 or height * width == 1


def test_fewer_levels_give_a_smaller_picture() -> None:
    found = coded(64, 128, 3)
    small = coder.decode(found.payload, 64, 128, 3, random_model(), 5 * UNIT, last=2).planes
    assert [plane.shape for plane in small] == [(32, 64)] * 3
    halved = photo(64, 128, 3).reshape(32, 2, 64, 2, 3).mean(axis=(1, 3))
    assert np.mean((image_of(small, Rotation()) - halved) ** 2) < 40


def test_large_magnitudes_and_all_classes_come_back() -> None:
    rng = np.random.default_rng(1)
    height, width = 64, 96
    bands = {
        (level, part): np.float32(5)
        * rng.choice([0, 1, 2, 5, 9, 15, 30, 60, 300, 5000, 60_000], band_shape(height, width, level, part))
        * rng.choice([-1, 1], band_shape(height, width, level, part))
        for level, part in SCALES
    }
    found = coder.encode([bands], height, width, random_model(), 5 * UNIT, 0.0)
    back = coder.decode(found.payload, height, width, 1, random_model(), 5 * UNIT)
    assert np.array_equal(found.planes[0], back.planes[0])
