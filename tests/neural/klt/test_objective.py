"""What the form klt is trained for: rate and distortion of all levels, then the restoration."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.neural.klt.build import build_klt
from benchmark.neural.klt.start import BLOCK, Start
from tests.neural.klt.examples import SMALL

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_the_loss_is_of_logarithms_of_errors_and_of_bits_up_to_each_level(
    images: npt.NDArray[np.uint8], start: Start
) -> None:
    from benchmark.neural.klt.objective import LevelsObjective

    network = build_klt(SMALL)
    network.begin_from(start)
    prices = np.array([0.4, 0.3, 0.2, 0.1])
    objective = LevelsObjective(network, prices, first_weight=2.0)
    inputs = {"image": images[:2]}
    errors, bits = (np.array([float(value) for value in values]) for values in objective(inputs))
    assert (np.diff(errors) < 0).all(), "each level repairs"
    pixels = network.pixels(network.levels(network.coefficients(images[:2].astype(np.float32)), 4)[0][0])
    assert errors[0] == pytest.approx(float(np.mean((np.asarray(pixels) - images[:2]) ** 2)), rel=1e-3)
    expected = np.sum(np.array([2, 2, 1, 1]) / 6 * np.log(errors + 1e-3))
    expected += np.sum(prices / 4 * np.cumsum(bits) / BLOCK**2 / (0.1 * np.arange(1, 5)))
    assert float(objective.compute_loss(y_pred=objective(inputs))) == pytest.approx(expected, rel=1e-4)
    assert not network.restoration.trainable_variables


def test_the_restoration_is_trained_alone(images: npt.NDArray[np.uint8], start: Start) -> None:
    from benchmark.neural.klt.objective import RestorationObjective

    network = build_klt(SMALL)
    network.begin_from(start)
    objective = RestorationObjective(network)
    assert objective.trainable_variables
    own = {id(variable) for variable in network.restoration.variables}
    assert {id(variable) for variable in objective.trainable_variables} <= own
    decoded = images // 2
    _, before = objective({"image": images, "decoded": decoded, "level": np.zeros(4, np.int32)})
    wanted = np.mean((images.astype(float) - decoded) ** 2, axis=(1, 2, 3))
    assert np.allclose(np.asarray(before), wanted, rtol=1e-4)
