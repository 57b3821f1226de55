"""Codecs whose streams another library decodes."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from benchmark.backends.decoders.codec import decoded_by, format_of
from benchmark.backends.decoders.libraries import LIBRARIES, Decoder
from benchmark.errors import BitstreamError, SettingError, UsageError
from benchmark.plugins import codec_class, codec_source
from tests.conftest import photo


def give(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    """Lets a library decode JPEG to something."""

    def decode(called: str, data: bytes) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    fake = Decoder({"jpeg": "called"}, lambda called: f"fake {called} 1", decode)
    monkeypatch.setattr(
        "benchmark.backends.decoders.libraries.LIBRARIES", MappingProxyType({**LIBRARIES, "fake": fake})
    )
    monkeypatch.setattr("benchmark.backends.decoders.codec.LIBRARIES", MappingProxyType({**LIBRARIES, "fake": fake}))
    decoded_by.cache_clear()


def test_it_encodes_as_the_codec_does_and_names_the_decoder() -> None:
    own, other = codec_class("jpeg"), codec_class("jpeg@pillow")
    image = photo(24, 40)
    codec = other.from_settings({"quality": 40})
    assert codec.settings == {**own.from_settings({"quality": 40}).settings, "decoder": "pillow"}
    assert codec.encode(image) == own.from_settings({"quality": 40}).encode(image)
    assert np.array_equal(other.decode(codec.encode(image)), own.decode(codec.encode(image)))
    assert (other.name, other.knob, other.grid) == ("jpeg@pillow", own.knob, own.grid)
    assert other.version() == f"{own.version()}; decoded by {own.version()}"
    assert codec_class("jpeg@pillow") is other
    assert codec_source("jpeg@pillow") != codec_source("jpeg")
    assert not other.recognises(codec.encode(image)), "a stream is known as that of the codec which wrote it"
    with pytest.raises(SettingError, match="decoder"):
        other.from_settings({"decoder": "opencv"})


def test_formats_are_shared_or_of_one_codec() -> None:
    assert [format_of(codec_class(name)) for name in ("jpeg", "mozjpeg", "jxl")] == ["jpeg", "jpeg", "jxl"]
    assert codec_class("avif@pillow").from_settings({"encoder": "aom"}).settings["encoder"] == "aom"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("jpeg@opencw", "jpeg has no decoder 'opencw'; did you mean opencv"),
        ("png@opencv", "png has no decoder 'opencv': no other library decodes its streams here"),
        ("jpg@opencv", "unknown codec 'jpg@opencv'"),
    ],
)
def test_what_is_no_decoder_is_refused(name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        codec_class(name)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (np.zeros((4, 4, 4), np.uint8), r"expected 8-bit grey or RGB pixels, the decoder gave uint8 of \(4, 4, 4\)"),
        (np.zeros((4, 4), np.uint16), r"the decoder gave uint16 of \(4, 4\)"),
        (OSError("broken"), "jpeg@fake: OSError: broken"),
    ],
)
def test_what_a_library_does_is_told(answer: Any, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, answer)
    codec = decoded_by(codec_class("jpeg"), "fake")
    assert codec.version().endswith("; decoded by fake called 1")
    with pytest.raises(BitstreamError, match=words):
        codec.decode(b"any")


def test_pixels_are_laid_out_as_others_are(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, np.arange(24, dtype=np.uint8).reshape(2, 4, 3)[..., ::-1])
    pixels = decoded_by(codec_class("jpeg"), "fake").decode(b"any")
    assert pixels.flags.c_contiguous
    assert pixels[0, 0].tolist() == [2, 1, 0]
