"""A convolutional variational autoencoder on tiles, quantised and entropy-coded.

The architecture is that of the UNESP CVAE (2025): two strided convolutions and 16 latent numbers for a 28×28 tile. The
original writes its sampled latent as floats; here the mean is quantised, range-coded with integer tables learned for
each latent dimension, and put into a stream that decodes anywhere.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from benchmark.codec import setting
from benchmark.defaults import DIGIT_DATASETS
from benchmark.neural.backend import load_keras
from benchmark.neural.latent.codec import SearchedCodec
from benchmark.neural.latent.recipe import LatentRecipe
from benchmark.neural.streams import entropy
from benchmark.neural.training.recipe import Stage

LATENT = 16


def build_network(shape: tuple[int, int, int]) -> Any:
    """The network of the original, to the layer, as a Keras model from tiles to tiles.

    For 28×28×1 its encoder has 424,480 parameters and its decoder 108,993.

    Args:
        shape: height, width and channels of a tile; height and width are multiples of 4.

    Returns:
        A model with the sub-models ``encoder``, (N, h, w, c) to the latent's mean and log-variance, each (N, 16), and
        ``decoder``, (N, 16) to (N, h, w, c) in 0–1. Under a mixed-precision policy the latent and the output stay in
        ``float32``.
    """
    keras = load_keras()
    layers = keras.layers
    small = (shape[0] // 4, shape[1] // 4, 64)
    strided = {"strides": 2, "padding": "same", "activation": "relu"}

    tile = keras.Input(shape)
    x = layers.Conv2D(32, 3, **strided)(tile)
    x = layers.Conv2D(64, 3, **strided)(x)
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    mean = layers.Dense(LATENT, name="z_mean", dtype="float32")(x)
    log_variance = layers.Dense(LATENT, name="z_log_var", dtype="float32")(x)
    encoder = keras.Model(tile, [mean, log_variance], name="encoder")

    latent = keras.Input((LATENT,))
    y = layers.Dense(int(np.prod(small)), activation="relu")(latent)
    y = layers.Conv2DTranspose(64, 3, **strided)(layers.Reshape(small)(y))
    y = layers.Conv2DTranspose(32, 3, **strided)(y)
    y = layers.Conv2DTranspose(shape[2], 3, padding="same", activation="sigmoid", dtype="float32")(y)
    decoder = keras.Model(latent, y, name="decoder")

    source = keras.Input(shape)
    return keras.Model(source, decoder(encoder(source)[0]), name="cvae")


@dataclasses.dataclass(frozen=True)
class Cvae(SearchedCodec):
    """CVAE with a range-coded latent.

    Defaults: ``weights="auto"`` takes ``mnist`` for 28×28 grey images and ``natural`` for all others, the two sets that
    were trained for rate and distortion together; ``mnist-elbo`` is the original recipe (cross-entropy + KL, β = 1).
    ``quality`` chooses an operating point of the set. ``step`` makes the quantiser wider (above 1) or narrower (below
    1). ``search`` is the number of passes in which the encoder tries the neighbours of every symbol, decodes them, and
    keeps what lowers bits + λ·MSE. It gains about a decibel for digits, at 32 decodings a pass. It is off by default,
    for speed.

    Known limits: 16 numbers describe a tile, whatever it shows, so the quality saturates early. It is a codec for
    digits and thumbnails rather than for photographs. The same stream decodes to the same symbols on every machine;
    pixels may differ by rounding between backends.
    """

    name = "cvae"
    summary = "convolutional VAE on 28×28 tiles, range-coded latent; photographs as YCbCr BT.601 with 4:2:0 chroma"
    build_network = staticmethod(build_network)

    weights: str = setting("auto")

    def set_names(self) -> tuple[str, ...]:
        return ("mnist", "natural") if self.weights == "auto" else (self.weights,)

    def set_for(self, height: int, width: int, channels: int) -> str:
        if self.weights != "auto":
            return self.weights
        return "mnist" if (height, width, channels) == (28, 28, 1) else "natural"

    @classmethod
    def recipe(cls, dataset: str, options: Mapping[str, str]) -> CvaeRecipe:
        return CvaeRecipe(dataset, options)


class CvaeRecipe(LatentRecipe):
    """How the CVAE is trained; later stages, which start from a trained network, take a third of the epochs."""

    codec = "cvae"
    build_network = staticmethod(build_network)
    original = "elbo"
    architecture = "UNESP CVAE: encoder 424,480 and decoder 108,993 parameters for 28×28×1"
    tilings = ("grey28", "planes28", "rgb32")
    default_epochs: ClassVar[dict[str, int]] = {"rd": 24, "elbo": 24}
    default_schedule: ClassVar[dict[str, str]] = {"rd": "cosine", "elbo": "constant"}

    def __init__(self, dataset: str, options: Mapping[str, str]) -> None:
        super().__init__(dataset, options)
        self.patience = 6 if self.objective == "rd" else None

    def default_tiling(self, dataset: str) -> str:
        return "grey28" if dataset.partition(":")[0] in DIGIT_DATASETS else "planes28"

    def stages(self) -> list[Stage]:
        if self.objective == "elbo":
            return [Stage(1, self.epochs, self.learning_rate(1e-3), None)]
        # λ falls by 2.3 from point to point: from where 16 numbers hardly gain by more bits to where most are zero.
        # Digits need a smaller λ than photographs, since their error is larger.
        top = 6e-4 if self.tiling_name == "grey28" else 4e-3
        rate = self.learning_rate(3e-3)
        return [
            Stage(quality, self.epochs if quality == 6 else max(1, self.epochs // 3), rate, top * 2.3 ** (quality - 6))
            for quality in range(6, 0, -1)
        ]

    def adapt(self, network: Any) -> None:
        # Rounded, a latent that starts within ±½ is zero everywhere and sends no gradient: start it wider.
        mean = network.get_layer("encoder").get_layer("z_mean")
        kernel, bias = mean.get_weights()
        mean.set_weights([16 * kernel, bias])
        network.get_layer("encoder").get_layer("z_log_var").trainable = False  # this objective has no use for it

    def operating_steps(self, stage: Stage) -> dict[int, int]:
        if stage.trade_off is None:  # one network, whose latent has unit variance: the step alone sets the rate
            return dict(enumerate((64, 48, 32, 24, 16, 8, 4, 2), 1))
        unit = round(1 / entropy.STEP_UNIT)  # at which it was trained
        steps = {stage.quality + 1: unit}
        # The outermost networks serve one more point each, so that the rates span a decade.
        if stage.quality == 1:
            steps[1] = 5 * unit // 2
        if stage.quality == len(self.stages()):
            steps[stage.quality + 2] = unit // 2
        return steps
