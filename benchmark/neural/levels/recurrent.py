"""The recurrent residual autoencoder of Toderici et al. (2015, 2017). Importing this module loads Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from benchmark.neural.complexity import Shape, chain_macs
from benchmark.neural.descent import Inputs
from benchmark.neural.levels.binary import binarise
from benchmark.neural.levels.network import earlier
from benchmark.neural.levels.search import by_gradient
from benchmark.neural.streams.bit_model import BitModel

State = tuple[Any, Any]
"""Hidden state and cell of a :class:`ConvLstm`, each (N, H, W, filters)."""
States = Sequence[State | None]
"""Of several of them, None before the first level."""

PRICES = (0.02, 0.012, 0.008, 0.006, 0.005, 0.004)
"""What a bit for 16×16 pixels may cost in the logarithm of the squared error, by level; the last for all that follow.

About what it buys where the encoder alone spends it."""


def depth_to_space(values: Any) -> Any:
    """(N, H, W, 4 C) to (N, 2 H, 2 W, C)."""
    count, height, width, channels = ops.shape(values)
    blocks = ops.reshape(values, (count, height, width, 2, 2, channels // 4))
    return ops.reshape(ops.transpose(blocks, (0, 1, 3, 2, 4, 5)), (count, 2 * height, 2 * width, channels // 4))


class ConvLstm(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """A convolutional LSTM (Shi et al. 2015, without peepholes) that is given its state, and returns it.

    Args:
        filters: how many filters the state has.
        strides: the strides of the 3×3 convolution of the input; that of the hidden state is 1×1.
    """

    def __init__(self, filters: int, strides: int = 1) -> None:
        super().__init__()
        self.filters = filters
        self.of_input = keras.layers.Conv2D(4 * filters, 3, strides, padding="same", bias_initializer=self._start)
        self.of_hidden = keras.layers.Conv2D(4 * filters, 1, use_bias=False)

    def _start(self, shape: Sequence[int], dtype: Any = None) -> Any:
        # A forget gate that starts open remembers from the first step on (Jozefowicz et al. 2015).
        ones, zeros = ops.ones((self.filters,), dtype), ops.zeros((self.filters,), dtype)
        return ops.concatenate([zeros, ones, zeros, zeros])

    def build(self, shape: Sequence[int | None]) -> None:
        self.of_input.build(shape)
        self.of_hidden.build((None, None, None, self.filters))

    def call(self, values: Any, state: State | None) -> tuple[Any, State]:
        gates = self.of_input(values)
        if state is not None:
            gates = gates + self.of_hidden(state[0])
        admit, keep, show, fresh = ops.split(gates, 4, axis=-1)
        cell = ops.sigmoid(admit) * ops.tanh(fresh)
        if state is not None:
            cell = cell + ops.sigmoid(keep) * state[1]
        hidden = ops.sigmoid(show) * ops.tanh(cell)
        return hidden, (hidden, cell)

    def macs(self, source: Shape, first: bool) -> tuple[int, Shape]:
        """Multiply–accumulates of a step, and the shape of its output; the first has no state to convolve."""
        work, gates = chain_macs([self.of_input], source)
        output = (*gates[:2], self.filters)
        return work + (0 if first else chain_macs([self.of_hidden], output)[0]), output


class RecurrentAutoencoder(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """The recurrent residual autoencoder: each level codes what the levels before have left over.

    Args:
        encoder: filters of the first convolution and of its three LSTMs, each of which halves the size.
        decoder: filters of its four LSTMs, each of which depth-to-space follows.
        bits: channels of the code, one bit each for a 16×16 block and level.
        additive: whether the levels' outputs are summed up; else each level predicts the whole image anew (one-shot).
    """

    low, high = -0.9, 0.9
    """Black and white: inside what tanh reaches."""

    def __init__(self, encoder: Sequence[int], decoder: Sequence[int], bits: int, additive: bool) -> None:
        super().__init__()
        layers = keras.layers
        self.additive = additive
        self.first = layers.Conv2D(encoder[0], 3, 2, padding="same")
        self.encoder = [ConvLstm(filters, strides=2) for filters in encoder[1:]]
        self.to_code = layers.Conv2D(bits, 1, activation="tanh")
        self.from_code = layers.Conv2D(decoder[0], 1)
        self.decoder = [ConvLstm(filters) for filters in decoder]
        self.to_image = layers.Conv2D(3, 1, activation="tanh", dtype="float32")

    def analyse(self, residual: Any, states: States) -> tuple[Any, States]:
        """A level's activations, (N, H/16, W/16, bits) in (−1, 1), of the residual (N, H, W, 3)."""
        values, after = self.first(residual), []
        for cell, before in zip(self.encoder, states, strict=True):
            values, state = cell(values, before)
            after.append(state)
        return self.to_code(values), after

    def synthesise(self, code: Any, states: States, image: Any) -> tuple[Any, States]:
        """The image (N, H, W, 3) after a level, from its code of ±1 and the image before; None for the first level."""
        values, after = self.from_code(code), []
        for cell, before in zip(self.decoder, states, strict=True):
            values, state = cell(values, before)
            values = depth_to_space(values)
            after.append(state)
        output = ops.cast(self.to_image(values), "float32")
        return (image + output if self.additive and image is not None else output), after

    def codes(
        self, target: npt.NDArray[np.float32], count: int, search: int = 0, models: Sequence[BitModel] = ()
    ) -> list[npt.NDArray[np.uint8]]:
        """Bits of each level, ``uint8`` (N, H/16, W/16, bits), of images in ±0.9.

        Args:
            target: the images, (N, H, W, 3).
            count: how many levels there are.
            search: steps in which the bits of each level are improved; 0 takes the encoder's.
            models: the models of the bits of each level, which tell a search what the bits cost.
        """
        encoding, decoding = self.start()
        target = ops.convert_to_tensor(target)
        image: Any = None
        found: list[npt.NDArray[np.uint8]] = []
        for level in range(count):
            activation, encoding = self.analyse(target if image is None else target - image, encoding)
            values = ops.convert_to_numpy(activation)
            if search:
                price = PRICES[min(level, len(PRICES) - 1)]
                before = [2 * code.astype(np.float32) - 1 for code in earlier(found, level)]
                previous = np.concatenate([values[..., :0], *before], axis=-1)
                bits = self._searched(values, previous, models[level], target, decoding, image, price, search)
            else:
                bits = np.where(values >= 0, np.float32(1), np.float32(-1))
            found.append((bits > 0).astype(np.uint8))
            if level + 1 < count:
                image, decoding = self.synthesise(bits, decoding, image)
        return found

    def _searched(
        self,
        activations: npt.NDArray[np.float32],
        previous: npt.NDArray[np.float32],
        model: BitModel,
        target: npt.NDArray[np.float32],
        states: States,
        image: Any,
        price: float,
        steps: int,
    ) -> npt.NDArray[np.float32]:
        """Bits ±1 of a level, better than the encoder's; states and image are those of the decoder before it."""
        inputs = {"target": target}
        if image is not None:
            inputs["image"] = ops.convert_to_numpy(image)
            for place, state in enumerate(states):
                assert state is not None
                inputs |= {f"{name}{place}": ops.convert_to_numpy(part) for name, part in zip("hc", state, strict=True)}

        def error(bits: Any, given: Inputs) -> Any:
            places = range(len(states))
            before = [None if image is None else (given[f"h{place}"], given[f"c{place}"]) for place in places]
            decoded, _ = self.synthesise(bits, before, given.get("image"))
            return ops.mean(ops.square(decoded - given["target"]), axis=(1, 2, 3))

        return by_gradient(activations, previous, model, inputs, error, price, steps)

    def image(self, codes: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
        """The image in ±0.9, (N, H, W, 3), after the levels whose bits are given."""
        _, decoding = self.start()
        image: Any = None
        for code in codes:
            image, decoding = self.synthesise(np.float32(2) * code - np.float32(1), decoding, image)
        found: npt.NDArray[np.float32] = ops.convert_to_numpy(image)
        return found

    def macs(self, height: int, width: int, count: int) -> tuple[int, int]:
        """Multiply–accumulates of encoder and decoder for so many levels of an image of whole blocks.

        The encoder decodes every level but the last, to know what it has left over.
        """
        analysis = [self._analysis_macs((height, width, 3), first=level == 0) for level in range(count)]
        synthesis = [self._synthesis_macs(code, first=level == 0) for level, (_, code) in enumerate(analysis)]
        return sum(work for work, _ in analysis) + sum(synthesis[:-1]), sum(synthesis)

    def _analysis_macs(self, shape: Shape, first: bool) -> tuple[int, Shape]:
        total, shape = chain_macs([self.first], shape)
        for cell in self.encoder:
            work, shape = cell.macs(shape, first)
            total += work
        work, shape = chain_macs([self.to_code], shape)
        return total + work, shape

    def _synthesis_macs(self, shape: Shape, first: bool) -> int:
        total, shape = chain_macs([self.from_code], shape)
        for cell in self.decoder:
            work, (height, width, channels) = cell.macs(shape, first)
            total, shape = total + work, (2 * height, 2 * width, channels // 4)
        return total + chain_macs([self.to_image], shape)[0]

    def start(self) -> tuple[States, States]:
        """States of encoder and decoder before the first level."""
        return [None] * len(self.encoder), [None] * len(self.decoder)

    def call(self, target: Any) -> list[Any]:
        """Two levels, which have all weights."""
        return self.levels(target, 2, None)

    def levels(self, target: Any, count: int, noise: keras.random.SeedGenerator | None) -> list[Any]:
        """The image after each of so many levels, as the training sees it; ``noise`` as :func:`binarise` takes it."""
        encoding, decoding = self.start()
        target = ops.cast(target, "float32")
        image: Any = None
        images = []
        for _ in range(count):
            activation, encoding = self.analyse(target if image is None else target - image, encoding)
            image, decoding = self.synthesise(binarise(activation, noise), decoding, image)
            images.append(image)
        return images
