"""The recurrent residual autoencoder in a KLT domain: form ``klt`` of the codec ``rnn``. Importing this loads Keras.

A relative of the network of Toderici et al. (2015, 2017), not that network: the residual of a level is coded as the KLT
coefficients of 16×16 blocks, from a linear start that is an embedded quantiser by itself. Convolutions over blocks then
learn what their neighbours and the levels before tell.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from benchmark.neural.complexity import chain_macs
from benchmark.neural.klt.cells import CELLS
from benchmark.neural.klt.decisions import Floats, decided
from benchmark.neural.klt.restoration import Restoration
from benchmark.neural.klt.start import BLOCK, Start
from benchmark.neural.levels.network import earlier
from benchmark.neural.streams.bit_model import BitModel

SAMPLES = 3 * BLOCK**2
"""Of a block."""
ROUNDS = 4
"""How often a level's bits are decided, each time knowing the earlier bits of the round before."""

FIRST_ERROR = 0.4
"""The first level's error, as a share of what its bits alone leave: there the network adds much to them."""
DEAREST = 1.0
"""The highest price of a bit, in units of activations, whose deviation is about 1."""


@dataclass(frozen=True)
class Widths:
    """Sizes of the network.

    Attributes:
        coefficients: how many of the 768 KLT coefficients of a block are coded.
        context: how many of these, the first ones, the convolutions see of the image so far.
        hidden: channels of the state.
        narrow: channels of the encoder's layers, and of what the state sees of the image.
        restoration: channels of the network in the pixel domain.
        bits: how many bits a block has at a level.
        levels: how many.
    """

    coefficients: int = 384
    context: int = 256
    hidden: int = 256
    narrow: int = 128
    restoration: int = 48
    bits: int = 32
    levels: int = 10


@dataclass(frozen=True)
class State:
    """What encoder and decoder both know before a level.

    Attributes:
        image: coefficients so far, ``float32`` (N, h, w, coefficients).
        hidden: the hidden state of the network, (N, h, w, hidden).
        memory: what its cell remembers, in the shape of ``hidden``.
        scale: expected deviations of what is left over, in the shape of ``image`` or one that broadcasts to it.
        logits: the logits of the level's bits, (N, h, w, bits); a training takes the rate from them.
    """

    image: Any
    hidden: Any
    memory: Any
    scale: Any
    logits: Any


def sign(activation: Any) -> Any:
    """Bits ±1 of activations, 0 to +1, with the gradient of tanh."""
    soft = ops.tanh(activation)
    return soft + ops.stop_gradient(ops.where(activation >= 0, 1.0, -1.0) - soft)


