"""The codec qoi."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.errors import UnsupportedImage
from benchmark.formats.limit import VARIABLE
from tests.codecs.classical import codec


def test_qoi_refuses_more_than_its_code_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(10**9))
    huge = np.broadcast_to(np.uint8(0), (20_000, 20_000, 3))  # of one byte
    with pytest.raises(UnsupportedImage, match="expected less than 400000000 pixels, got 20000×20000"):
        codec("qoi").encode(huge)
