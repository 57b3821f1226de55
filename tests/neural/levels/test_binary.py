"""The binariser, and networks with a code of one level."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.backend import load_keras
from tests.tiny import TinyRecipe

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_bits_are_signs_and_drawn_at_random_while_training() -> None:
    keras = load_keras()
    from benchmark.neural.levels.binary import binarise

    activation = np.array([-0.9, -0.1, 0.0, 0.6], np.float32)
    assert np.asarray(binarise(activation, None)).tolist() == [-1, -1, 1, 1]
    many = np.repeat(activation[:, np.newaxis], 20_000, axis=1)
    drawn = np.asarray(binarise(many, keras.random.SeedGenerator(1)))
    assert set(np.unique(np.rint(drawn))) == {-1, 1}
    assert drawn.mean(axis=1) == pytest.approx(activation, abs=0.03), "their expectation is the activation"


def test_strips_of_a_large_picture_show_no_seams() -> None:
    network = TinyRecipe({}).build()
    # So wide that a strip has 8 rows, the least.
    picture = np.random.default_rng(0).random((1, 24, 16_384, 3), np.float32)
    (code,) = network.codes(picture, 1)
    assert (code.shape, code.dtype) == ((1, 6, 4096, 8), np.uint8)
    assert np.array_equal(code, np.asarray(network.encoder(picture)) >= 0)
    whole = np.asarray(network.decoder(2 * code.astype(np.float32) - 1))
    assert np.allclose(network.image([code]), whole, atol=1e-6)


@pytest.mark.parametrize("loss", ["mse", "l1", "psnr"])
def test_distortion_is_that_of_its_name(loss: str) -> None:
    from benchmark.neural.levels.binary import Distortion

    network = TinyRecipe({}).build()
    objective = Distortion(network, loss, stochastic=True, levels=1, seed=1)
    images = np.random.default_rng(2).integers(0, 256, (2, 8, 8, 3), np.uint8)
    (decoded,) = objective({"image": images})
    error = np.asarray(decoded) - images.astype(np.float32) / 255
    expected = {"mse": np.mean(error**2), "l1": np.mean(np.abs(error)), "psnr": np.log(np.mean(error**2) + 1e-6)}[loss]
    assert float(objective.compute_loss(x={"image": images}, y_pred=[decoded])) == pytest.approx(expected, rel=1e-4)
