"""The codec webp."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.errors import UnsupportedImage
from tests.codecs.classical import codec


def test_webp_holds_16383_pixels_and_says_so() -> None:
    assert codec("webp").encode(np.zeros((1, 16383), np.uint8))
    with pytest.raises(UnsupportedImage, match="at most 16383 pixels a side, got 16384×1"):
        codec("webp").encode(np.zeros((1, 16384), np.uint8))
