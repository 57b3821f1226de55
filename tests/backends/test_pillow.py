"""What codecs of Pillow share."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageFile

from benchmark.errors import BitstreamError
from tests.codecs.classical import codec
from tests.conftest import photo


@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_overhead_is_the_headers(progressive: bool) -> None:
    one = codec("jpeg", optimize=False, progressive=progressive)
    flat, rich = (one.encode(image) for image in (np.full((64, 64, 3), 128, np.uint8), photo(256, 256)))
    if not progressive:
        assert one.overhead(flat) == one.overhead(rich) == pytest.approx(623, abs=10)
    assert one.overhead(rich) < len(rich) / 2


def test_streams_hold_no_metadata() -> None:
    for name in ("jpeg", "webp", "avif", "png"):
        with Image.open(io.BytesIO(codec(name).encode(photo(64, 64)))) as picture:
            assert not {"exif", "icc_profile", "xmp"} & set(picture.info)


def test_tolerance_of_truncation_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = codec("jpeg").encode(photo(64, 64))
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(BitstreamError, match="LOAD_TRUNCATED_IMAGES"):
        codec("jpeg").decode(stream)
