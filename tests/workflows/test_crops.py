"""Crops that somebody asks for."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.errors import UsageError
from benchmark.workflows.crops import CROP, Box, parse_box, place_of_crop
from tests.conftest import photo


def test_a_crop_is_read_from_a_text() -> None:
    assert parse_box("b.png:10,20,64,48") == Box("b.png", 10, 20, 64, 48)
    assert parse_box("a:b:1,2,3,4").image == "a:b"
    for text in ("b.png", "b.png:1,2,3", "b.png:0,0,0,5", ":1,2,3,4"):
        with pytest.raises(UsageError, match="expected IMAGE:X,Y,W,H"):
            parse_box(text)


def test_the_crop_lies_where_one_codec_errs_most_or_several_differ() -> None:
    original = photo(256, 400)
    wrong = original.copy()
    wrong[120:232, 248:360] //= 2
    alike = original // 4 * 4
    assert place_of_crop(original, [wrong]) == (120, 248)
    assert place_of_crop(original, [wrong, alike]) == (120, 248)
    assert place_of_crop(np.zeros((40, 50), np.uint8), [np.ones((40, 50), np.uint8)]) == (0, 0)
    assert CROP == 112
