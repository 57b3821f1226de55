"""What the network is trained for: squared error and bits. Importing this loads Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from benchmark.neural.klt.start import BLOCK
from benchmark.neural.onescale.contexts import passes
from benchmark.neural.onescale.model import QUALITIES
from benchmark.neural.wavelet.networks import straight


class RateDistortion(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Mean over crops of (MSE + λ · bits a pixel) / √λ, each at a quality of its own.

    The MSE is that of RGB in 0–255; λ goes from the first quality to the last with its logarithm on a straight line. It
    divides so that low rates, whose errors are large, do not count more than high ones.

    Decoder and entropy model see latents that are rounded, with a straight-through gradient. The latents whose bits are
    counted have uniform noise in place of the rounding while training (Ballé et al. 2017; both as in Minnen and Singh
    2020), and are rounded where it is validated.

    Args:
        network: a ``OneScaleNetwork``.
        first_price, last_price: λ of quality 0 and 63, squared grey levels for a bit a pixel.
        seed: the seed of the noise.
    """

    def __init__(self, network: Any, first_price: float, last_price: float, seed: int) -> None:
        super().__init__(dtype="float32")
        self.network = network
        self.first = float(np.log(first_price))
        self.rise = float(np.log(last_price / first_price)) / (QUALITIES - 1)
        self.noise = keras.random.SeedGenerator(seed)
        self.trackers = [keras.metrics.Mean(name=name) for name in ("psnr", "bpp")]

    def call(self, inputs: dict[str, Any], training: bool = False) -> tuple[Any, Any]:
        """Mean squared error and bits a pixel of each crop, (N,).

        Args:
            inputs: ``image``, ``uint8`` (N, H, W, 3), sides multiples of 32, and ``quality``, (N,).
            training: whether bits are those of latents with noise.
        """
        images, quality = ops.cast(inputs["image"], "float32"), ops.cast(inputs["quality"], "float32")
        latents = self.network.transform.analyse(images, quality)
        symbols = straight(latents, ops.round(latents))
        counted = symbols
        if training:
            counted = latents + keras.random.uniform(latents.shape, -0.5, 0.5, "float32", seed=self.noise)
        nats = 0.0
        expectations = self.network.contexts(symbols, quality)
        for part, (expected, scale) in zip(passes(counted), expectations, strict=True):
            nats = nats + ops.sum(nats_of(part - expected, scale), axis=(1, 2, 3))
        pixels = latents.shape[1] * latents.shape[2] * BLOCK**2
        decoded = self.network.transform.synthesise(symbols, quality)
        return ops.mean(ops.square(decoded - images), axis=(1, 2, 3)), nats / (float(np.log(2)) * pixels)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        error, bpp = y_pred
        price = ops.exp(self.first + self.rise * ops.cast(x["quality"], "float32"))
        self.trackers[0].update_state(10 * ops.log10(255.0**2 / (error + 1e-3)))
        self.trackers[1].update_state(bpp)
        return ops.mean((error + price * bpp) / ops.sqrt(price))

    @property
    def metrics(self) -> Sequence[keras.metrics.Metric]:
        return [*super().metrics, *self.trackers]


def nats_of(rest: Any, scale: Any) -> Any:
    """Information of the interval of 1 around a value of a logistic distribution about zero, in nats.

    It is −ln(σ((½ − d)/s) − σ((−½ − d)/s)) for the distance d, as sums that stay finite for any d and s.

    Args:
        rest: the value.
        scale: logarithm of the scale.
    """
    inverse, distance = ops.exp(-scale), ops.abs(rest)
    inside = ops.softplus((distance - 0.5) * inverse) + ops.softplus(-(distance + 0.5) * inverse)
    return inside - ops.log(-ops.expm1(-inverse))
