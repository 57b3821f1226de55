"""Errors that later coefficients make good."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.wavelet import coder
from benchmark.neural.wavelet.colours import Rotation, planes_of
from benchmark.neural.wavelet.transform import UNIT, analyse
from tests.conftest import photo
from tests.neural.wavelet.examples import random_model

pytestmark = pytest.mark.neural


SIZES = [(1, 1), (1, 7), (7, 1), (2, 2), (2, 1), (3, 5), (65, 1), (33, 100), (64, 128)]


@pytest.mark.parametrize(("channels", "price"), [(1, 0.0), (3, 0.1)])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_corrected_coefficients_come_back(height: int, width: int, channels: int, price: float) -> None:
    bands = [analyse(plane) for plane in planes_of(photo(height, width, channels), Rotation())]
    found = coder.encode(bands, height, width, random_model(), 5 * UNIT, price, corrected=True)
    back = coder.decode(found.payload, height, width, channels, random_model(), 5 * UNIT)
    assert all(np.array_equal(one, other) for one, other in zip(found.planes, back.planes, strict=True))
