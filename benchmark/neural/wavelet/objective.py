"""What the networks are trained for: bits of coefficients, and squared errors of planes. Importing this loads Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from benchmark.neural.training.restored import RestorationTrainer
from benchmark.neural.wavelet.model import BINARY, CLASSES
from benchmark.neural.wavelet.restoration import PARTS

_VALUE_SHARE = 0.05
"""What the error of the expected value counts, beside a nat."""


class ContextObjective(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Mean of the weighted nats of magnitudes and signs; and of the error of the value that is expected, a little.

    Args:
        network: a ``WaveletNetwork``, of which the contexts are trained.
    """

    def __init__(self, network: Any) -> None:
        super().__init__()
        network.contexts.trainable, network.restoration.trainable = True, False
        self.network = network  # the whole of it: a checkpoint holds what its trainer holds
        self.trackers = [keras.metrics.Mean(name=name) for name in ("bits", "sign_bits")]

    def call(self, inputs: dict[str, Any]) -> tuple[Any, Any, Any]:
        more, positive, expected = self.network.contexts(inputs["features"], inputs["band"], inputs["rate"])
        value = inputs["value"]
        size = ops.abs(value)
        bounds = ops.convert_to_tensor(np.asarray(CLASSES[1:], np.int32))
        classes = ops.sum(ops.cast(size[..., None] >= bounds, "int32"), axis=-1)[..., None]
        decision = ops.arange(BINARY, dtype="int32")
        beyond, reached = ops.cast(classes > decision, "float32"), ops.cast(classes >= decision, "float32")
        nats = ops.sum(reached * ops.softplus(more) - beyond * more, axis=-1)
        sign = ops.cast(ops.sign(value), "float32")
        sign_nats = ops.abs(sign) * ops.softplus(-sign * positive)
        target = sign * ops.log2(1 + ops.cast(size, "float32"))
        away = ops.abs(expected - target)
        value_loss = ops.where(away < 0.5, away**2, away - 0.25)
        return nats, sign_nats, value_loss

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        nats, sign_nats, value_loss = y_pred
        weight, value = map(ops.convert_to_tensor, (x["weight"], x["value"]))  # arrays where a step is tested
        self.trackers[0].update_state(ops.mean(weight * (nats + sign_nats)) / np.log(2))
        signs = ops.cast(value != 0, "float32")
        self.trackers[1].update_state(ops.sum(sign_nats) / (ops.sum(signs) + 1e-6) / np.log(2))
        return ops.mean(weight * (nats + sign_nats + _VALUE_SHARE * value_loss))

    @property
    def metrics(self) -> Sequence[keras.metrics.Metric]:
        return [*super().metrics, *self.trackers]


class RestorationObjective(RestorationTrainer):
    """Trains the restoration alone, on planes of which the error is known.

    Args:
        network: a ``WaveletNetwork``, of which the restoration is trained.
    """

    def __init__(self, network: Any) -> None:
        super().__init__()
        network.contexts.trainable, network.restoration.trainable = False, True
        self.network = network

    def call(self, inputs: dict[str, Any]) -> tuple[Any, Any]:
        added = self.network.restoration(inputs["seen"], inputs["rate"])
        unit = (inputs["step"] / PARTS) ** 2
        before = ops.mean(inputs["error"] ** 2, axis=(1, 2, 3)) * unit
        after = ops.mean((inputs["error"] - added) ** 2, axis=(1, 2, 3)) * unit
        return after, before
