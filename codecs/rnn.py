"""The recurrent residual autoencoder: a progressive codec, 0.125 bpp a level."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np

from benchmark.codec import Complexity, Knob, Setting, setting
from benchmark.errors import SettingError
from benchmark.neural.backend import load_keras
from benchmark.neural.levels.codec import MOST_LEVELS, LevelCodec
from benchmark.neural.levels.network import Encoder
from benchmark.neural.levels.recipe import LevelRecipe
from benchmark.neural.streams.bit_model import BitModel
from benchmark.neural.streams.container import pack_levels, unpack_levels
from benchmark.neural.training.recipe import Stage
from benchmark.neural.weights import TrainedPoint

BITS = 32
"""Channels of the code: bits for a block of 16×16 pixels and level."""

WIDTHS = {
    "full": ((64, 256, 512, 512), (512, 512, 256, 128)),
    "small": ((16, 64, 128, 128), (128, 128, 64, 32)),
}
"""Filters of the encoder's convolution and three LSTMs, and of the decoder's four LSTMs; ``full`` as published."""


@dataclasses.dataclass(frozen=True)
class Rnn(LevelCodec):
    """The recurrent residual autoencoder, in its published form and in one of ours.

    Every level codes what the levels before have left over, in 32 bits for 16×16 pixels. The stream is **progressive**:
    cut after any whole level, it is a stream of fewer levels. So one encoding gives all operating points, and a run
    encodes the levels of an image once. The bits go through an adaptive binary arithmetic coder. A small network in
    whole numbers predicts each bit from the bits around and the bits of all levels before. ``nominal_bpp`` has the rate
    without that coder.

    The set of weights decides on the form. ``small`` is the network of Toderici et al. (2015, 2017) and Ramos (2019),
    with convolutional LSTMs, at a quarter of its filters. ``klt`` is a relative of it and not that network: residuals
    are coded as KLT coefficients of blocks (see ``benchmark.neural.klt``), with a rate term in the training, and the
    decoded image is repaired by a small network.

    Defaults: the set ``klt``, which is by far the better one, and whole images (``tile=0``): independent tiles cost
    quality at their borders. ``levels`` is the knob. ``search`` is for the published form alone. It is the number of
    steps in which the encoder improves the bits of each level along the gradient through the decoder. It is off by
    default, for speed. ``rdoq`` is for ``klt`` alone: the price of a bit in the encoder's decisions, in squared errors
    of a pixel after the level; 0 takes what repairs most, whatever it costs.

    Colour path: RGB, no transform; a grey image is coded as three equal channels.

    Known limits: memory grows with the image, unless it is tiled. For each pixel and level, ``klt`` takes 7 kMAC to
    encode and 9 to decode; ``small`` takes 30 both ways, and 460 at the published width. Pixels may differ by rounding
    between backends; symbols never differ.
    """

    name = "rnn"
    summary = "recurrent residual autoencoder, progressive, at most 0.125 bpp a level; RGB"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"levels": tuple(range(1, MOST_LEVELS + 1))}
    knob = Knob("levels", 1, MOST_LEVELS)
    embedded = True

    weights: str = setting("klt")
    levels: int = setting(8, low=1, high=MOST_LEVELS)
    search: int = setting(0, low=0, high=100)
    rdoq: float = setting(0.1, low=0.0, high=1.0)

    @classmethod
    def build(cls, card: Mapping[str, Any]) -> Any:
        if card.get("form") == "klt":
            from benchmark.neural.klt.build import build_klt

            return build_klt(card["widths"], card.get("cell", "gated"))
        return build_network(card["width"], card["additive"])

    def level_count(self, point: TrainedPoint) -> int:
        if self.levels > (most := super().level_count(point)):
            raise SettingError(f"rnn.levels: weights {self.weights!r} have {most}, got {self.levels}")
        return self.levels

    def encoder(self, point: TrainedPoint, network: Any, models: Sequence[BitModel]) -> Encoder:
        if point.card.get("form") != "klt":
            return partial(network.codes, search=self.search, models=models)
        if self.search:
            raise SettingError(
                f"rnn.search: expected 0 with weights of form klt, which gain nothing, got {self.search}"
            )
        return partial(network.codes, price=self.rdoq, models=models)

    def complexity(self, height: int, width: int, channels: int) -> Complexity:
        plain = super().complexity(height, width, channels)
        return dataclasses.replace(plain, encode_macs=None) if self.search else plain

    def prefix(self, data: bytes) -> bytes:
        frame, levels = unpack_levels(data, self.name)
        return pack_levels(frame, levels[: self.levels])

    @classmethod
    def recipe(cls, dataset: str, options: Mapping[str, str]) -> LevelRecipe:
        """That of the form which the option ``form`` names."""
        if options.get("form") == "klt":
            from benchmark.neural.klt.recipe import KltRecipe

            return KltRecipe(options)
        return RnnRecipe(options)


def build_network(width: str, additive: bool) -> Any:
    """The network of a width, see :data:`WIDTHS`, for images in ±0.9 whose sides are multiples of 16.

    At ``full`` it has 32.8 million parameters and takes 460 kMAC a pixel and level.

    Returns:
        A ``RecurrentAutoencoder``, one-shot or additive.
    """
    load_keras()
    from benchmark.neural.levels.recurrent import RecurrentAutoencoder

    network = RecurrentAutoencoder(*WIDTHS[width], BITS, additive)
    network(np.zeros((1, 16, 16, 3), np.float32))
    return network


class RnnRecipe(LevelRecipe):
    """How it is trained: first on a few levels, on which all others build and which cost less, then on all."""

    codec = "rnn"
    own_options: ClassVar[dict[str, str]] = {
        "width": "small",
        "form": "one-shot",
        "levels": "10",
        "warmup_levels": "4",
        "warmup": "20",
        "crop": "64",
        "batch_size": "8",
        "loss": "psnr",
    }

    def __init__(self, options: Mapping[str, str]) -> None:
        super().__init__(options)
        self.width = self.pick("width", tuple(WIDTHS))
        self.additive = self.pick("form", ("one-shot", "additive", "klt")) == "additive"
        self.all_levels = self.whole("levels", most=MOST_LEVELS)
        self.warmup_levels, self.warmup = self.whole("warmup_levels"), self.whole("warmup")

    def stages(self) -> Sequence[Stage]:
        every = Stage(2, self.epochs, self.learning_rate, None)
        # A network that has been trained before needs no warming up.
        return [every] if self.options["start"] else [Stage(1, self.warmup, self.learning_rate, None), every]

    def levels(self, stage: Stage) -> int:
        return self.warmup_levels if stage.quality == 1 else self.all_levels

    def build(self) -> Any:
        return build_network(self.width, self.additive)

    def describe(self) -> dict[str, Any]:
        encoder, decoder = WIDTHS[self.width]
        return {
            "architecture": "recurrent residual autoencoder (Toderici et al. 2015, Ramos 2019)",
            "filters": {"encoder": encoder, "decoder": decoder},
            "width": self.width,
            "additive": self.additive,
            "stride": 16,
            "channels": BITS,
            "levels": self.all_levels,
            "binary": True,
            "options": self.options,
        }
