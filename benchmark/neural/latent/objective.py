"""Training objectives for autoencoders with a quantised latent. Importing this module loads Keras."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from benchmark.neural.latent.network import latent_of
from benchmark.neural.latent.tiles import Tiling


def _source(inputs: dict[str, Any]) -> Any:
    """What the encoder sees."""
    return inputs.get("source", inputs["tile"])


_PACE = 5.0
"""How many times as fast as the network's weights the densities' shapes move: each stage learns them anew."""


@keras.saving.register_keras_serializable("rdbench")
class LogisticMixture(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """A differentiable density of each latent dimension: a mixture of logistics, integrated over unit bins.

    It stands in for the entropy coder's tables while training; the tables themselves are counted afterwards.

    Args:
        kinds: how many kinds of tiles there are, each with densities of its own.
        dimensions: how many numbers the latent has.
        components: logistics in each mixture.
    """

    def __init__(self, kinds: int, dimensions: int, components: int = 4) -> None:
        super().__init__(dtype="float32")
        self.shape = (kinds, dimensions, components)

    def build(self, _: Any) -> None:
        kinds, dimensions, components = self.shape
        spread = ops.tile(ops.linspace(-2.0, 2.0, components), (kinds * dimensions,))
        self.logit = self.add_weight(shape=self.shape, initializer="zeros", name="logit")
        self.mean = self.add_weight(shape=self.shape, initializer="zeros", name="mean")
        self.mean.assign(ops.reshape(spread, self.shape))
        self.log_scale = self.add_weight(shape=self.shape, initializer="zeros", name="log_scale")

    def call(self, latent: Any, kind: Any) -> Any:
        """Bits that each example's latent costs: shape (N, D) and (N,) to (N,)."""
        values = (ops.softmax(_PACE * self.logit, axis=-1), self.mean, ops.exp(-_PACE * self.log_scale))
        if self.shape[0] > 1:  # a single kind needs no copy of its densities for each example
            values = tuple(ops.take(value, kind, axis=0) for value in values)
        weight, mean, scale = values
        # The integral is taken on the side of the mean where the difference of two sigmoids does not cancel.
        distance = ops.abs(latent[..., None] - mean)
        mass = ops.sigmoid((0.5 - distance) * scale) - ops.sigmoid((-0.5 - distance) * scale)
        probability = ops.sum(weight * mass, axis=-1)
        return ops.sum(-ops.log(ops.maximum(probability, 1e-7)), axis=-1) / 0.6931472


class RateDistortion(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Minimises bpp + λ · 255² · MSE of an autoencoder whose latent is rounded to multiples of a step.

    While training, the rate sees the latent with additive uniform noise (Ballé, Laparra and Simoncelli 2017) and the
    decoder sees it rounded, with a straight-through gradient (Theis et al. 2017); Minnen and Singh 2020 found the
    mixture of the two to serve best. In validation both see it rounded.

    Args:
        network: model from tiles in 0–1, (N, h, w, c), to tiles, with sub-models ``encoder`` and ``decoder``; it sees
            ``source`` where the examples have one, such as a noisy copy, and is to give ``tile``.
        tiling: kinds of tiles and their weights.
        trade_off: λ, bits per pixel for a unit of squared error in 0–255.
        step: the step of the quantiser.
        seed: the seed of the noise.
    """

    def __init__(self, network: keras.Model, tiling: type[Tiling], trade_off: float, step: float, seed: int) -> None:
        super().__init__()
        self.network = network
        self.encoder, self.decoder = network.get_layer("encoder"), network.get_layer("decoder")
        self.pixels = tiling.shape[0] * tiling.shape[1]
        self.trade_off, self.step = trade_off, step
        self.kind_weights = [float(weight) for weight in tiling.weights]
        self.prior = LogisticMixture(len(tiling.kinds), math.prod(self.encoder.outputs[0].shape[1:]))
        self.prior.build(None)  # a checkpoint is read before anything is called
        self.noise = keras.random.SeedGenerator(seed)
        self.trackers = [keras.metrics.Mean(name=name) for name in ("bits", "psnr")]

    def call(self, inputs: dict[str, Any], training: bool = False) -> dict[str, Any]:
        latent = ops.cast(latent_of(self.encoder, _source(inputs), training), "float32") / self.step
        rounded = latent + ops.stop_gradient(ops.round(latent) - latent)
        seen = latent + keras.random.uniform(ops.shape(latent), -0.5, 0.5, seed=self.noise) if training else rounded
        flat = ops.reshape(seen, (-1, self.prior.shape[1]))
        return {"tile": self.decoder(rounded * self.step, training=training), "bits": self.prior(flat, inputs["kind"])}

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        error = ops.mean(ops.square(x["tile"] - ops.cast(y_pred["tile"], "float32")), axis=(1, 2, 3))
        weight = ops.take(ops.convert_to_tensor(self.kind_weights, "float32"), x["kind"])
        distortion = 255.0**2 * ops.mean(weight * error)
        bits = ops.mean(y_pred["bits"])
        self.trackers[0].update_state(bits)
        self.trackers[1].update_state(-10 * ops.log10(ops.mean(error)))
        return bits / self.pixels + self.trade_off * distortion

    @property
    def metrics(self) -> Sequence[keras.metrics.Metric]:
        return [*super().metrics, *self.trackers]


class Elbo(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Minimises binary cross-entropy summed over a tile plus β times the KL divergence to a unit Gaussian.

    The objective of the original CVAE (Kingma and Welling 2014), with one sample of the latent and β = 1.

    Args:
        network: as for :class:`RateDistortion`; its encoder gives mean and log-variance.
        seed: the seed of the sampling.
    """

    def __init__(self, network: keras.Model, seed: int) -> None:
        super().__init__()
        self.network = network
        self.encoder, self.decoder = network.get_layer("encoder"), network.get_layer("decoder")
        self.noise = keras.random.SeedGenerator(seed)
        self.trackers = [keras.metrics.Mean(name=name) for name in ("cross_entropy", "divergence")]

    def call(self, inputs: dict[str, Any], training: bool = False) -> dict[str, Any]:
        mean, log_variance = (ops.cast(value, "float32") for value in self.encoder(_source(inputs), training=training))
        sample = mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean), seed=self.noise)
        divergence = -0.5 * ops.sum(1 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=-1)
        return {"tile": self.decoder(sample, training=training), "divergence": divergence}

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        pixelwise = keras.losses.binary_crossentropy(x["tile"], ops.cast(y_pred["tile"], "float32"), axis=-1)
        cross_entropy = ops.mean(ops.sum(pixelwise, axis=(1, 2)))
        divergence = ops.mean(y_pred["divergence"])
        self.trackers[0].update_state(cross_entropy)
        self.trackers[1].update_state(divergence)
        return cross_entropy + divergence

    @property
    def metrics(self) -> Sequence[keras.metrics.Metric]:
        return [*super().metrics, *self.trackers]


class SquaredError(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Minimises the mean squared error of an autoencoder whose latent is left alone.

    Args:
        network: as for :class:`RateDistortion`.
        seed: not used: layers such as dropout have seeds of their own.
    """

    def __init__(self, network: keras.Model, seed: int) -> None:
        super().__init__()
        self.encoder, self.decoder = network.get_layer("encoder"), network.get_layer("decoder")

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        return self.decoder(latent_of(self.encoder, _source(inputs), training), training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        return ops.mean(ops.square(x["tile"] - ops.cast(y_pred, "float32")))


ORIGINALS = {"elbo": Elbo, "mse": SquaredError}
"""Objectives of the originals of our codecs, by their names in a training's options."""
