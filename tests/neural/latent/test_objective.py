"""What latent codecs are trained for."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.backend import load_keras
from benchmark.neural.latent.tiles import TILINGS
from tests.neural.latent.examples import network_of

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def tiles(count: int) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    rng = np.random.default_rng(1)
    return {"tile": rng.random((count, 28, 28, 1), np.float32), "kind": np.zeros(count, np.int32)}


def test_a_density_gives_all_whole_numbers_together_a_probability_of_one() -> None:
    load_keras()
    from benchmark.neural.latent.objective import LogisticMixture

    mixture = LogisticMixture(2, 1)
    mixture.build(None)
    mixture.mean.assign(np.random.default_rng(0).normal(0, 2, mixture.mean.shape))
    numbers = np.arange(-40, 41, dtype=np.float32)[:, np.newaxis]
    for kind in (0, 1):
        bits = np.asarray(mixture(numbers, np.full(81, kind)))
        assert np.sum(2.0**-bits) == pytest.approx(1, abs=1e-3)
        assert bits.min() > 0


def test_rate_and_distortion_are_weighed_by_the_trade_off() -> None:
    from benchmark.neural.latent.objective import RateDistortion

    given = tiles(3)
    objective = RateDistortion(network_of("conv-ae"), TILINGS["grey28"], trade_off=0.01, step=2.0, seed=1)
    found = objective(given)
    error = np.mean((np.asarray(found["tile"]) - given["tile"]) ** 2, axis=(1, 2, 3))
    expected = np.mean(np.asarray(found["bits"])) / 784 + 0.01 * 255**2 * np.mean(error)
    assert float(objective.compute_loss(x=given, y_pred=found)) == pytest.approx(expected, rel=1e-4)
    again = objective(given)
    assert np.array_equal(np.asarray(again["bits"]), np.asarray(found["bits"])), "no noise outside training"
    noisy = objective(given, training=True)
    assert not np.array_equal(np.asarray(noisy["bits"]), np.asarray(found["bits"]))


def test_the_divergence_is_zero_where_the_latent_is_a_unit_gaussian() -> None:
    from benchmark.neural.latent.objective import Elbo

    network = network_of("vae")
    for layer in network.get_layer("encoder").layers[-2:]:
        layer.set_weights([np.zeros_like(values) for values in layer.get_weights()])
    objective = Elbo(network, seed=1)
    assert np.allclose(np.asarray(objective(tiles(3))["divergence"]), 0, atol=1e-5)


def test_squared_error_is_of_the_clean_tile_where_a_noisy_one_is_seen() -> None:
    from benchmark.neural.latent.objective import SquaredError

    given = tiles(3)
    network = network_of("denoising-ae")
    objective = SquaredError(network, seed=1)
    noisy = {**given, "source": 1 - given["tile"]}
    decoded = np.asarray(objective(noisy))
    assert np.allclose(decoded, np.asarray(network(noisy["source"], training=False)), atol=1e-5)
    expected = np.mean((decoded - given["tile"]) ** 2)
    assert float(objective.compute_loss(x=noisy, y_pred=decoded)) == pytest.approx(expected, rel=1e-4)
