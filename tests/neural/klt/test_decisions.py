"""Bits that are decided by what they cost."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.klt.decisions import decided
from benchmark.neural.streams.bit_fit import fit_bit_model
from benchmark.neural.streams.bit_model import UNITS, BitCode, BitModel
from benchmark.neural.streams.bits import encode_bits
from tests.neural.streams.codes import CHANNELS, fields, logits

pytestmark = pytest.mark.neural


@pytest.fixture(scope="module")
def model() -> BitModel:
    first, second = fields(40, 32, 32)
    return fit_bit_model(second, [first], seed=1, steps=200)


def _activations(code: BitCode) -> np.ndarray:
    size = np.abs(np.random.default_rng(2).normal(size=code.shape))
    return ((2.0 * code - 1) * size).astype(np.float32)


def test_each_bit_has_the_sign_of_what_it_repairs_less_what_it_costs(model: BitModel) -> None:
    """By the definition of the model's logits, position by position, with other prices everywhere."""
    first, second = fields(2, 5, 6, seed=3)
    rng = np.random.default_rng(4)
    activations = _activations(second)
    prices = rng.uniform(0, 0.5, second.shape).astype(np.float32)
    feedback = np.triu(rng.normal(0, 0.3, (CHANNELS, CHANNELS)), 1).astype(np.float32)
    code = decided(activations, feedback, prices, model, [first])
    lengths = logits(code, model, [first]) / (UNITS * np.log(2))
    balance = activations - (2.0 * code - 1) @ feedback + prices * np.clip(lengths, -16, 16)
    assert np.abs(balance).min() > 1e-4, "no case that rounding decides"
    assert np.array_equal(code, balance > 0)
    assert not np.array_equal(code, second)


def test_a_price_shortens_the_code_and_changes_its_least_certain_bits(model: BitModel) -> None:
    first, second = fields(2, 32, 32, seed=5)
    activations, free = _activations(second), np.zeros((CHANNELS, CHANNELS), np.float32)
    sizes, changed = [], []
    for price in (0.0, 0.05, 0.2):
        code = decided(activations, free, np.full_like(activations, price), model, [first])
        sizes.append(len(encode_bits(code, model, [first])))
        changed.append(code != second)
    assert sizes[0] > 1.02 * sizes[1] > 1.04 * sizes[2]
    assert not changed[0].any(), "without a price it is the signs"
    assert np.abs(activations[changed[1]]).max() <= 16 * 0.05


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 2), (3, 2, 1)])
def test_codes_of_few_positions(model: BitModel, shape: tuple[int, int, int]) -> None:
    first, second = fields(*shape, seed=6)
    free = np.zeros((CHANNELS, CHANNELS), np.float32)
    activations = _activations(second)
    assert np.array_equal(decided(activations, free, np.zeros_like(activations), model, [first]), second)


def test_images_of_a_batch_are_decided_each_for_itself(model: BitModel) -> None:
    first, second = fields(3, 8, 8, seed=7)
    activations, prices = _activations(second), np.full(second.shape, 0.1, np.float32)
    free = np.zeros((CHANNELS, CHANNELS), np.float32)
    together = decided(activations, free, prices, model, [first])
    for one in range(3):
        part = slice(one, one + 1)
        assert np.array_equal(decided(activations[part], free, prices[part], model, [first[part]]), together[part])
