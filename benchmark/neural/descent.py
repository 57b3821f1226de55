"""A search along a gradient, as the training of a Keras model whose weights are what is searched for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmark.colour.convert import Floats
from benchmark.neural.backend import load_keras

Inputs = Mapping[str, Any]
"""Arrays or tensors by name, one row an item: what a cost is computed from."""


def make_descent(shape: Sequence[int], cost: Callable[[Any, Inputs], tuple[Any, Any]], rate: float, steps: int) -> Any:
    """A Keras model whose only weights are values of a shape, one row an item, and whose training is the search.

    Args:
        shape: the shape of the values.
        cost: what they are rounded to, and the cost of each item, through which the gradient flows.
        rate: the learning rate at first; it falls in a straight line to nothing.
        steps: the number of steps of the descent.
    """
    keras = load_keras()
    ops = keras.ops

    class Descent(keras.Model):  # type: ignore[misc, name-defined]  # Keras ships no types
        def __init__(self) -> None:
            super().__init__()
            self.values = self.add_weight(shape=shape, initializer="zeros", name="values")
            self.best = self.add_weight(shape=shape, initializer="zeros", trainable=False, name="best")
            self.cost = self.add_weight(shape=shape[:1], initializer="zeros", trainable=False, name="cost")

        def lowest(self, start: Floats, inputs: Inputs) -> Floats:
            """The rounded values of lowest cost on the way from a start."""
            self.values.assign(start)
            self.cost.assign(np.full(len(start), np.inf, np.float32))
            for value in self.optimizer.variables:
                if value is not self.optimizer.learning_rate:
                    value.assign(np.zeros(value.shape, value.dtype))
            self.fit(inputs, batch_size=len(start), epochs=steps, shuffle=False, verbose=0)
            best: Floats = ops.convert_to_numpy(ops.round(self.best))  # of a tensor: NumPy warns of a variable
            return best

        def call(self, inputs: Inputs, training: bool = False) -> Any:
            rounded, found = cost(ops.convert_to_tensor(self.values), inputs)
            better = ops.reshape(found < self.cost, (-1,) + (1,) * (len(shape) - 1))
            self.best.assign(ops.where(better, rounded, ops.convert_to_tensor(self.best)))
            self.cost.assign(ops.minimum(found, ops.convert_to_tensor(self.cost)))
            return found

        def compute_loss(
            self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
        ) -> Any:
            return ops.sum(y_pred)

    descent = Descent()
    schedule = keras.optimizers.schedules.PolynomialDecay(rate, steps, rate / 100)
    descent.compile(optimizer=keras.optimizers.Adam(schedule), jit_compile=keras.config.backend() == "jax")
    descent.optimizer.build([descent.values])
    return descent