class KltAutoencoder(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Codes, level by level, what is left over of an image in 0–255. It needs :meth:`begin_from`, or trained weights.

    Args:
        widths: the widths of its layers.
        cell: name of its recurrent cell, see ``cells.CELLS``.
    """

    low, high = 0.0, 255.0

    def __init__(self, widths: Widths, cell: str = "gated") -> None:
        super().__init__()
        self.widths = widths
        self.cell = CELLS[cell]
        gates = len(self.cell.starts) * widths.hidden
        size, count, bits, levels = widths.hidden, widths.coefficients, widths.bits, widths.levels
        layers = keras.layers

        def table(name: str, *shape: int, trainable: bool = True) -> Any:
            return self.add_weight(shape=shape, initializer="zeros", trainable=trainable, name=name, dtype="float32")

        self.mean = table("mean", SAMPLES, trainable=False)
        self.basis = table("basis", SAMPLES, count, trainable=False)
        self.deviations = table("deviations", levels, count, trainable=False)
        self.project = table("project", levels, count, bits)
        self.feedback = table("feedback", levels, bits, bits)
        self.expand = table("expand", levels, bits, count)
        self.encoder_bias = table("encoder_bias", levels, widths.narrow)
        self.state_bias = table("state_bias", levels, gates)
        self.gain_bias = table("gain_bias", levels, count)
        self.rate_bias = table("rate_bias", levels, bits)

        def convolution(
            filters: int, kernel: int, channels: int, start: Any = "glorot_uniform", bias: bool = True
        ) -> Any:
            layer = layers.Conv2D(filters, kernel, padding="same", kernel_initializer=start, use_bias=bias)
            layer.build((None, None, None, channels))
            return layer

        faint = keras.initializers.VarianceScaling(0.003)
        narrow = widths.narrow
        self.gather = convolution(narrow, 1, count + widths.context + size, bias=False)
        self.compare = convolution(narrow, 3, narrow)
        self.nudge = convolution(bits, 1, narrow, faint, bias=False)
        self.summarise = convolution(narrow, 1, widths.context)
        self.of_news = convolution(gates, 3, bits + narrow, bias=False)
        self.of_hidden = convolution(gates, 1, size, bias=False)
        self.mix = convolution(size, 3, size)
        self.correct = convolution(count, 1, size, "zeros")
        self.gain = convolution(count, 1, size, "zeros", bias=False)
        self.rate = convolution(bits, 1, size, "zeros", bias=False)
        self.restoration = Restoration(widths.restoration, levels)
        self.earlier = np.triu(np.ones((bits, bits), np.float32), 1)
        self.built = True

    def begin_from(self, start: Start) -> None:
        """Takes over a linear start, to which the networks add nothing yet."""
        for field in dataclasses.fields(start):
            getattr(self, field.name).assign(getattr(start, field.name))
        gates = np.repeat(np.array([self.cell.starts], np.float32), self.widths.hidden, axis=1)
        self.state_bias.assign(gates.repeat(self.widths.levels, axis=0))

    def centred(self, images: Any) -> Any:
        """Blocks less their mean, (N, H/16, W/16, 768), of images (N, H, W, 3) in 0–255."""
        count, height, width, _ = ops.shape(images)
        rows, columns = height // BLOCK, width // BLOCK
        grid = ops.transpose(ops.reshape(images, (count, rows, BLOCK, columns, BLOCK, 3)), (0, 1, 3, 2, 4, 5))
        return ops.reshape(grid, (count, rows, columns, SAMPLES)) - self.mean

    def coefficients(self, images: Any) -> Any:
        """KLT coefficients (N, H/16, W/16, coefficients) of images (N, H, W, 3) in 0–255."""
        return ops.matmul(self.centred(images), self.basis)

    def pixels(self, coefficients: Any) -> Any:
        """Images in about 0–255, of coefficients."""
        count, rows, columns, _ = ops.shape(coefficients)
        blocks = ops.matmul(coefficients, ops.transpose(self.basis)) + self.mean
        grid = ops.transpose(ops.reshape(blocks, (count, rows, columns, BLOCK, BLOCK, 3)), (0, 1, 3, 2, 4, 5))
        return ops.reshape(grid, (count, rows * BLOCK, columns * BLOCK, 3))

    def begin(self, count: int, rows: int, columns: int) -> State:
        """The state before the first level."""
        shape = (count, rows, columns)
        empty = ops.zeros((*shape, self.widths.hidden), self.compute_dtype)
        return State(
            ops.zeros((*shape, self.widths.coefficients), "float32"),
            empty,
            empty,
            self.deviations[0],
            ops.zeros((*shape, self.widths.bits), "float32") + self.rate_bias[0],
        )

    def activations(self, level: int, target: Any, state: State) -> Any:
        """What asks for a level's bits, (N, h, w, bits), for target coefficients of the shape of ``state.image``."""
        units = (target - state.image) / state.scale
        seen = ops.concatenate([self._cast(units), self._context(state), state.hidden], axis=-1)
        values = ops.relu(self.gather(seen) + self._cast(self.encoder_bias[level]))
        nudge = ops.cast(self.nudge(ops.relu(self.compare(values))), "float32")
        return ops.matmul(units, self.project[level]) + nudge

    def analyse(self, level: int, activations: Any) -> Any:
        """Bits ±1 of a level, (N, h, w, bits), the signs of activations less what earlier bits have told."""
        feedback = self._feedback(level)
        bits = sign(activations)
        for _ in range(ROUNDS - 1):
            bits = sign(activations - ops.matmul(bits, feedback))
        return bits

    def prices(self, level: int, target: Any, state: State, bits: Any, price: float) -> Any:
        """What a bit of length costs in units of activations, (N, h, w, bits).

        A bit of a block where the expected deviations are small repairs little: there its length counts for more.

        Args:
            level: the level, counted from 0.
            target: the coefficients wanted.
            state: what is known before the level.
            bits: the level's bits ±1 without prices, which tell the error of each image.
            price: the price of a bit, in squared errors of a pixel after the level.
        """
        left = target - state.image - state.scale * ops.matmul(bits, self.expand[level])
        error = ops.mean(ops.sum(ops.square(left), axis=-1, keepdims=True), axis=(1, 2), keepdims=True) / BLOCK**2
        # To flip a bit whose activation is a changes the squared error by four times a and the power of what it adds.
        power = ops.matmul(ops.square(state.scale), ops.transpose(ops.square(self.expand[level])))
        share = price if level else price * FIRST_ERROR
        return ops.minimum(share * error / (4 * power + 1e-6), DEAREST)

    def _feedback(self, level: int) -> Any:
        return ops.transpose(self.feedback[level]) * ops.convert_to_tensor(self.earlier)

    def synthesise(self, level: int, bits: Any, state: State) -> State:
        """The state after a level, of its bits ±1."""
        news = ops.concatenate([self._cast(bits), ops.relu(self.summarise(self._context(state)))], axis=-1)
        gates = self.of_news(news) + self.of_hidden(state.hidden) + self._cast(self.state_bias[level])
        hidden, memory = self.cell.step(gates, state.memory)
        features = ops.relu(hidden + self.mix(ops.relu(hidden)))
        correction = self.deviations[level] * ops.cast(self.correct(features), "float32")
        gain = ops.cast(self.gain(features), "float32") + self.gain_bias[level]
        following = min(level + 1, self.widths.levels - 1)
        return State(
            state.image + state.scale * ops.matmul(bits, self.expand[level]) + correction,
            hidden,
            memory,
            self.deviations[following] * ops.exp(4 * ops.tanh(gain / 4)),
            ops.cast(self.rate(features), "float32") + self.rate_bias[following],
        )

    def _context(self, state: State) -> Any:
        part = self.widths.context
        return self._cast(state.image[..., :part] / self.deviations[0, :part])

    def _cast(self, values: Any) -> Any:
        return ops.cast(values, self.compute_dtype)

    def levels(self, target: Any, count: int) -> tuple[list[Any], list[Any]]:
        """All levels as the training sees them.

        Args:
            target: coefficients, (N, h, w, coefficients).
            count: how many levels there are.

        Returns:
            Coefficients after each level; and the estimated bits of each, of a block on average.
        """
        state = self.begin(*ops.shape(target)[:3])
        images, rates = [], []
        for level in range(count):
            bits = self.analyse(level, self.activations(level, target, state))
            rates.append(ops.mean(ops.sum(ops.softplus(-state.logits * bits), axis=-1)) / float(np.log(2)))
            state = self.synthesise(level, bits, state)
            images.append(state.image)
        return images, rates

    def call(self, images: Any) -> list[Any]:
        return self.levels(self.coefficients(images), self.widths.levels)[0]

    def codes(
        self, target: Floats, count: int, price: float = 0.0, models: Sequence[BitModel] = ()
    ) -> list[npt.NDArray[np.uint8]]:
        """Bits of each level, ``uint8`` (N, H/16, W/16, bits), of images in 0–255.

        Args:
            target: the images, (N, H, W, 3).
            count: how many levels there are.
            price: the price of a bit, see :meth:`prices`; 0 takes the signs of activations.
            models: the models of the bits of each level, which tell how long bits are.
        """
        wanted = self.coefficients(ops.convert_to_tensor(target))
        state = self.begin(*ops.shape(wanted)[:3])
        found: list[npt.NDArray[np.uint8]] = []
        for level in range(count):
            activations = self.activations(level, wanted, state)
            bits = self.analyse(level, activations)
            if price:
                prices = ops.broadcast_to(self.prices(level, wanted, state, bits, price), ops.shape(activations))
                asked, feedback, prices = map(ops.convert_to_numpy, (activations, self._feedback(level), prices))
                found.append(decided(asked, feedback, prices, models[level], earlier(found, level)))
            else:
                found.append((ops.convert_to_numpy(bits) > 0).astype(np.uint8))
            if level + 1 < count:
                state = self.synthesise(level, _signs(found[-1]), state)
        return found

    def image(self, codes: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
        """The restored image in about 0–255, (N, H, W, 3), after the levels whose bits are given."""
        state = self.begin(*codes[0].shape[:3])
        for level, code in enumerate(codes):
            state = self.synthesise(level, _signs(code), state)
        decoded = self.pixels(state.image)
        last = np.full(len(codes[0]), len(codes) - 1, np.int32)
        found: npt.NDArray[np.float32] = ops.convert_to_numpy(self.restoration(decoded, last))
        return found

    def macs(self, height: int, width: int, count: int) -> tuple[int, int]:
        """Multiply–accumulates of encoder and decoder for so many levels of an image of whole blocks.

        The encoder decodes every level but the last, to know what it has left over.
        """
        grid = (height // BLOCK, width // BLOCK)
        blocks, sizes = grid[0] * grid[1], self.widths
        transform = blocks * SAMPLES * sizes.coefficients
        linear = blocks * sizes.coefficients * sizes.bits

        def work(layer: Any) -> int:
            return chain_macs([layer], (*grid, layer.kernel.shape[2]))[0]

        analysis = linear + ROUNDS * blocks * sizes.bits**2 + sum(map(work, (self.gather, self.compare, self.nudge)))
        synthesis = linear + sum(
            map(
                work,
                (
                    self.summarise,
                    self.of_news,
                    self.of_hidden,
                    self.mix,
                    self.correct,
                    self.gain,
                ),
            )
        )
        encode = transform + count * analysis + (count - 1) * synthesis
        return encode, count * synthesis + transform + self.restoration.macs(height, width)


def _signs(code: npt.NDArray[np.uint8]) -> Any:
    return ops.convert_to_tensor(np.float32(2) * code - np.float32(1))
