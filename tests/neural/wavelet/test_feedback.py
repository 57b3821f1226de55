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


SIZES = [(1, 1), (1, 7), (7, 1), (2, 2), (2, 1), (3, 5), (65, 1), (33, 100)]


@pytest.mark.parametrize(("channels", "price"), [(1, 0.0), (3, 0.1)])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_corrected_coefficients_come_back(height: int, width: int, channels: int, price: float) -> None:
    bands = [analyse(plane) for plane in planes_of(photo(height, width, channels), Rotation())]
    found = coder.encode(bands, height, width, random_model(), 5 * UNIT, price, corrected=True)
    back = coder.decode(found.payload, height, width, channels, random_model(), 5 * UNIT)
    assert all(np.array_equal(one, other) for one, other in zip(found.planes, back.planes, strict=True))


def test_errors_in_half_precision_serve_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large pictures keep them so: what they cost is that of whole precision, within a part in three hundred."""
    image, costs = photo(128, 96), []
    for large in (1 << 22, 0):
        monkeypatch.setattr("benchmark.neural.wavelet.feedback.LARGE", large)
        planes = list(planes_of(image, Rotation()))
        found = coder.encode(
            [analyse(plane) for plane in planes], 128, 96, random_model(), 20 * UNIT, 0.1, corrected=True
        )
        error = sum(float(np.sum((low / UNIT - plane) ** 2)) for low, plane in zip(found.planes, planes, strict=True))
        costs.append(error / 20**2 + 0.1 * found.ideal_bits)
    assert costs[1] == pytest.approx(costs[0], rel=3e-3)
