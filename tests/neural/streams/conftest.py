"""Models of bits, fitted once."""

from __future__ import annotations

import pytest

from benchmark.neural.streams.bit_fit import fit_bit_model
from benchmark.neural.streams.bit_model import BitModel
from tests.neural.streams.codes import fields


@pytest.fixture(scope="session")
def model() -> BitModel:
    return fit_bit_model(fields(40, 32, 32)[0], seed=1, steps=200)


@pytest.fixture(scope="session")
def second_model() -> BitModel:
    first, second = fields(40, 32, 32)
    return fit_bit_model(second, [first], seed=1, steps=200)


@pytest.fixture(scope="session")
def fourth_model() -> BitModel:
    """Of a code that has three before it, of which the oldest counts at the position alone."""
    first, second = fields(40, 32, 32)
    return fit_bit_model(second, [first, second[::-1], first[::-1]], seed=1, steps=100)
