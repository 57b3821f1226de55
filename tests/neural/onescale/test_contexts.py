"""The entropy model in training against the integers that it becomes."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.onescale.build import build
from benchmark.neural.onescale.model import Predictor, gather
from benchmark.neural.onescale.recipe import OneScaleRecipe
from tests.neural.onescale.examples import TINY

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_the_network_behaves_like_the_integers_that_it_becomes() -> None:
    from keras import ops

    rng = np.random.default_rng(6)
    contexts = build(OneScaleRecipe(TINY).widths).contexts
    contexts.begin_from(np.geomspace(400, 4, 20).astype(np.float32), 200.0, 8.0)
    for variable in (contexts.linear, contexts.told, contexts.linear_bias):
        variable.assign(rng.normal(0, 0.1, variable.shape))
    symbols = np.rint(rng.laplace(0, 3, (1, 6, 4, 20)))
    model, padded = contexts.integers(), np.moveaxis(np.pad(symbols, ((0, 0), (1, 1), (1, 1), (0, 0))), -1, 0)
    for phase, (expected, scale) in enumerate(contexts(symbols.astype(np.float32), np.array([40]))):
        known = gather(padded, phase)
        wanted, index = Predictor(model, 40)(phase, known, model.tables.sizes(known))
        found, logarithm = (
            np.broadcast_to(ops.convert_to_numpy(value), (1, 3, 2, 20)).reshape(-1, 20).T for value in (expected, scale)
        )
        assert np.abs(found * 64 - wanted).max() <= 1, "a bias that is rounded"
        assert np.abs((logarithm + 3) * 8 - index).max() <= 1, "a rounding that falls the other way"
