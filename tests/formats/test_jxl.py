"""Headers of JPEG XL: those of libjxl, and those that say more, put before its frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from benchmark.formats.jxl import colours_of, size_of
from benchmark.plugins import codec_class
from tests.conftest import photo
from tests.needs import needs

Field = tuple[int, int]

SRGB: Sequence[Field] = [(1, 1)]
P3: Sequence[Field] = [(0, 1), (0, 1), *((0, 2), (1, 2)), (2, 2), (9, 4), (0, 1), (2, 2), (11, 4), (0, 2)]


def header(colours: Sequence[Field], *, orientation: int = 1, width: int = 24, height: int = 16) -> bytes:
    """A signature and a header: sides of a multiple of 8, 8 bits, not XYB, and a colour encoding."""
    fields: list[Field] = [(1, 1), (height // 8 - 1, 5), (0, 3), (width // 8 - 1, 5)]
    fields += [(0, 1), (1, 1), (orientation - 1, 3), (0, 1), (0, 1), (0, 1)]
    fields += [(0, 1), (0, 2), (1, 1), (0, 2), (0, 1), *colours, (0, 2)]
    value, place = 0, 0
    for number, count in [*fields, (1, 1)]:  # the last bit: upsampling as by default
        value |= number << place
        place += count
    return b"\xff\x0a" + value.to_bytes(-(-place // 8), "little")


def test_headers_of_libjxl_are_of_srgb() -> None:
    needs("imagecodecs", extra="imagecodecs")
    for image in (photo(16, 24), photo(16, 24)[..., 0], photo(37, 5), photo(16, 16)):
        for settings in ({}, {"lossless": True}):
            stream = codec_class("jxl").from_settings(settings).encode(np.ascontiguousarray(image))
            assert colours_of(stream) == ""
            assert size_of(stream) == (image.shape[1], image.shape[0])


@pytest.mark.parametrize("orientation", [1, 6])
def test_other_colours_are_told(orientation: int) -> None:
    assert colours_of(header(SRGB, orientation=orientation)) == ""
    assert colours_of(header(P3, orientation=orientation)) == "colours of white 1, primaries 11, transfer 13"
    assert "profile" in colours_of(header([(0, 1), (1, 1)], orientation=orientation))
    assert "gamma 0.45" in colours_of(
        header([(0, 1), (0, 1), (0, 2), (1, 2), (1, 2), (1, 1), (4500000, 24)], orientation=orientation)
    )
    assert size_of(header(SRGB, orientation=orientation)) == (24, 16)


def test_a_header_that_is_cut_off_is_told() -> None:
    assert colours_of(header(P3)[:6]) == "a header that is cut off"
    assert size_of(b"\xff\x0a") == (1, 1)
