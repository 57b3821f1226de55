"""The codec jpegxr."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.errors import BitstreamError, UnsupportedImage
from tests.codecs.classical import codec, psnr
from tests.conftest import photo


def test_jpegxr_below_half_needs_two_macroblocks() -> None:
    one = codec("jpegxr", level=0.3)
    for channels in (1, 3):
        assert one.decode(one.encode(photo(5, 17, channels))).shape == photo(5, 17, channels).shape
    with pytest.raises(UnsupportedImage, match="at least 17 pixels a row, got 16×40"):
        one.encode(photo(40, 16))


def test_jpegxr_headers_are_as_written() -> None:
    """Each byte of them, since jxrlib crashes on some that contradict each other."""
    for level in (0.3, 0.6, 1.0):
        for channels in (1, 3):
            one = codec("jpegxr", level=level)
            stream = bytearray(one.encode(photo(40, 33, channels)))
            for place in range(134 + 17):
                stream[place] ^= 0x22
                with pytest.raises(BitstreamError):
                    one.decode(bytes(stream))
                stream[place] ^= 0x22


def test_jpegxr_level_chooses_the_subsampling() -> None:
    cells = np.indices((64, 64)).sum(axis=0) % 2
    chroma = np.stack([200 * cells, 90 + 0 * cells, 200 * (1 - cells)], axis=-1).astype(np.uint8)
    for level, subsampling in ((0.49, "4:2:0"), (0.5, "4:4:4")):
        one = codec("jpegxr", level=level)
        path = one.colour_path(3)
        assert path is not None and path.subsampling == subsampling
        assert (psnr(one, chroma) > 20) == (subsampling == "4:4:4")
