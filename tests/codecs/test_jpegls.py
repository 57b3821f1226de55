"""The codec jpegls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmark.dataset import read_image
from benchmark.errors import SettingError
from benchmark.plugins import codec_class
from benchmark.plugins.streams import codec_of_stream
from tests.codecs.classical import codec
from tests.conftest import photo


def test_near_is_the_largest_error() -> None:
    image = photo(64, 80)
    for near in (1, 4, 9):
        one = codec("jpegls", near=near)
        assert np.abs(one.decode(one.encode(image)).astype(int) - image).max() == near


def test_jpegls_transform_is_undone_by_the_decoder(kodak: Path) -> None:
    for image in (np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8), photo(64, 64)):
        stream = codec("jpegls", transform="hp2").encode(image)
        assert np.array_equal(codec("jpegls").decode(stream), image)
    image = read_image(kodak / "kodim03.png")
    assert len(codec("jpegls", transform="hp2").encode(image)) < 0.8 * len(codec("jpegls").encode(image))
    grey = photo(32, 32, 1)
    assert codec("jpegls", transform="hp2").encode(grey) == codec("jpegls").encode(grey)
    with pytest.raises(SettingError, match="it goes with near=0, got 2"):
        codec("jpegls", transform="hp2", near=2)


def test_jpegls_has_room_for_noise() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (1, 8193, 3), dtype=np.uint8)
    for near in (0, 9):
        one = codec("jpegls", near=near)
        assert np.abs(one.decode(one.encode(noise)).astype(int) - noise).max() == near


def test_jpegls_is_not_taken_for_jpeg() -> None:
    assert codec_of_stream(codec("jpegls").encode(photo(20, 20))) is codec_class("jpegls")
    for name in ("mozjpeg", "jpegli"):
        assert codec_of_stream(codec(name).encode(photo(20, 20))) is codec_class("jpeg")
