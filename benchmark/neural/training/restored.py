"""The objective of networks that repair a decoded picture. Importing this loads Keras."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


class RestorationTrainer(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Mean of ln((MSE + ½) / (MSE before + ½)) over decoded crops: every crop counts alike, whatever its error.

    It tells the gain as the metric ``gain_db``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gain = keras.metrics.Mean(name="gain_db")

    @abstractmethod
    def call(self, inputs: dict[str, Any]) -> tuple[Any, Any]:
        """Mean squared errors in squared grey levels, after and before the restoration, each (N,)."""

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        after, before = y_pred
        self.gain.update_state(10 * ops.mean(ops.log10(before / after)))
        return ops.mean(ops.log((after + 0.5) / (before + 0.5)))

    @property
    def metrics(self) -> Sequence[keras.metrics.Metric]:
        return [*super().metrics, self.gain]
