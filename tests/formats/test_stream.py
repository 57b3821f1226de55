"""What foreign streams say of themselves is done, or refused; streams of our own say nothing."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmark.codec import Codec
from benchmark.errors import MissingBackend, UnsupportedImage
from benchmark.formats.stream import APPLICABLE, about_stream, as_told
from benchmark.plugins import codec_class, codec_names, version_of
from tests.conftest import photo
from tests.formats.writers import chunk, icc, png, to_srgb

PHOTO = photo(24, 32)
TURNED = Image.Exif()
TURNED[0x0112] = 6


def stream_of(form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PHOTO).save(buffer, form, **options)
    return buffer.getvalue()


FORMS = {"jpeg": "JPEG", "webp": "WEBP", "png": "PNG", "avif": "AVIF"}


@pytest.mark.parametrize("name", FORMS)
def test_orientation_is_asked_for(name: str) -> None:
    stream = stream_of(FORMS[name], exif=TURNED.tobytes())
    image = codec_class(name).decode(stream)
    with pytest.raises(UnsupportedImage, match=r"x: .*orientation 6; --convert orientation converts it"):
        as_told(image, stream, "x")
    assert np.array_equal(as_told(image, stream, "x", ("orientation",)), np.rot90(image, -1))


@pytest.mark.parametrize("name", FORMS)
def test_profiles_are_asked_for(name: str) -> None:
    stream = stream_of(FORMS[name], icc_profile=icc())
    image = codec_class(name).decode(stream)
    with pytest.raises(UnsupportedImage, match="a colour profile other than sRGB; --convert srgb converts it"):
        as_told(image, stream, "x")
    found = as_told(image, stream, "x", ("srgb",))
    assert np.abs(found.astype(int) - to_srgb(image)).max() <= 1
    stream = stream_of(FORMS[name], icc_profile=b"garbage, and no profile at all")
    with pytest.raises(UnsupportedImage, match="a colour profile other than sRGB; convert it with another program"):
        as_told(codec_class(name).decode(stream), stream, "x", APPLICABLE)


def test_colours_that_no_profile_tells_are_refused() -> None:
    streams = {
        "gamma": png(PHOTO, "rgb", 8, more=chunk(b"gAMA", (100000).to_bytes(4, "big"))),
        "cICP of primaries 9": png(PHOTO, "rgb", 8, more=chunk(b"cICP", bytes([9, 16, 0, 1]))),
        "primaries 9, transfer 16": stream_of("AVIF").replace(b"nclx\x00\x01\x00\x0d", b"nclx\x00\x09\x00\x10"),
        "enumerated space 12": stream_of("JPEG2000").replace(
            b"colr\x01\x00\x00\x00\x00\x00\x10", b"colr\x01\x00\x00\x00\x00\x00\x0c"
        ),
        "linear light": b"qoif" + bytes(8) + b"\x03\x01",
    }
    for why, stream in streams.items():
        with pytest.raises(UnsupportedImage, match=why):
            as_told(PHOTO, stream, "x", APPLICABLE)


def test_a_second_picture_behind_a_jpeg_is_told() -> None:
    buffer = io.BytesIO()
    Image.fromarray(PHOTO).save(buffer, "MPO", save_all=True, append_images=[Image.fromarray(PHOTO)])
    with pytest.raises(UnsupportedImage, match="2 frames; --convert first-frame"):
        as_told(PHOTO, buffer.getvalue(), "x")
    assert as_told(PHOTO, buffer.getvalue(), "x", ("first-frame",)) is not None


def classical() -> list[str]:
    return [name for name in codec_names() if codec_class(name).endings]


@pytest.mark.parametrize("name", classical())
def test_streams_of_our_own_say_nothing(name: str) -> None:
    cls: type[Codec] = codec_class(name)
    try:
        version_of(cls)
    except MissingBackend as error:
        pytest.skip(str(error))
    for image in (PHOTO, np.ascontiguousarray(PHOTO[..., 0])):
        stream = cls.from_settings({}).encode(image)
        decoded = cls.decode(stream)
        assert as_told(decoded, stream, "x") is decoded or np.array_equal(as_told(decoded, stream, "x"), decoded)


def test_a_format_that_says_nothing() -> None:
    assert about_stream(b"anything", "x") is None


@pytest.mark.parametrize("alike", [b"colr\x02no profile", b"colr\x01\x00\x00\x00\x00\x00\x0c", b"colrprofnone"])
def test_coded_data_that_looks_like_a_box_is_none(alike: bytes) -> None:
    stream = stream_of("AVIF")
    assert 0 < stream.find(b"meta") < stream.find(b"mdat")
    assert as_told(PHOTO, stream + len(alike).to_bytes(4, "big") + alike, "x") is not None
