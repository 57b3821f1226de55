"""The wavelet transform and its inverse in integers."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.wavelet import transform
from benchmark.neural.wavelet.bands import PHASES
from benchmark.neural.wavelet.colours import Rotation, image_of, planes_of
from benchmark.neural.wavelet.transform import LEVELS, SCALES, UNIT, analyse, band_shape

pytestmark = pytest.mark.neural


SIZES = [(1, 1), (1, 7), (7, 1), (2, 2), (2, 1), (3, 5), (65, 1), (33, 300), (64, 128)]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_the_transform_comes_back_at_any_size(height: int, width: int, channels: int) -> None:
    image = np.random.default_rng(height).integers(0, 256, (height, width, channels)[: 2 + channels // 3], np.uint8)
    planes, step = [], UNIT // 4
    for plane in planes_of(image, Rotation()):
        bands = analyse(plane)
        whole = {key: np.rint(band * UNIT / step).astype(np.int64) * UNIT for key, band in bands.items()}
        assert {key: band.shape for key, band in bands.items()} == {
            key: band_shape(height, width, *key) for key in bands
        }
        assert sum(band.size for band in bands.values()) == height * width
        low = transform.dequantise(whole[LEVELS, 3], step, LEVELS, 3).astype(np.int16)
        for level in range(LEVELS, 0, -1):
            details = [transform.dequantise(whole[level, part], step, level, part) for part in range(3)]
            low = transform.synthesise(low, details)
        planes.append(low)
    assert np.array_equal(image_of(planes, Rotation()), image)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_bands_are_spread_as_they_are_synthesised_and_gathered_by_the_transpose(height: int, width: int) -> None:
    rng = np.random.default_rng(height)
    plane = rng.normal(size=(height, width)).astype(np.float32)
    shapes = [band_shape(height, width, 1, part) for part in range(4)]
    for part, shape in enumerate(shapes):
        band = rng.integers(-4000, 4000, shape)
        whole = [(band if part == at else np.zeros(other)).astype(np.int32) for at, other in enumerate(shapes)]
        found = np.zeros((height, width), np.float32)
        transform.spread(band.astype(np.float32), part, found)
        assert found == pytest.approx(transform.synthesise(whole[3].astype(np.int16), whole[:3]), abs=10)
        if part != transform.LOW_PASS and band.size:
            gathered = np.empty(shape, np.float32)
            for top, left in PHASES:
                gathered[top::2, left::2] = transform.gather(plane, part, (top, left))
            assert np.vdot(band, gathered) == pytest.approx(np.vdot(found, plane), rel=1e-3, abs=0.5)


def test_scales_are_those_of_the_synthesis_functions() -> None:
    size = 1 << (LEVELS + 3)
    for (level, orientation), scale in SCALES.items():
        found = np.zeros(band_shape(size, size, LEVELS, 3), np.int16)
        for at in range(LEVELS, 0, -1):
            details = [np.zeros(band_shape(size, size, at, part), np.int32) for part in range(3)]
            if at == level:
                target = found if orientation == 3 else details[orientation]
                target[target.shape[0] // 2, target.shape[1] // 2] = 1 << 13
            found = transform.synthesise(found, details)
        norm = np.sqrt(np.sum((found / (1 << 13)) ** 2))
        assert scale == pytest.approx((1 << 14) / norm, rel=0.004)
