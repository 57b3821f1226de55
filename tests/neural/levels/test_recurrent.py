"""The recurrent network of rnn."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from benchmark.plugins import codec_class

pytestmark = [pytest.mark.neural, pytest.mark.slow]


BinaryAe, Rnn = codec_class("binary-ae"), codec_class("rnn")


binary_ae, rnn = (importlib.import_module(cls.__module__) for cls in (BinaryAe, Rnn))


def test_full_width_is_that_of_the_original() -> None:
    network = rnn.build_network("full", additive=False)
    assert round(sum(int(np.prod(variable.shape)) for variable in network.weights) / 1e6) == 33
    codes = network.codes(np.zeros((1, 32, 32, 3), np.float32), 2)
    assert [level.shape for level in codes] == [(1, 2, 2, 32)] * 2, "128 bits a level for a patch of 32×32"


def test_an_additive_network_sums_its_levels_up() -> None:
    network = rnn.build_network("small", additive=True)
    codes = network.codes(np.zeros((1, 16, 16, 3), np.float32) + 0.5, 3)
    first, second = (network.image(codes[:count]) for count in (1, 2))
    states = [None] * 4
    _, after = network.synthesise(2 * codes[0].astype(np.float32) - 1, states, None)
    alone, _ = network.synthesise(2 * codes[1].astype(np.float32) - 1, after, None)
    assert np.allclose(second, first + np.asarray(alone), atol=1e-5)
