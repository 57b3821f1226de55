"""A nonlinear codec on one small grid, our own: trained for all rates at once, its symbols exact on every machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from benchmark.codec import Batch, Complexity, Knob, Setting, setting
from benchmark.errors import BitstreamError, MissingBackend
from benchmark.neural.codec import NeuralCodec
from benchmark.neural.klt.start import BLOCK
from benchmark.neural.onescale import coder
from benchmark.neural.onescale.build import build
from benchmark.neural.onescale.model import QUALITIES, Model
from benchmark.neural.streams.container import Frame, pack, unpack
from benchmark.neural.weights import (
    WEIGHTS_VARIABLE,
    TrainedPoint,
    by_identity,
    load_weights,
    points,
    set_folders,
    sets_digest,
    whole_set,
)

if TYPE_CHECKING:
    from benchmark.neural.onescale.recipe import OneScaleRecipe

DEFAULT_SET = "photographs"


@dataclasses.dataclass(frozen=True)
class LearnedOnescale(NeuralCodec):
    """A small network on a grid of 8×8 pixels, with a learned entropy model in integers.

    Residual blocks of depthwise and pointwise convolutions, in the manner of codecs for real time (Jia et al. 2025),
    work beside a linear transform of blocks; 128 latents stand for 16×16 pixels. One network serves 64 qualities, by
    quantiser steps that it learned for each channel (see ``benchmark.neural.onescale``).

    **It comes without weights**: until the set ``photographs`` is trained it is told as missing. ``quality`` is the
    knob, from the lowest rate at 0 to the highest at 63.

    Colour path: RGB, no transform; a grey image is coded as three equal channels, and decoded as their mean. Sides are
    padded to multiples of 16 by edge replication, in the bytes. Known limits: memory grows with the image. At default
    widths the network takes 37.3 kMAC a pixel to encode and as many to decode, the entropy model 0.64 either way, and
    they have 6.8 million parameters. Pixels may differ by rounding between backends, symbols never.
    """

    name = "learned-onescale"
    summary = "depthwise residual network on one scale, learned entropy model in integers; RGB"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"quality": (0, 9, 18, 27, 36, 45, 54, 63)}
    knob = Knob("quality", 0, QUALITIES - 1)

    weights: str = setting(DEFAULT_SET)
    quality: int = setting(32, low=0, high=QUALITIES - 1)

    @classmethod
    def version(cls) -> str:
        found = super().version()
        _require_weights(DEFAULT_SET)
        return found

    def weights_digest(self) -> str:
        return sets_digest(self.name, [self.weights])

    def write(self, images: Batch) -> bytes:
        count, height, width = images.shape[:3]
        channels = 3 if images.ndim == 4 else 1
        point = self._point()
        transform, model = _networks(point)
        colour = np.repeat(images[..., np.newaxis], 3, axis=3) if channels == 1 else images
        padded = np.pad(colour, ((0, 0), (0, -height % BLOCK), (0, -width % BLOCK), (0, 0)), mode="edge")
        payload = coder.encode(transform.symbols(padded, self.quality), model, self.quality)
        return pack(Frame(self.name, point.identity(), (self.quality,), count, height, width, channels, payload))

    @classmethod
    def read(cls, data: bytes) -> Batch:
        frame = unpack(data, cls.name)
        if len(frame.settings) != 1 or frame.settings[0] >= QUALITIES:
            raise BitstreamError(f"{cls.name}: absurd settings {frame.settings}")
        transform, model = _networks(by_identity(cls.name, frame.weights))
        shape = frame.count, -(-frame.height // BLOCK), -(-frame.width // BLOCK)
        symbols = coder.decode(frame.payload, shape, model, frame.settings[0])
        colour: Batch = transform.pixels(symbols, frame.settings[0])[:, : frame.height, : frame.width]
        if frame.channels == 3:
            return colour
        return np.asarray(np.rint(colour.mean(axis=3)), dtype=np.uint8)

    def overhead(self, data: bytes) -> int:
        return len(data) - len(unpack(data, self.name).payload)

    def complexity(self, height: int, width: int, channels: int) -> Complexity:
        transform, model = _networks(self._point())
        rows, columns = -(-height // BLOCK), -(-width // BLOCK)
        encode, decode = transform.macs(BLOCK * rows, BLOCK * columns)
        entropy = model.macs(rows, columns)
        return Complexity(int(transform.count_params()) + model.parameters, encode + entropy, decode + entropy)

    def _point(self) -> TrainedPoint:
        _require_weights(self.weights)
        return points(self.name, self.weights)[0]

    @classmethod
    def recipe(cls, dataset: str, options: Mapping[str, str]) -> OneScaleRecipe:
        from benchmark.neural.onescale.recipe import OneScaleRecipe

        return OneScaleRecipe(options)


def _require_weights(name: str) -> None:
    """Tells how to train the default set, if it is asked for and not there."""
    codec = LearnedOnescale.name
    if name == DEFAULT_SET and name not in set_folders(codec):
        raise MissingBackend(
            f"{codec} comes without weights; train them: python -m benchmark train {codec} --dataset DIR "
            f"--name {DEFAULT_SET}, and set {WEIGHTS_VARIABLE}=weights (on a GPU: docs/gpu.md)"
        )


@lru_cache(maxsize=4)
def _networks(point: TrainedPoint) -> tuple[Any, Model]:
    """The transform and the entropy model of a set, loaded once a process."""
    with whole_set(point.folder):
        transform = build(point.card["widths"]).transform
        load_weights(transform, point.weights_path)
        transform.trainable = False
        return transform, Model.load(point.folder / f"{point.stem}.contexts.npz")
