"""Bits of latents, and back."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.onescale import coder
from benchmark.neural.onescale.tables import MOST
from tests.neural.onescale.examples import random_model

pytestmark = [pytest.mark.neural, pytest.mark.slow]


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 2, 1), (2, 3, 5), (1, 6, 8)])
@pytest.mark.parametrize("spread", [0.3, 20.0, 4000.0])
def test_symbols_come_back(shape: tuple[int, int, int], spread: float) -> None:
    model = random_model()
    symbols = np.random.default_rng(5).laplace(0, spread, (*shape, model.channels))
    whole = np.clip(np.rint(symbols), -MOST, MOST).astype(np.int32)
    payload = coder.encode(whole, model, 30)
    assert np.array_equal(coder.decode(payload, shape, model, 30), whole)
