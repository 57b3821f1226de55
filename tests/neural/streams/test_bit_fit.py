"""Learning what predicts bits."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.streams.bit_fit import fit_bit_model
from benchmark.neural.streams.bits import encode_bits
from tests.neural.streams.codes import CHANNELS, fields

pytestmark = pytest.mark.neural


def test_noise_hardly_grows() -> None:
    rng = np.random.default_rng(8)
    noise = rng.integers(0, 2, (2, 128, 128, 32), dtype=np.uint8)
    model = fit_bit_model(noise[:1], seed=2, steps=100)
    assert 8 * len(encode_bits(noise[1:], model)) < 1.005 * noise[1:].size


def test_a_fit_is_reproducible() -> None:
    codes, _ = fields(4, 16, 16)
    one, two = (fit_bit_model(codes, seed=3, steps=20) for _ in range(2))
    for name, table in vars(one).items():
        assert np.array_equal(table, getattr(two, name)), name


def test_channels_that_repeat_the_first_are_almost_free() -> None:
    twins = np.repeat(fields(4, 16, 16)[0][..., :1], CHANNELS, axis=-1)
    model = fit_bit_model(twins, seed=3, steps=300)
    assert 8 * len(encode_bits(twins, model)) < 1.05 * twins[..., 0].size
