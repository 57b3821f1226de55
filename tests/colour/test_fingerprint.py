"""Fingerprints of pictures: what they know again, and what they tell apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from benchmark.colour.fingerprint import NEAR, distances, fingerprint, from_text, to_text
from benchmark.plugins import open_dataset
from tests.conftest import jpeg_at, photo

Pixels = npt.NDArray[np.uint8]
SAMPLE = open_dataset("sample")
PICTURES = [SAMPLE.load(item)[0] for item in SAMPLE.items()]


def halved(image: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(image).resize((image.shape[1] // 2, image.shape[0] // 2)))


CHANGES: dict[str, Callable[[Pixels], Pixels]] = {
    "jpeg": lambda image: jpeg_at(image, 10),
    "half the size": halved,
    "darker": lambda image: image // 2,
    "grey": lambda image: np.asarray(Image.fromarray(image).convert("L")),
}


def apart(one: Pixels, two: Pixels) -> int:
    return int(distances(fingerprint(one), np.array([fingerprint(two)]))[0])


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_picture_is_known_again(change: str) -> None:
    assert max(apart(picture, CHANGES[change](picture)) for picture in PICTURES) <= NEAR


def test_other_pictures_are_far() -> None:
    marks = np.array([fingerprint(picture) for picture in PICTURES], np.uint64)
    for place, mark in enumerate(marks):
        assert np.delete(distances(mark, marks), place).min() > NEAR + 4
    assert apart(PICTURES[0], np.ascontiguousarray(PICTURES[0][:, ::-1])) > NEAR


def test_a_text_gives_the_fingerprints_back() -> None:
    found = np.array([fingerprint(photo(64, 64, seed=seed)) for seed in range(3)], np.uint64)
    text = to_text(found)
    assert len(text) == 32
    assert list(from_text(text)) == list(found)
    assert from_text("").shape == (0,)
    for wrong in ("AAA", "not base64!", "AAAA"):
        with pytest.raises(ValueError, match=r"\w"):
            from_text(wrong)
