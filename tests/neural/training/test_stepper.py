"""Steps of a model without a wait for the device."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmark.neural.backend import load_keras
from benchmark.neural.training.stepper import Stepper

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def trainer_of(use_ema: bool = False) -> Any:
    """A line through the origin, whose weight starts at 0 and is to be 3."""
    keras = load_keras()

    class Line(keras.Model):  # type: ignore[misc, name-defined]  # Keras ships no types
        def __init__(self) -> None:
            super().__init__()
            self.weight = self.add_weight(shape=(1,), initializer="zeros")

        def call(self, inputs: Any) -> Any:
            return inputs["x"] * self.weight

        def compute_loss(
            self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
        ) -> Any:
            return keras.ops.mean(keras.ops.square(y_pred - 3 * x["x"]))

    model = Line()
    model.compile(optimizer=keras.optimizers.SGD(0.1, use_ema=use_ema, ema_momentum=0.5))
    model({"x": np.ones((2, 1), np.float32)})
    model.optimizer.build(model.trainable_variables)
    return model


BATCH = {"x": np.ones((2, 1), np.float32)}


def test_steps_are_those_of_the_rule_and_their_losses_are_averaged() -> None:
    stepper = Stepper(trainer_of())
    weight, losses = 0.0, []
    for rate in (0.1, 0.2, 0.1, 0.05):
        losses.append((weight - 3) ** 2)
        weight -= rate * 2 * (weight - 3)
        stepper.step(BATCH, rate)
    stepper.settle()
    assert float(np.asarray(stepper.trainer.weight)[0]) == pytest.approx(weight, rel=1e-5)
    assert stepper.figures()["loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    stepper.forget()
    stepper.step(BATCH, 0.0)
    assert stepper.figures()["loss"] == pytest.approx((weight - 3) ** 2, rel=1e-4)


def test_the_average_is_taken_for_a_while() -> None:
    stepper = Stepper(trainer_of(use_ema=True))
    for _ in range(3):
        stepper.step(BATCH, 0.1)
    stepper.settle()
    now = float(np.asarray(stepper.trainer.weight)[0])
    with pytest.raises(KeyError), stepper.averaged():
        average = float(np.asarray(stepper.trainer.weight)[0])
        raise KeyError
    assert 0 < average < now, "it lags behind"
    assert float(np.asarray(stepper.trainer.weight)[0]) == now
    stepper.take_average()
    assert float(np.asarray(stepper.trainer.weight)[0]) == average
