"""Networks with a binary code of one level, the binariser, and the objective of all that have one.

Importing this module loads Keras.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from benchmark.neural.complexity import chain_macs

_STRIP = 1 << 17
"""Pixels of a strip: with 512 channels it takes a quarter of a gibibyte."""


def binarise(activation: Any, noise: keras.random.SeedGenerator | None) -> Any:
    """The binariser of Toderici et al. (2015): bits ±1 of activations in (−1, 1), with a straight-through gradient.

    Args:
        activation: any shape.
        noise: while training, the bit is +1 with probability (1 + x) / 2, so that its expectation is x; None for the
            sign, where 0 gives +1.
    """
    threshold = keras.random.uniform(ops.shape(activation), -1, 1, seed=noise) if noise is not None else 0.0
    bits = ops.where(ops.cast(activation, "float32") >= threshold, 1.0, -1.0)
    return activation + ops.stop_gradient(ops.cast(bits, activation.dtype) - activation)


def _in_strips(function: Any, values: npt.NDArray[Any], halo: int, area: int, to: float) -> npt.NDArray[np.float32]:
    """A convolutional network's output for images (N, H, W, C), strip by strip, so that memory does not grow with them.

    Args:
        function: the network; its output has ``to`` times the size of its input.
        values: its input.
        halo: rows around a strip that its output also depends on, a multiple of the network's stride.
        area: the area of a strip, in positions of the input.
        to: 4, or 1/4.
    """
    height, width = values.shape[1:3]
    rows = max(1, area // width // halo) * halo
    parts = []
    for top in range(0, height, rows):
        before, after = min(halo, top), min(halo, max(0, height - top - rows))
        strip = values[:, top - before : top + rows + after]
        output = ops.convert_to_numpy(function(strip))
        parts.append(output[:, int(before * to) : output.shape[1] - int(after * to)])
    return np.concatenate(parts, axis=1)


class BinaryAutoencoder(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """A convolutional autoencoder whose code is binarised, or not.

    Args:
        encoder: model from images (N, H, W, 3) to activations (N, H/4, W/4, channels).
        decoder: model from codes of that shape to images.
        binary: whether the code is one of bits ±1; else it is the activations themselves.
    """

    low, high = 0.0, 1.0

    def __init__(self, encoder: keras.Model, decoder: keras.Model, binary: bool) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.binary = binary

    def call(self, target: Any) -> list[Any]:
        return self.levels(target, 1, None)

    def codes(self, target: Any, count: int) -> list[npt.NDArray[Any]]:
        """The code of the one level there is: bits, ``uint8`` (N, H/4, W/4, channels), or ``float32`` activations.

        Args:
            target: images in 0–1, (N, H, W, 3).
            count: how many levels there are: 1.
        """
        activation = _in_strips(self.encoder, target, halo=8, area=_STRIP, to=1 / 4)
        return [(activation >= 0).astype(np.uint8) if self.binary else activation]

    def image(self, codes: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
        """The image, (N, H, W, 3) in 0–1, of a code as :meth:`codes` gives it."""
        code = np.float32(2) * codes[0] - np.float32(1) if self.binary else codes[0]
        return _in_strips(self.decoder, code, halo=2, area=_STRIP // 16, to=4)

    def macs(self, height: int, width: int, count: int) -> tuple[int, int]:
        """Multiply–accumulates of encoder and decoder for an image of whole blocks, without what strips do twice."""
        encode, code = chain_macs(self.encoder.layers, (height, width, 3))
        return encode, chain_macs(self.decoder.layers, code)[0]

    def levels(self, target: Any, count: int, noise: keras.random.SeedGenerator | None) -> list[Any]:
        """The one image there is, as the training sees it; ``noise`` as :func:`binarise` takes it."""
        activation = self.encoder(target)
        code = binarise(activation, noise) if self.binary else activation
        return [ops.cast(self.decoder(code), "float32")]


class Distortion(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Trains a network with a binary code for distortion alone: its rate is fixed.

    Args:
        network: its method ``levels`` gives a list of images for targets (N, H, W, 3), one for each level; black and
            white are its ``low`` and ``high``.
        loss: ``mse``, ``l1``, or ``psnr``: the mean logarithm of the levels' errors, by which every level counts alike.
        stochastic: whether training bits are drawn at random, see :func:`binarise`.
        levels: how many the network gives.
        seed: the seed of the binariser.
    """

    def __init__(self, network: keras.Model, loss: str, stochastic: bool, levels: int, seed: int) -> None:
        super().__init__()
        self.network = network
        self.objective = loss
        self.levels = levels
        self.noise = keras.random.SeedGenerator(seed) if stochastic else None
        self.trackers = [keras.metrics.Mean(name=name) for name in ("psnr_first", "psnr_last")]

    def target(self, images: Any) -> Any:
        """Images in 0–255 on the scale of the network."""
        low, high = self.network.low, self.network.high
        return ops.cast(images, "float32") / 255 * (high - low) + low

    def call(self, inputs: dict[str, Any], training: bool = False) -> list[Any]:
        noise = self.noise if training else None
        found: list[Any] = self.network.levels(self.target(inputs["image"]), self.levels, noise)
        return found

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        target = self.target(x["image"])
        # Errors in units of the full range, as PSNR takes them.
        span = self.network.high - self.network.low
        differences = [(image - target) / span for image in y_pred]
        errors = [ops.mean(ops.square(difference)) for difference in differences]
        for tracker, error in zip(self.trackers, (errors[0], errors[-1]), strict=True):
            tracker.update_state(-10 * ops.log10(error + 1e-8))
        if self.objective == "psnr":
            losses = [ops.log(error + 1e-6) for error in errors]
        elif self.objective == "l1":
            losses = [ops.mean(ops.abs(difference)) for difference in differences]
        else:
            losses = errors
        return sum(losses) / len(losses)

    @property
    def metrics(self) -> Sequence[keras.metrics.Metric]:
        return [*super().metrics, *self.trackers]
