"""What every codec gets from the interface: settings that are checked, and images that are."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pytest

from benchmark.codec import Codec, Image, Setting, check_image, setting, setting_types
from benchmark.errors import SettingError, UnsupportedImage, UsageError


@dataclasses.dataclass(frozen=True)
class Plain(Codec):
    """Stores pixels of 2×2 images as they are."""

    name = "plain"
    summary = "pixels as they are"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"strength": (1.0,)}

    strength: float = setting(1.0, low=0, high=10)
    passes: int = setting(2, low=1)
    fast: bool = setting(False)
    mode: str = setting("a", choices=("a", "b"))

    @classmethod
    def version(cls) -> str:
        return "plain 1"

    def encode(self, image: Image) -> bytes:
        return image.tobytes()

    @classmethod
    def decode(cls, data: bytes) -> Image:
        return np.frombuffer(data, np.uint8).reshape(2, 2)


def test_settings_have_the_types_of_their_fields() -> None:
    assert setting_types(Plain) == {"strength": float, "passes": int, "fast": bool, "mode": str}
    assert Plain.from_settings({"strength": 3}).settings == {"strength": 3.0, "passes": 2, "fast": False, "mode": "a"}
    assert Plain().settings_json == '{"fast":false,"mode":"a","passes":2,"strength":1.0}'


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"passes": 1.0}, "plain.passes: expected a whole number, got 1.0"),
        ({"passes": True}, "plain.passes: expected a whole number, got True"),
        ({"passes": 0}, "plain.passes: expected 1 to None, got 0"),
        ({"strength": 11}, "plain.strength: expected 0 to 10, got 11"),
        ({"strength": math.nan}, "plain.strength: expected 0 to 10, got nan"),
        ({"fast": 1}, "plain.fast: expected true or false, got 1"),
        ({"mode": "c"}, "plain.mode: expected one of a, b, got 'c'"),
        ({"colour": "red"}, "plain has no setting 'colour'; known: strength, passes, fast, mode"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SettingError, match=complaint):
        Plain.from_settings(settings)


def test_texts_become_settings() -> None:
    texts = {"strength": "2.5", "passes": "3", "fast": "True", "mode": "b"}
    assert {field: Plain.parse_setting(field, text) for field, text in texts.items()} == {
        "strength": 2.5,
        "passes": 3,
        "fast": True,
        "mode": "b",
    }
    for field, text, complaint in (
        ("fast", "yes", "expected true or false, got 'yes'"),
        ("passes", "2.5", "expected a whole number, got '2.5'"),
        ("speed", "1", "no setting 'speed'"),
    ):
        with pytest.raises(SettingError, match=complaint):
            Plain.parse_setting(field, text)


def test_a_batch_is_a_stream_for_each_image() -> None:
    images = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    streams = Plain().encode_batch(images)
    assert streams == [image.tobytes() for image in images]
    assert np.array_equal(Plain.decode_batch(streams), images)


def test_what_a_codec_does_not_have_is_told() -> None:
    with pytest.raises(UsageError, match="'plain' has no embedded streams"):
        Plain().prefix(b"")
    with pytest.raises(UsageError, match="'plain' has no levels of resolution"):
        Plain.decode_smaller(b"", 1)
    with pytest.raises(UsageError, match="'plain' has no training"):
        Plain.recipe("folder:x", {})
    assert (Plain().device(), Plain().weights_digest(), Plain().overhead(b"")) == ("cpu", "", 0)


@pytest.mark.parametrize(
    ("image", "complaint"),
    [
        ([[1]], "plain: expected a NumPy array .* got list"),
        (np.zeros((2, 2), np.uint16), "got dtype uint16; convert to 8 bit first"),
        (np.zeros((2, 2, 4), np.uint8), "got RGBA; remove the alpha channel"),
        (np.zeros((2, 2, 2), np.uint8), r"got shape \(2, 2, 2\)"),
        (np.zeros((0, 2), np.uint8), "at least 1×1 pixels"),
        (np.zeros((2, 9, 3), np.uint8), "at most 8 pixels a side, got 9×2"),
    ],
)
def test_images_that_no_codec_takes(image: Any, complaint: str) -> None:
    with pytest.raises(UnsupportedImage, match=complaint):
        check_image(image, codec="plain", max_side=8)


def test_an_image_that_is_taken_is_the_same_one() -> None:
    for image in (np.zeros((8, 1), np.uint8), np.zeros((1, 8, 3), np.uint8)):
        assert check_image(image, codec="plain", max_side=8) is image
