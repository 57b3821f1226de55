"""Pixels as files that browsers show."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image, features

from benchmark.report.page.pixels import (
    SHARE,
    embedded_lossless,
    embedded_near,
    embedded_small,
    lossless,
    near,
)
from tests.conftest import jpeg_at, photo


def read(data: bytes, form: str = "RGB") -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert(form))


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_pixels_without_loss(shape: tuple[int, ...]) -> None:
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    data, ending = lossless(pixels)
    assert ending == "webp"
    assert embedded_lossless(pixels) == f"data:image/webp;base64,{base64.b64encode(data).decode()}"
    assert (read(data) == (pixels if pixels.ndim == 3 else pixels[..., None])).all()


@pytest.mark.parametrize("quality", [10, 60, 95])
def test_what_keeping_loses_is_small_beside_what_the_codec_lost(quality: int) -> None:
    original = photo(64, 80)
    pixels = jpeg_at(original, quality)
    data, ending = near(pixels, original)
    kept, lost = (float(np.mean((one.astype(float) - pixels) ** 2)) for one in (read(data), original))
    assert kept <= lost / SHARE
    assert len(data) <= len(lossless(pixels)[0])
    assert near(pixels, original) == (data, ending)
    if ending == "avif":
        assert embedded_near(pixels, original).startswith("data:image/avif;base64,")


def test_what_lost_nothing_is_kept_without_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    original = photo(40, 40)
    assert near(original, original) == lossless(original)
    monkeypatch.setattr(features, "check", lambda name: False)
    pixels = jpeg_at(original, 20)
    assert near(pixels, original) == lossless(pixels)


def test_grey_pixels_stay_grey() -> None:
    original = photo(48, 48)[..., 0]
    pixels = (original // 16 * 16).astype(np.uint8)
    data, _ = near(pixels, original)
    assert (
        np.mean((read(data, "L").astype(float) - pixels) ** 2)
        <= np.mean((pixels.astype(float) - original) ** 2) / SHARE
    )


def test_a_small_picture_shows_the_way() -> None:
    assert len(embedded_small(photo(90, 160))) < len(embedded_lossless(photo(90, 160)))
