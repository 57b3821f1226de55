"""Networks in training against the integers that they become."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.wavelet.bands import FEATURES
from benchmark.neural.wavelet.model import (
    BANDS,
    KINDS,
    Predictor,
    evaluate,
)
from benchmark.neural.wavelet.restoration import detail
from benchmark.neural.wavelet.tables import LOGIT_LIMIT, first_tables, rate_index
from benchmark.neural.wavelet.transform import UNIT

pytestmark = pytest.mark.neural


@pytest.mark.slow
def test_networks_behave_like_the_integers_they_become() -> None:
    from keras import ops

    from benchmark.neural.wavelet.networks import ContextNetwork, RestorationNetwork

    rng = np.random.default_rng(8)
    network = ContextNetwork(6, 10, seed=1)
    for variable in network.variables:
        variable.assign(rng.normal(0, 0.3, variable.shape))
    model = network.integers(first_tables())
    features = rng.integers(-127, 128, (KINDS, 20, FEATURES))
    band, rate = rng.integers(0, BANDS, (KINDS, 20)), np.full((KINDS, 20), rate_index(2000))
    more, positive, _ = network(features.astype(np.int8), band.astype(np.int32), rate.astype(np.float32))
    predictor = Predictor(model, 2000)
    for kind in range(KINDS):
        for place in range(20):
            layers = predictor.layers(kind, int(band[kind, place]), tuple(range(FEATURES)))
            whole, sign = evaluate(layers, features[kind, place, :, np.newaxis].astype(np.float32))
            exact = np.clip(ops.convert_to_numpy(more)[kind, place] * 32, -LOGIT_LIMIT, LOGIT_LIMIT)
            assert np.abs(whole[0] - exact).max() <= 8, "a few roundings that fall the other way, at most"
            exact = np.clip(float(ops.convert_to_numpy(positive)[kind, place]) * 32, -LOGIT_LIMIT, LOGIT_LIMIT)
            assert abs(sign[0] - exact) <= 8

    repair = RestorationNetwork(8, 2, seed=1)
    repair.last.assign(rng.normal(0, 0.2, repair.last.shape))
    repair.bias.assign(rng.normal(0, 0.2, repair.bias.shape))
    planes = [rng.integers(-3000, 3000, (32, 48)).astype(np.int16) for _ in range(3)]
    step = 24 * UNIT
    seen = np.stack(
        [
            detail(plane, step, first_tables())[row::2, column::2]
            for plane in planes
            for row in (0, 1)
            for column in (0, 1)
        ],
        axis=-1,
    )
    added = ops.convert_to_numpy(repair(seen[np.newaxis], np.array([rate_index(step)], np.float32)))[0]
    out = repair.integers()(planes, step, first_tables())
    for number, plane in enumerate(out):
        for place in range(4):
            found = (plane.astype(int) - planes[number])[place // 2 :: 2, place % 2 :: 2] / UNIT
            assert np.abs(found - added[..., 4 * number + place] * 24 / 32).max() < 1
