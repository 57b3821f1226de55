"""Colours of an image, turned as it needs the fewest bits."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.errors import BitstreamError
from benchmark.neural.wavelet.colours import Rotation, analysed, image_of, planes_of
from benchmark.neural.wavelet.transform import UNIT, Bands, analyse
from tests.conftest import photo

pytestmark = pytest.mark.neural


def rotations(count: int) -> list[Rotation]:
    quaternions = np.random.default_rng(4).normal(size=(count, 4))
    found = []
    for quaternion in quaternions:
        a, b, c, d = (int(part) for part in np.rint(quaternion * 511 / np.abs(quaternion).max()))
        found.append(Rotation((abs(a), b, c, d)))
    return found


@pytest.mark.parametrize("rotation", [Rotation(), *rotations(20)])
def test_any_rotation_is_written_and_undone(rotation: Rotation) -> None:
    assert Rotation.of_code(rotation.code) == rotation
    assert Rotation.nearest(rotation.matrix.astype(np.float64)) == rotation
    assert np.abs(rotation.matrix @ rotation.matrix.T - np.eye(3)).max() < 1e-6
    image = np.random.default_rng(1).integers(0, 256, (9, 13, 3), np.uint8)
    image[0, :4] = [[255, 0, 0], [0, 255, 255], [255, 255, 255], [0, 0, 0]]
    planes = [np.rint(plane * UNIT).astype(np.int16) for plane in planes_of(image, rotation)]
    assert np.array_equal(image_of(planes, rotation), image)


def test_without_a_rotation_planes_are_those_of_the_dct() -> None:
    assert Rotation().code == 0
    assert Rotation().colours == ((9459, 9459, 9459), (11585, 0, -11585), (6689, -13377, 6689))


@pytest.mark.parametrize("code", [1, 1 << 40, Rotation((511, 3, 0, 0)).code + 1, Rotation((300, 3, 0, 0)).code])
def test_numbers_that_are_no_rotation_are_told(code: int) -> None:
    with pytest.raises(BitstreamError, match="no rotation"):
        Rotation.of_code(code)


def test_a_real_part_below_zero_is_no_rotation() -> None:
    with pytest.raises(BitstreamError, match="no rotation"):
        Rotation.of_code(Rotation((-511, 3, 0, 0)).code)


def test_an_image_of_one_hue_has_one_plane_that_tells_it() -> None:
    """All but the first plane are empty once the colours are turned towards the hue."""
    grey = photo(64, 64, 1).astype(np.float64)
    image = np.rint(grey[:, :, np.newaxis] * [0.3, 0.9, 0.5]).astype(np.uint8)
    rotation, bands = analysed(image, 4 * UNIT, turned=True)

    def loud(bands: list[Bands]) -> list[int]:
        details = [[band for key, band in plane.items() if key != (6, 3)] for plane in bands]
        return [sum(int((np.abs(band) > 4).sum()) for band in plane) for plane in details]

    plain = loud(analysed(image, 4 * UNIT, turned=False)[1])
    assert min(plain) > 40, "the picture must have something to turn"
    assert loud(bands)[0] > 500
    assert max(loud(bands)[1:]) < 5
    # Bands that were turned are the bands of turned planes.
    for found, plane in zip(bands, planes_of(image, rotation), strict=True):
        for key, band in analyse(plane).items():
            assert found[key] == pytest.approx(band, abs=0.5)


@pytest.mark.parametrize("image", [photo(16, 16, 1), np.full((40, 40, 3), 9, np.uint8), photo(1, 1)])
def test_where_nothing_is_saved_nothing_is_turned(image: np.ndarray) -> None:
    assert analysed(image, 20 * UNIT, turned=True)[0] == Rotation()
