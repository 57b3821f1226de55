"""The rate that learned-onescale is trained for."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.onescale import coder
from benchmark.neural.onescale.build import build
from benchmark.neural.onescale.recipe import OneScaleRecipe
from tests.neural.onescale.examples import TINY

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_the_rate_is_the_one_that_is_trained_for() -> None:
    from keras import ops

    from benchmark.neural.onescale.contexts import passes
    from benchmark.neural.onescale.objective import nats_of

    contexts = build(OneScaleRecipe(TINY).widths).contexts
    deviations = np.geomspace(400, 4, 20).astype(np.float32)
    contexts.begin_from(deviations, 200.0, 8.0)
    scales = deviations * 3**0.5 / np.pi / 8  # at the last step
    symbols = np.rint(np.random.default_rng(9).logistic(0, scales, (1, 24, 32, 20))).astype(np.float32)
    nats = sum(
        float(ops.sum(nats_of(part - expected, scale)))
        for part, (expected, scale) in zip(passes(symbols), contexts(symbols, np.array([63])), strict=True)
    )
    payload = coder.encode(symbols.astype(np.int32), contexts.integers(), 63)
    assert 8 * len(payload) == pytest.approx(nats / np.log(2), rel=0.01)
