"""A dense variational autoencoder on tiles, quantised and entropy-coded.

The tutorial that it comes from means 784 numbers → a latent of 128 → 784 numbers, with dense layers, but its code
does not run; this is its intent. One layer each way makes the encoder a linear transform, far from a good code: here
each way has one hidden layer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from benchmark.codec import setting
from benchmark.neural.backend import load_keras
from benchmark.neural.latent.codec import SearchedCodec
from benchmark.neural.latent.recipe import LatentRecipe
from benchmark.neural.training.recipe import Stage

LATENT = 128
HIDDEN = 256


def build_network(shape: tuple[int, int, int]) -> Any:
    """The network as a Keras model from tiles to tiles.

    For 28×28×1 its encoder has 266,752 parameters and its decoder 234,512.

    Args:
        shape: height, width and channels of a tile.

    Returns:
        A model with the sub-models ``encoder``, (N, h, w, c) to the latent's mean and log-variance, each (N, 128), and
        ``decoder``, (N, 128) to (N, h, w, c) in 0–1. Under a mixed-precision policy the latent and the output stay in
        ``float32``.
    """
    keras = load_keras()
    layers = keras.layers

    tile = keras.Input(shape)
    x = layers.Dense(HIDDEN, activation="relu")(layers.Flatten()(tile))
    mean = layers.Dense(LATENT, name="z_mean", dtype="float32")(x)
    log_variance = layers.Dense(LATENT, name="z_log_var", dtype="float32")(x)
    encoder = keras.Model(tile, [mean, log_variance], name="encoder")

    latent = keras.Input((LATENT,))
    y = layers.Dense(HIDDEN, activation="relu")(latent)
    y = layers.Dense(shape[0] * shape[1] * shape[2], activation="sigmoid", dtype="float32")(y)
    decoder = keras.Model(latent, layers.Reshape(shape)(y), name="decoder")

    source = keras.Input(shape)
    return keras.Model(source, decoder(encoder(source)[0]), name="vae")


@dataclasses.dataclass(frozen=True)
class Vae(SearchedCodec):
    """Dense VAE with a range-coded latent.

    Defaults: ``weights="rd"`` was trained for rate and distortion together; ``elbo`` is the original recipe,
    cross-entropy + KL. ``quality`` chooses an operating point of the set. ``step`` makes the quantiser wider (above 1)
    or narrower (below 1). ``search`` is the number of passes in which the encoder tries the neighbours of every symbol,
    decodes them, and keeps what lowers bits + λ·MSE. It is off by default, for speed.

    Known limits: grey images alone. The codec was trained on digits, so photographs come out badly.
    """

    name = "vae"
    summary = "dense VAE on 28×28 grey tiles, range-coded latent of 128; for MNIST"
    channels: ClassVar[tuple[int, ...]] = (1,)
    photographs: ClassVar[bool] = False
    build_network = staticmethod(build_network)

    weights: str = setting("rd")

    @classmethod
    def recipe(cls, dataset: str, options: Mapping[str, str]) -> VaeRecipe:
        return VaeRecipe(dataset, options)


class VaeRecipe(LatentRecipe):
    """How the VAE is trained; later stages, which start from a trained network, take half of the epochs."""

    codec = "vae"
    build_network = staticmethod(build_network)
    original = "elbo"
    architecture = "dense VAE 784–256–128–256–784: encoder 266,752 and decoder 234,512 parameters"
    default_epochs: ClassVar[dict[str, int]] = {"rd": 40, "elbo": 40}
    default_schedule: ClassVar[dict[str, str]] = {"rd": "cosine", "elbo": "constant"}
    default_start = "elbo"
    step = 0.25  # of the unit variance that the divergence asks for

    def stages(self) -> list[Stage]:
        if self.objective == "elbo":
            return [Stage(1, self.epochs, self.learning_rate(1e-3), None)]
        rate = self.learning_rate(3e-3)
        return [
            Stage(quality, self.epochs if quality == 4 else max(1, self.epochs // 2), rate, 3e-4 * 2.3 ** (quality - 4))
            for quality in range(4, 0, -1)
        ]

    def adapt(self, network: Any) -> None:
        network.get_layer("encoder").get_layer("z_log_var").trainable = False  # this objective has no use for it

    def operating_steps(self, stage: Stage) -> dict[int, int]:
        if stage.trade_off is None:  # one network, whose latent has unit variance: the step alone sets the rate
            return dict(enumerate((64, 48, 32, 24, 16, 8, 4, 2), 1))
        return {2 * stage.quality - 1: 5, 2 * stage.quality: 4}
