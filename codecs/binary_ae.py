"""The binary autoencoders of the University of Brasília (Ramos 2019), and their continuous ancestor."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from benchmark.codec import Batch, Setting, setting
from benchmark.errors import UsageError
from benchmark.neural.backend import load_keras
from benchmark.neural.levels.codec import LevelCodec
from benchmark.neural.levels.recipe import LevelRecipe
from benchmark.neural.training.recipe import Examples

SAMPLE = 128
"""Blocks of the data that the start ``klt`` is learned from."""
SIDE = 64
"""Of the corner of each that counts: whole photographs would take gibibytes in the network."""


@dataclasses.dataclass(frozen=True)
class BinaryAutoencoderCodec(LevelCodec):
    """Models 2 and 3 of Ramos (2019): a code of bits, 8 and 2 of them a pixel, entropy-coded.

    Defaults: ``model3``, and whole images (``tile=0``), which have no seams. Each set of weights is one network with
    one rate, so there is no knob. The bits go through an adaptive binary arithmetic coder, whose contexts are the bits
    around. The column ``nominal_bpp`` has the rate without that coder.

    ``model1`` and sets like it are **no codecs**: their code is 128 floating-point numbers for 4×4 pixels. The stream
    holds these numbers as they are, 256 bpp in place of the image's 24. Only the PSNR is of interest.

    Colour path: RGB, no transform; a grey image is coded as three equal channels.

    Known limits: there is no rate between those of the sets. Encoder and decoder together take 0.16 MMAC a pixel
    (``model2``) or 0.39 (``model3``). Pixels may differ by rounding between backends; symbols never differ.
    """

    name = "binary-ae"
    summary = "autoencoders with a binary code at a nominal 8 and 2 bpp (UnB models 2 and 3), range-coded; RGB"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"weights": ("model2", "model3")}

    weights: str = setting("model3")

    @classmethod
    def build(cls, card: Mapping[str, Any]) -> Any:
        return build_network(int(card["model"]))

    @classmethod
    def recipe(cls, dataset: str, options: Mapping[str, str]) -> BinaryRecipe:
        return BinaryRecipe(options)


def build_network(model: int) -> Any:
    """Model 1, 2 or 3 of Ramos (2019), to the layer.

    Models 1 and 2 have 1,282,243 parameters, model 3 has 2,696,355. The original leaves open how the last convolution
    of model 2 comes to lie in (−1, 1) for the binariser: here by tanh, as in Toderici et al. (2015) and in model 3.

    Returns:
        A ``BinaryAutoencoder`` for images (N, H, W, 3) in 0–1 whose sides are multiples of 4. The code has 128 channels
        for 4×4 pixels, or 32 for model 3.
    """
    keras = load_keras()
    from benchmark.neural.levels.binary import BinaryAutoencoder

    layers = keras.layers

    def convolution(filters: int, kernel: int, strides: int, activation: str | None = "relu") -> Any:
        return layers.Conv2D(filters, kernel, strides, padding="same", activation=activation)

    def transposed(filters: int, kernel: int, strides: int) -> Any:
        return layers.Conv2DTranspose(filters, kernel, strides, padding="same", activation="relu")

    if model == 3:
        analysis = [
            convolution(64, 3, 2),
            convolution(256, 3, 1),
            convolution(512, 3, 2, None),
            convolution(32, 1, 1, "tanh"),
        ]
        synthesis = [transposed(128, 3, 1), transposed(512, 2, 2), transposed(512, 2, 2)]
    else:
        analysis = [convolution(256, 5, 2), convolution(128, 5, 2, "tanh" if model == 2 else None)]
        synthesis = [transposed(64, 2, 2), transposed(256, 5, 2)]
    # A ReLU that starts at mid-grey is not dead from the beginning.
    grey = keras.initializers.Constant(0.5)
    image = layers.Conv2DTranspose(3, 1, activation="relu", bias_initializer=grey, dtype="float32")
    network = BinaryAutoencoder(
        keras.Sequential(analysis, name="encoder"), keras.Sequential([*synthesis, image], name="decoder"), model != 1
    )
    network(np.zeros((1, 4, 4, 3), np.float32))
    return network


class BinaryRecipe(LevelRecipe):
    """How models 1, 2 and 3 are trained.

    Args:
        options: ``model`` (1, 2 or 3), ``init`` (``random``, or ``klt``: see
            :func:`klt_start <benchmark.neural.levels.klt_start.klt_start>`; the decoder alone is trained then), and
            those that all level codecs share, see :class:`LevelRecipe <benchmark.neural.levels.recipe.LevelRecipe>`.
    """

    codec = "binary-ae"
    own_options: ClassVar[dict[str, str]] = {"model": "3", "init": "random"}

    def __init__(self, options: Mapping[str, str]) -> None:
        super().__init__(options)
        self.model = int(self.pick("model", ("1", "2", "3")))
        if self.model == 1:
            self.storage = "float16"  # its code is not rounded, and 8 bits cost it 0.03 dB at 39 dB
        self.from_klt = self.pick("init", ("random", "klt")) == "klt"
        if self.from_klt and (self.model != 3 or self.options["start"]):
            raise UsageError("init: klt is for model 3, without start; give init=random, or another model")
        self.sample: Batch

    def build(self) -> Any:
        return build_network(self.model)

    def prepare(self, examples: Examples) -> None:
        images = examples["image"]
        self.sample = images[:: max(1, len(images) // SAMPLE)][:SAMPLE, :SIDE, :SIDE]

    def network(self) -> Any:
        network = super().network()
        if self.from_klt:
            from benchmark.neural.levels.klt_start import klt_start

            klt_start(network, self.sample)
            # Straight-through gradients move all boundaries of a coefficient at once, and undo the start.
            network.encoder.trainable = False
        return network

    def describe(self) -> dict[str, Any]:
        return {
            "architecture": f"Ramos (2019), model {self.model}",
            "model": self.model,
            "stride": 4,
            "channels": 32 if self.model == 3 else 128,
            "levels": 1,
            "binary": self.model != 1,
            "options": self.options,
        }
