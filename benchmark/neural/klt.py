"""The recurrent residual autoencoder in a KLT domain: form ``klt`` of the codec ``rnn``. Importing this loads Keras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from benchmark.neural.klt_start import BLOCK, Start


@dataclass(frozen=True)
class Widths:
    """Sizes of the network.

    Attributes:
        coefficients: of the KLT that are coded, of the 768 of a block.
        context: of these, the first, which the networks see of the image so far.
        hidden: channels of the state.
        encoder: channels of the encoder's own layers.
        bits: of a block and level.
        levels: how many.
    """

    coefficients: int = 384
    context: int = 256
    hidden: int = 256
    encoder: int = 128
    bits: int = 32
    levels: int = 10
    squeeze: int = 128
    lean: bool = True


def sign(activation: Any) -> Any:
    """Bits ±1 of activations, 0 to +1, with the gradient of tanh."""
    soft = ops.tanh(activation)
    bits = ops.where(activation >= 0, 1.0, -1.0)
    return soft + ops.stop_gradient(bits - soft)


class KltAutoencoder(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Codes what is left over, level by level, as 32 bits for the KLT of each block."""

    low, high = 0.0, 255.0
    ROUNDS = 4

    def __init__(self, widths: Widths = Widths(), start: Start | None = None) -> None:
        super().__init__()
        w = self.widths = widths
        layers = keras.layers
        size = 3 * BLOCK**2
        bits, levels, hidden, coefficients = w.bits, w.levels, w.hidden, w.coefficients

        def fixed(name: str, shape: tuple[int, ...]) -> Any:
            return self.add_weight(shape=shape, initializer="zeros", trainable=False, name=name, dtype="float32")

        def free(name: str, shape: tuple[int, ...]) -> Any:
            return self.add_weight(shape=shape, initializer="zeros", name=name, dtype="float32")

        self.mean = fixed("mean", (size,))
        self.basis = fixed("basis", (size, coefficients))
        self.deviations = fixed("deviations", (levels, coefficients))
        self.project = free("project", (levels, coefficients, bits))
        self.feedback = free("feedback", (levels, bits, bits))
        self.expand = free("expand", (levels, bits, coefficients))
        self.level_bias = free("level_bias", (levels, w.encoder + 2 * hidden))
        self.gain_bias = free("gain_bias", (levels, coefficients))
        self.rate_bias = free("rate_bias", (levels, bits))

        self.encode_in = layers.Conv2D(w.encoder, 1 if w.lean else 3, padding="same")
        self.encode_mid = layers.Conv2D(w.encoder, 3 if w.lean else 1, padding="same")
        small = keras.initializers.VarianceScaling(0.003)
        self.encode_out = layers.Conv2D(bits, 1, use_bias=False, kernel_initializer=small)
        self.gates = layers.Conv2D(2 * hidden, 3, padding="same")
        self.squeeze = layers.Conv2D(w.squeeze, 1)
        self.of_hidden = layers.Conv2D(2 * hidden, 1, use_bias=False)
        self.mix = layers.Conv2D(hidden, 3, padding="same")
        zero = {"kernel_initializer": "zeros"}
        self.correct = layers.Conv2D(coefficients, 1, **zero)
        self.gain = layers.Conv2D(coefficients, 1, **zero)
        self.rate = layers.Conv2D(bits, 1, **zero)
        for layer, channels in (
            (self.encode_in, coefficients + w.context + hidden), (self.encode_mid, w.encoder),
            (self.encode_out, w.encoder), (self.gates, bits + w.squeeze if w.lean else bits + w.context + hidden), (self.squeeze, w.context), (self.of_hidden, hidden), (self.mix, hidden),
            (self.correct, hidden), (self.gain, hidden), (self.rate, hidden),
        ):
            layer.build((None, None, None, channels))
        self.mask = np.tril(np.ones((bits, bits), np.float32), -1)
        self.built = True
        if start is not None:
            for name in ("mean", "basis", "deviations", "project", "feedback", "expand"):
                getattr(self, name).assign(getattr(start, name))
            bias = np.zeros(self.level_bias.shape, np.float32)
            bias[:, w.encoder : w.encoder + hidden] = -1
            self.level_bias.assign(bias)

    def coefficients(self, images: Any) -> Any:
        """KLT coefficients (N, H/16, W/16, coefficients) of images (N, H, W, 3) in 0–255."""
        count, height, width, _ = ops.shape(images)
        rows, columns = height // BLOCK, width // BLOCK
        blocks = ops.reshape(images, (count, rows, BLOCK, columns, BLOCK, 3))
        blocks = ops.reshape(ops.transpose(blocks, (0, 1, 3, 2, 4, 5)), (count, rows, columns, 3 * BLOCK**2))
        return ops.matmul(blocks - self.mean, self.basis)

    def pixels(self, coefficients: Any) -> Any:
        """Inverse of :meth:`coefficients`, but for what the coefficients left out."""
        count, rows, columns, _ = ops.shape(coefficients)
        blocks = ops.matmul(coefficients, ops.transpose(self.basis)) + self.mean
        blocks = ops.reshape(blocks, (count, rows, columns, BLOCK, BLOCK, 3))
        return ops.reshape(ops.transpose(blocks, (0, 1, 3, 2, 4, 5)), (count, rows * BLOCK, columns * BLOCK, 3))

    def bits_of(self, level: int, left: Any, scale: Any, seen: Any, hidden: Any) -> Any:
        """Bits ±1 of a level: of what is left over in units of ``scale``, given what the decoder has."""
        units = left / scale
        bias = self.level_bias[level, : self.widths.encoder]
        inputs = ops.concatenate([self._cast(units), seen, hidden], axis=-1)
        values = ops.relu(self.encode_in(inputs) + self._cast(bias))
        values = self.encode_out(ops.relu(self.encode_mid(values)))
        activation = ops.matmul(units, self.project[level]) + ops.cast(values, "float32")
        feedback = ops.transpose(self.feedback[level] * ops.convert_to_tensor(self.mask))
        bits = sign(activation)
        for _ in range(self.ROUNDS - 1):
            bits = sign(activation - ops.matmul(bits, feedback))
        return bits

    def _cast(self, values: Any) -> Any:
        return ops.cast(values, self.compute_dtype)

    def step(self, level: int, bits: Any, scale: Any, image: Any, seen: Any, hidden: Any) -> tuple[Any, Any, Any, Any]:
        """The decoder's part of a level: coefficients, state, the next level's scale and rate logits."""
        w = self.widths
        bias = self._cast(self.level_bias[level, w.encoder :])
        if w.lean:
            gates = self.gates(ops.concatenate([self._cast(bits), ops.relu(self.squeeze(seen))], axis=-1)) + self.of_hidden(hidden) + bias
        else:
            gates = self.gates(ops.concatenate([self._cast(bits), seen, hidden], axis=-1)) + bias
        admit, fresh = gates[..., : w.hidden], gates[..., w.hidden :]
        hidden = hidden + ops.sigmoid(admit) * (ops.tanh(fresh) - hidden)
        features = ops.relu(hidden + self.mix(ops.relu(hidden)))
        deviation = self.deviations[level]
        image = (
            image + scale * ops.matmul(bits, self.expand[level])
            + deviation * ops.cast(self.correct(features), "float32")
        )
        following = min(level + 1, w.levels - 1)
        gain = ops.cast(self.gain(features), "float32") + self.gain_bias[level]
        scale = self.deviations[following] * ops.exp(4 * ops.tanh(gain / 4))
        logits = ops.cast(self.rate(features), "float32") + self.rate_bias[following]
        return image, hidden, scale, logits

    def begin(self, count: Any, rows: Any, columns: Any) -> tuple[Any, Any, Any, Any]:
        """Coefficients, state, scale and rate logits before the first level."""
        w = self.widths
        image = ops.zeros((count, rows, columns, w.coefficients), "float32")
        hidden = ops.zeros((count, rows, columns, w.hidden), self.compute_dtype)
        logits = ops.zeros((count, rows, columns, w.bits), "float32") + self.rate_bias[0]
        return image, hidden, self.deviations[0], logits

    def seen(self, image: Any) -> Any:
        """What the networks see of the coefficients so far."""
        part = self.widths.context
        return self._cast(image[..., :part] / self.deviations[0, :part])

    def train_levels(self, target: Any, count: int) -> tuple[list[Any], list[Any]]:
        """Coefficients after each level and the estimated bits of each, a block."""
        image, hidden, scale, logits = self.begin(*ops.shape(target)[:3])
        images, rates = [], []
        for level in range(count):
            seen = self.seen(image)
            bits = self.bits_of(level, target - image, scale, seen, hidden)
            rates.append(ops.mean(ops.sum(ops.softplus(-logits * bits), axis=-1)) / np.log(2))
            image, hidden, scale, logits = self.step(level, bits, scale, image, seen, hidden)
            images.append(image)
        return images, rates
