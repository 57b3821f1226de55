"""The codec jpeg."""

from __future__ import annotations

import numpy as np

from tests.codecs.classical import codec, psnr
from tests.conftest import photo


def test_jpeg_settings() -> None:
    image = photo(128, 160)
    plain = codec("jpeg", optimize=False)
    assert len(codec("jpeg").encode(image)) < len(plain.encode(image))
    assert len(codec("jpeg", subsampling="4:4:4").encode(image)) > len(codec("jpeg").encode(image))
    assert psnr(codec("jpeg", subsampling="4:4:4"), image) > psnr(codec("jpeg"), image)
    progressive = codec("jpeg", progressive=True).encode(image)
    assert b"\xff\xc2" in progressive
    assert np.array_equal(codec("jpeg").decode(progressive), codec("jpeg").decode(plain.encode(image)))
