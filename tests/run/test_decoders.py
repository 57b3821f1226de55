"""Other decoders of the codecs of a study."""

from __future__ import annotations

import pytest

from benchmark.errors import UsageError
from benchmark.run.decoders import parse_decoders, with_decoders
from benchmark.run.study import resolve


def test_texts_name_libraries_by_format() -> None:
    assert parse_decoders(["jpeg:pillow, opencv", "avif:ffmpeg", "jpeg:ffmpeg"]) == {
        "jpeg": ["pillow", "opencv", "ffmpeg"],
        "avif": ["ffmpeg"],
    }
    assert parse_decoders([]) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("jpeg", "expected FORMAT:LIBRARY,LIBRARY, such as jpeg:pillow,opencv"),
        ("jpeg:", "expected FORMAT:LIBRARY"),
        ("jpg:pillow", "unknown format 'jpg'; did you mean jpeg"),
        ("heic:opencv", "'opencv' decodes no heic.*known: ffmpeg"),
    ],
)
def test_texts_that_are_none_are_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=f"^--decoders {text}: .*{words}"):
        parse_decoders([text])


def test_each_codec_of_the_format_is_followed_by_its_decoders() -> None:
    assert [*with_decoders({"png": 1, "jpeg": 2}, {"jpeg": ["pillow"]}, ())] == ["png", "jpeg", "jpeg@pillow"]
    with pytest.raises(UsageError, match="no codec to run writes jxl: png"):
        with_decoders({"png": 1}, {"jxl": ["imagecodecs"]}, ())
    with pytest.raises(UsageError, match="no codec to run writes jpeg"):
        with_decoders({"jpeg": 1}, {"jpeg": ["pillow"]}, ("jpeg",))


def test_a_study_gives_each_decoder_the_sweep_of_the_codec() -> None:
    study, _ = resolve(codecs=["jpeg"], sets=["jpeg.quality=20,60"], decoders=["jpeg:pillow"])
    points = [(point.codec, point.settings["quality"]) for point in study.operating_points()]
    assert points == [("jpeg", 20), ("jpeg", 60), ("jpeg@pillow", 20), ("jpeg@pillow", 60)]
    assert study.has_decoders
    again, _ = resolve(**study.to_dict())
    assert again.codecs == study.codecs, "its file says all of it"
    assert not resolve(codecs=["jpeg"])[0].has_decoders
