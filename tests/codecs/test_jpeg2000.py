"""The codec jpeg2000."""

from __future__ import annotations

import pytest

from tests.codecs.classical import codec, psnr
from tests.conftest import photo


def test_jpeg2000_is_irreversible_with_its_colour_transform() -> None:
    stream = codec("jpeg2000").encode(photo(64, 64))
    style = stream.index(b"\xff\x52")
    assert stream[style + 8] == 1, "multiple component transform is off"
    assert stream[style + 13] == 0, "the wavelet is not the irreversible 9/7"
    lossless = codec("jpeg2000", lossless=True).encode(photo(64, 64))
    assert lossless[lossless.index(b"\xff\x52") + 13] == 1


def test_jpeg2000_aims_at_its_target() -> None:
    for target in (30.0, 36.0, 42.0):
        assert psnr(codec("jpeg2000", psnr=target), photo(256, 256)) == pytest.approx(target, abs=2.5)
