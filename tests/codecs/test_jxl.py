"""The codec jxl."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tests.codecs.classical import codec, psnr
from tests.conftest import photo


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (256, 256), (96, 128), (48, 40), (300, 300), (480, 640), (31, 70000)])
def test_jxl_size_header_is_read_right(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    one = codec("jxl", lossless=True, effort=1)
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(sys.modules[type(one).__module__], "check_size", lambda *sides: seen.append(sides))
    assert one.decode(one.encode(np.zeros(size, np.uint8))).shape == size
    assert seen == [size[::-1]]


def test_jxl_is_lossy_unless_asked() -> None:
    image = photo(128, 128)
    assert 30 < psnr(codec("jxl"), image) < 45
    assert codec("jxl", lossless=True, distance=3.0).encode(image) == codec("jxl", lossless=True).encode(image)
    assert codec("jxl", effort=4).encode(image) != codec("jxl").encode(image)
