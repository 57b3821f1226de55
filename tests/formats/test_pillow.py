"""What Pillow tells, and colour profiles."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from benchmark.formats.pillow import about_picture, is_srgb, opened, profile_of, to_srgb, turned
from tests.formats.matrix import SRGB, other_cells
from tests.formats.writers import icc


def test_a_profile_is_srgb_by_what_it_does() -> None:
    assert is_srgb(SRGB)
    assert not is_srgb(icc())
    assert not is_srgb(icc(grey=True))
    assert not is_srgb(b"no profile")
    assert [profile_of(one) for one in (SRGB, icc(grey=True), b"", b"x" * 30)] == ["RGB", "L", "", ""]


def test_a_grey_profile_is_one_of_grey() -> None:
    found = np.asarray(to_srgb(Image.fromarray(np.full((2, 2), 128, np.uint8)), icc(grey=True)))
    expected = 255 * (1.055 * (128 / 255) ** (1.8 / 2.4) - 0.055)
    assert np.abs(found.astype(float) - expected).max() <= 1.5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations_are_those_of_exif(orientation: int) -> None:
    """Row 0 and column 0 as EXIF says where they are to be seen."""
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    found = turned(pixels, orientation)
    first = {1: (0, 0), 2: (0, 2), 3: (1, 2), 4: (1, 0), 5: (0, 0), 6: (0, 1), 7: (2, 1), 8: (2, 0)}[orientation]
    assert found.shape == ((2, 3) if orientation < 5 else (3, 2))
    assert found[first] == 0


def test_bits_of_a_bitmap_are_told() -> None:
    cell = next(cell for cell in other_cells() if cell.name == "bmp-16")
    with opened(cell.data) as picture:
        about = about_picture(cell.data, picture)
    assert (about.bits, about.highest, about.width, about.height) == (5, 31, 11, 5)
