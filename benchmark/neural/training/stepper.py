"""Steps of a compiled Keras model without a wait for the device: what ``train_on_batch`` does, but for its overhead.

``train_on_batch`` reads every figure after every step and, with JAX, copies all variables, while a GPU is idle. Here
figures gather on the device until they are asked for, and JAX's state stays with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from benchmark.neural.backend import backend_name, load_keras
from benchmark.neural.training import checkpoint

_AHEAD = 2
"""Steps that the device may be behind: enough that it never waits, few enough that times are those of its work."""


class Stepper:
    """Trains a model step by step.

    Args:
        trainer: a Keras model that is built and compiled, whose optimiser is built and has no schedule of its own.
    """

    def __init__(self, trainer: Any) -> None:
        self.trainer = trainer
        trainer.make_train_function()
        self._held: Any = None
        """JAX's state while it is not in the variables."""
        self._running: deque[Any] = deque()

    def step(self, inputs: dict[str, Any], learning_rate: float) -> None:
        """Starts a step; waits for the one before the last."""
        trainer = self.trainer
        backend = backend_name()
        if backend == "jax":
            import jax

            if self._held is None:
                groups = self._groups()
                rate = trainer.optimizer.learning_rate
                self._rate_place = next(i for i, value in enumerate(groups[2]) if value is rate)
                self._held = tuple([variable.value for variable in group] for group in groups)
            self._held[2][self._rate_place] = jax.device_put(np.float32(learning_rate))
            logs, self._held = trainer.train_function(self._held, iter([(inputs,)]))
        else:
            trainer.optimizer.learning_rate.assign(learning_rate)
            batch = [(inputs,)]
            logs = trainer.train_function(batch if backend == "torch" else iter(batch))
        self._running.append(logs["loss"])
        if len(self._running) > _AHEAD:
            load_keras().ops.convert_to_numpy(self._running.popleft())

    def settle(self) -> None:
        """Waits for all steps, and brings the variables up to date."""
        while self._running:
            load_keras().ops.convert_to_numpy(self._running.popleft())
        if self._held is None:
            return
        for variables, values in zip(self._groups(), self._held, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        self._held = None

    def _groups(self) -> tuple[Any, ...]:
        """Variables in the groups that JAX's training function takes."""
        trainer = self.trainer
        return (
            trainer.trainable_variables,
            trainer.non_trainable_variables,
            trainer.optimizer.variables,
            trainer.metrics_variables,
        )

    def figures(self) -> dict[str, float]:
        """Means of the loss and of the trainer's metrics over the steps since :meth:`forget`."""
        self.settle()
        return {metric.name: float(metric.result()) for metric in self.trainer.metrics}

    def forget(self) -> None:
        """Starts the means anew."""
        self.settle()
        self.trainer.reset_metrics()

    def take_average(self) -> None:
        """Gives the weights the values of their moving average, where there is one."""
        self.settle()
        optimiser = self.trainer.optimizer
        if optimiser.use_ema and int(optimiser.iterations):
            variables = self.trainer.trainable_variables
            optimiser.finalize_variable_values(variables)
            # As copies: JAX lets them share the average's memory, and gives that away in a step.
            for variable, value in zip(variables, checkpoint.values(variables), strict=True):
                variable.assign(value)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Takes the average for a while."""
        self.settle()
        variables = self.trainer.trainable_variables
        before = checkpoint.values(variables) if self.trainer.optimizer.use_ema else []
        self.take_average()
        try:
            yield
        finally:
            for variable, value in zip(variables, before, strict=bool(before)):
                variable.assign(value)
