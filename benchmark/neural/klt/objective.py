"""Objectives of form ``klt``: rate and distortion of all levels, then the restoration. Importing this loads Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from benchmark.neural.klt.start import BLOCK
from benchmark.neural.training.restored import RestorationTrainer

_RATE_UNIT = 0.1
"""Bits a pixel and level in which rates count."""


class LevelsObjective(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Mean over the levels of ln(MSE) + λ · (bits a pixel up to the level) / (0.1 · number of the level).

    Errors are those of coefficients, to which what no coefficient holds is added: the basis is orthonormal.

    Args:
        network: a ``KltAutoencoder``, of which all but the restoration is trained.
        prices: λ of each level.
        first_weight: the weight of the logarithms of the first two levels' errors; that of the others is 1.
    """

    def __init__(self, network: Any, prices: npt.NDArray[np.float64], first_weight: float) -> None:
        super().__init__()
        network.trainable = True
        network.restoration.trainable = False
        self.network = network
        self.prices = [float(price) for price in prices]
        weights = np.array([first_weight] * 2 + [1.0] * len(prices))[: len(prices)]
        self.weights_of_levels = [float(weight) for weight in weights / weights.sum()]
        self.trackers = [keras.metrics.Mean(name=name) for name in ("psnr_first", "psnr_last", "bpp_last")]

    def call(self, inputs: dict[str, Any]) -> tuple[list[Any], list[Any]]:
        """Mean squared error of each level, and its estimated bits, of a block on average."""
        images = ops.cast(inputs["image"], "float32")
        target = self.network.coefficients(images)
        samples = float(np.prod(images.shape))
        beyond = ops.sum(ops.square(self.network.centred(images))) - ops.sum(ops.square(target))
        decoded, rates = self.network.levels(target, len(self.prices))
        errors = [(ops.sum(ops.square(level - target)) + beyond) / samples for level in decoded]
        return errors, rates

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        errors, rates = y_pred
        loss, bpp = 0.0, 0.0
        for level, (error, rate, price) in enumerate(zip(errors, rates, self.prices, strict=True)):
            bpp = bpp + rate / BLOCK**2
            loss = loss + self.weights_of_levels[level] * ops.log(error + 1e-3)
            loss = loss + price / len(self.prices) * bpp / (_RATE_UNIT * (level + 1))
        for tracker, error in zip(self.trackers, (errors[0], errors[-1]), strict=False):
            tracker.update_state(10 * ops.log10(255.0**2 / (error + 1e-3)))
        self.trackers[-1].update_state(bpp)
        return loss

    @property
    def metrics(self) -> Sequence[keras.metrics.Metric]:
        return [*super().metrics, *self.trackers]


class RestorationObjective(RestorationTrainer):
    """Trains the restoration alone, on images that were decoded by the levels.

    Args:
        network: a ``KltAutoencoder``, of which the restoration alone is trained.
    """

    def __init__(self, network: Any) -> None:
        super().__init__()
        network.trainable = False
        network.restoration.trainable = True
        self.network = network

    def call(self, inputs: dict[str, Any]) -> Any:
        """Errors after and before the restoration, each (N,)."""
        target, before = (ops.cast(inputs[name], "float32") for name in ("image", "decoded"))
        after = self.network.restoration(before, inputs["level"])
        return tuple(ops.mean(ops.square(image - target), axis=(1, 2, 3)) for image in (after, before))
