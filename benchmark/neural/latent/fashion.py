"""The convolutional autoencoders for Fashion-MNIST: network, codec and recipe of the plain and the denoising one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from benchmark.codec import Knob, Setting, setting
from benchmark.neural.backend import load_keras
from benchmark.neural.latent.codec import LatentCodec
from benchmark.neural.latent.recipe import LatentRecipe
from benchmark.neural.streams import entropy
from benchmark.neural.training.recipe import Stage


def build_autoencoder(shape: tuple[int, int, int], dropout: float | None) -> Any:
    """The network of the original, to the layer, as a Keras model from tiles to tiles: 342,049 parameters.

    Args:
        shape: (28, 28, 1), the only one that the decoder gives back.
        dropout: share of the outputs dropped while training after both convolutions of 128 channels; None for no such
            layers.

    Returns:
        A model with the sub-models ``encoder``, (N, 28, 28, 1) to the feature map (N, 4, 4, 128), none of it negative,
        and ``decoder``, (N, 4, 4, 128) to (N, 28, 28, 1) in 0–1. Under a mixed-precision policy the feature map and
        the output stay in ``float32``.
    """
    keras = load_keras()
    layers = keras.layers

    def convolution(channels: int, values: Any, padding: str = "same") -> Any:
        return layers.Conv2D(channels, 3, padding=padding, activation="relu")(values)

    def dropped(values: Any) -> Any:
        return values if dropout is None else layers.Dropout(dropout)(values)

    tile = keras.Input(shape)
    x = layers.MaxPooling2D(2, padding="same")(convolution(32, tile))
    x = layers.MaxPooling2D(2, padding="same")(convolution(64, x))
    x = layers.MaxPooling2D(2, padding="same", dtype="float32")(dropped(convolution(128, x)))
    encoder = keras.Model(tile, x, name="encoder")

    latent = keras.Input((4, 4, 128))
    y = layers.UpSampling2D(2)(dropped(convolution(128, latent)))
    y = layers.UpSampling2D(2)(convolution(64, y))
    y = layers.UpSampling2D(2)(convolution(32, y, padding="valid"))
    y = layers.Conv2D(1, 3, padding="same", activation="sigmoid", dtype="float32")(convolution(32, y))
    decoder = keras.Model(latent, y, name="decoder")

    source = keras.Input(shape)
    return keras.Model(source, decoder(encoder(source)), name="autoencoder")


@dataclasses.dataclass(frozen=True)
class FashionCodec(LatentCodec):
    """A codec of 28×28 grey tiles with the feature map of one of these networks as its latent."""

    channels: ClassVar[tuple[int, ...]] = (1,)
    photographs: ClassVar[bool] = False
    grid: ClassVar[Mapping[str, Sequence[Setting]]] = {"quality": (1, 2, 3)}
    knob: ClassVar[Knob | None] = Knob("quality", 1, 3)

    quality: int = setting(3, low=1, high=3)


class FashionRecipe(LatentRecipe):
    """How these networks are trained: first for the squared error, as the original, then for rate and distortion."""

    original = "mse"
    default_start = "mse"
    default_schedule: ClassVar[dict[str, str]] = {"rd": "cosine", "mse": "plateau"}
    # Small batches make four times the steps in about the same time; the original's are of 128.
    default_batch_size: ClassVar[dict[str, int]] = {"rd": 32, "mse": 128}
    step = 0.25  # the feature map of the original objective has a standard deviation of 0.2

    def stages(self) -> list[Stage]:
        if self.objective == self.original:
            return [Stage(1, self.epochs, self.learning_rate(1e-3), None)]
        rate = self.learning_rate(1e-3)
        return [
            Stage(quality, self.epochs if quality == 3 else max(1, self.epochs // 3), rate, 5e-3 * 3.0 ** (quality - 3))
            for quality in (3, 2, 1)
        ]

    def operating_steps(self, stage: Stage) -> dict[int, int]:
        if stage.trade_off is None:
            return {1: 6, 2: 3, 3: 1}
        # A decoder that has seen rounded features alone is lost at any other step.
        return {stage.quality: round(self.step / entropy.STEP_UNIT)}
