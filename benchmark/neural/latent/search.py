"""An encoder's search for better symbols: what it writes need not be what the analysis transform says.

Both searches lower bits + λ · squared error of each tile, with the bits of the tables and the error of the tile as it
will be decoded. :func:`by_neighbours` tries symbols one by one, for latents of a few numbers; :func:`by_gradient`
follows the gradient through the decoder, for feature maps (Campos et al. 2019; Yang, Bamler and Mandt 2020).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.colour.convert import Floats
from benchmark.neural.backend import load_keras
from benchmark.neural.streams import entropy
from benchmark.neural.streams.bits import PHASES, UNITS, BitModel

_TOGETHER = 64
"""Tiles that a gradient is computed for at once."""
_RATE = 0.1
"""First learning rate of the descent, in quantiser steps; it falls in a straight line to nothing."""
_BIT_RATE = 0.1
"""The same for activations of bits, whose scale is that of tanh."""
_BARRED = 24.0
"""Bits of a symbol that a table lacks, more than any that it has."""


Inputs = Mapping[str, Any]
"""Arrays or tensors by name, one row an item: what a cost is computed from."""


@dataclass(frozen=True)
class Objective:
    """What a search lowers.

    Attributes:
        price: λ, in bits per pixel for a unit of squared error in 0–255.
        step: the step of the quantiser, in units of the latent.
    """

    price: float
    step: float

    def per_error(self, tiles: Floats) -> float:
        """λ in bits for a unit of a tile's mean squared error in 0–1."""
        return float(self.price * 255.0**2 * tiles.shape[1] * tiles.shape[2])


def ideal_bits(symbols: entropy.Symbols, tables: Sequence[entropy.SymbolTable]) -> npt.NDArray[np.float64]:
    """Code length of each row of symbols (N, D), in bits, (N,)."""
    lengths = [table.bits()[column - table.lowest] for column, table in zip(symbols.T, tables, strict=True)]
    return np.asarray(np.sum(lengths, axis=0), dtype=np.float64)


def by_neighbours(
    symbols: entropy.Symbols, tiles: Floats, synthesise: Callable[[Floats], Floats],
    tables: Sequence[entropy.SymbolTable], objective: Objective, passes: int,
) -> entropy.Symbols:
    """Symbols near the given ones of lower cost, by coordinate descent.

    Args:
        symbols: (T, D), where the search starts.
        tiles: (T, h, w, c) in 0–1, what they should decode to.
        synthesise: tiles of latents (T, D).
        tables: the tables of the D numbers.
        objective: the objective to be lowered.
        passes: how many passes are made over all dimensions.
    """

    def cost(candidates: entropy.Symbols, chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        decoded = synthesise(candidates.astype(np.float32) * np.float32(objective.step))
        error = np.mean((decoded - tiles[chosen]) ** 2, axis=(1, 2, 3), dtype=np.float64)
        return np.asarray(ideal_bits(candidates, tables) + objective.per_error(tiles) * error)

    best, lowest = symbols.copy(), cost(symbols, np.arange(len(symbols)))
    for _ in range(passes):
        before = best.copy()
        for dimension, table in enumerate(tables):
            for change in (-1, 1):
                shifted = best[:, dimension] + change
                tried = np.flatnonzero((shifted >= table.lowest) & (shifted <= table.highest))
                if not len(tried):
                    continue
                moved = best[tried]
                moved[:, dimension] += change
                costs = cost(moved, tried)
                better = costs < lowest[tried]
                best[tried[better]], lowest[tried[better]] = moved[better], costs[better]
        if np.array_equal(best, before):
            break
    return best


def by_gradient(
    latents: Floats, tiles: Floats, decoder: Any, tables: Sequence[entropy.SymbolTable], objective: Objective,
    steps: int,
) -> entropy.Symbols:
    """Symbols of lower cost than the nearest ones, by descent along the gradient through the decoder.

    The latent moves freely and is rounded for the decoder, with a straight-through gradient; between whole symbols the
    bits are interpolated. The cheapest of the rounded latents on the way is what counts, the first among them.

    Args:
        latents: (T, D), where the descent starts.
        tiles: (T, h, w, c) in 0–1, what they should decode to.
        decoder: a Keras model, from latents of its own shape to tiles, not trainable.
        tables: the tables of the D numbers.
        objective: the objective to be lowered.
        steps: the number of steps of the descent; each costs about three decodings.
    """
    keras = load_keras()
    ops = keras.ops
    together = min(_TOGETHER, len(tiles))
    lowest = np.array([table.lowest for table in tables], np.float32)
    highest = np.array([table.highest for table in tables], np.float32)
    width = int((highest - lowest).max()) + 2  # one more column, so that the last symbol has a neighbour
    bits = np.full((len(tables), width), _BARRED, np.float32)
    for row, table in zip(bits, tables, strict=True):
        row[: len(table.frequencies)] = table.bits()
    places = width * np.arange(len(tables), dtype=np.int32)
    price = objective.per_error(tiles)

    def cost(latent: Any, inputs: Inputs) -> tuple[Any, Any]:
        low, table = ops.convert_to_tensor(lowest), ops.convert_to_tensor(bits.reshape(-1))
        latent = ops.clip(latent, low, ops.convert_to_tensor(highest))
        rounded = ops.stop_gradient(ops.round(latent) - latent) + latent
        above = rounded - low
        floor = ops.stop_gradient(ops.floor(above + 1e-4))  # the sum above may miss a whole number by a hair
        share = above - floor
        place = ops.cast(floor, "int32") + ops.convert_to_tensor(places)
        coded = (1 - share) * ops.take(table, place) + share * ops.take(table, place + 1)
        decoded = decoder(ops.reshape(rounded * objective.step, (together, *decoder.input_shape[1:])))
        error = ops.mean(ops.square(ops.cast(decoded, "float32") - inputs["tile"]), axis=(1, 2, 3))
        return ops.round(rounded), ops.sum(coded, axis=1) + price * error

    descent = _descent((together, len(tables)), cost, _RATE, steps)
    found = []
    for start in range(0, len(tiles), together):
        # The last group is filled up from the start, since a group of another size would be compiled anew.
        chosen = np.arange(start, start + together) % len(tiles)
        found.append(descent.lowest(latents[chosen] / objective.step, {"tile": tiles[chosen]}).astype(np.int32))
    return np.concatenate(found)[: len(tiles)]


def of_bits(
    activations: Floats, previous: Floats | None, model: BitModel, inputs: Inputs, error: Callable[[Any, Inputs], Any],
    price: float, steps: int,
) -> Floats:
    """Bits ±1 of lower cost than the signs of an encoder's activations, by descent along the gradient.

    The activations move freely; the decoder sees their signs, with the gradient of tanh. The cheapest of the signs on
    the way is what counts for each image, the first among them. The cost of an image is the logarithm of its error,
    plus its bits as the model predicts them, at a price.

    Args:
        activations: what an encoder gives, in (−1, 1), (N, h, w, C).
        previous: bits ±1 of that shape that the model predicts from, if it does.
        model: the model of the bits.
        inputs: arrays of N rows that ``error`` is given.
        error: gives the errors of N images, (N,), for bits (N, h, w, C) and the inputs, all tensors.
        price: the price of a bit for a position of the code.
        steps: the number of steps of the descent; each costs about three decodings.
    """
    keras = load_keras()
    ops = keras.ops
    # What is known before is a part of the input; a channel of nothing stands for it where there is none.
    known = np.zeros_like(activations[..., :0]) if previous is None else previous
    taps = model.weights.reshape(len(PHASES), -1, 3, 3, *model.weights.shape[2:])
    kernels = np.concatenate(np.moveaxis(taps, 1, 0), axis=-1).transpose(0, 1, 2, 4, 3).astype(np.float32) / UNITS
    biases = model.bias.astype(np.float32) / UNITS
    phase = np.full(activations.shape[1:3], -1)
    for index, (row, column) in enumerate(PHASES):
        phase[row::2, column::2] = index
    places = (phase == np.arange(len(PHASES))[:, None, None]).astype(np.float32)[..., None]

    def length(bits: Any, before: Any) -> Any:
        seen = ops.concatenate([bits, before], axis=-1)
        logits = sum(
            ops.convert_to_tensor(place) * (ops.conv(seen, ops.convert_to_tensor(kernel), padding="same") + bias)
            for place, kernel, bias in zip(places, kernels, biases, strict=True)
        )
        return ops.mean(ops.sum(ops.softplus(-bits * logits), axis=3), axis=(1, 2)) / np.log(2)

    def cost(values: Any, given: Inputs) -> tuple[Any, Any]:
        soft = ops.tanh(values)
        signs = ops.where(values >= 0, 1.0, -1.0)
        bits = soft + ops.stop_gradient(signs - soft)
        return signs, ops.log(error(bits, given)) + price * length(bits, given["previous"])

    descent = _descent(activations.shape, cost, _BIT_RATE, steps)
    return np.asarray(descent.lowest(activations, {**inputs, "previous": known}))


def _descent(shape: Sequence[int], cost: Callable[[Any, Inputs], tuple[Any, Any]], rate: float, steps: int) -> Any:
    """A Keras model whose only weights are values of a shape, one row an item, and whose training is the search.

    Args:
        shape: the shape of the values.
        cost: what they are rounded to, and the cost of each item, through which the gradient flows.
        rate: the learning rate at first; it falls in a straight line to nothing.
        steps: the number of steps of the descent.
    """
    keras = load_keras()
    ops = keras.ops

    class Descent(keras.Model):  # type: ignore[misc, name-defined]  # Keras ships no types
        def __init__(self) -> None:
            super().__init__()
            self.values = self.add_weight(shape=shape, initializer="zeros", name="values")
            self.best = self.add_weight(shape=shape, initializer="zeros", trainable=False, name="best")
            self.cost = self.add_weight(shape=shape[:1], initializer="zeros", trainable=False, name="cost")

        def lowest(self, start: Floats, inputs: Inputs) -> Floats:
            """The rounded values of lowest cost on the way from a start."""
            self.values.assign(start)
            self.cost.assign(np.full(len(start), np.inf, np.float32))
            for value in self.optimizer.variables:
                if value is not self.optimizer.learning_rate:
                    value.assign(np.zeros(value.shape, value.dtype))
            self.fit(inputs, batch_size=len(start), epochs=steps, shuffle=False, verbose=0)
            best: Floats = ops.convert_to_numpy(ops.round(self.best))  # of a tensor: NumPy warns of a variable
            return best

        def call(self, inputs: Inputs, training: bool = False) -> Any:
            rounded, found = cost(ops.convert_to_tensor(self.values), inputs)
            better = ops.reshape(found < self.cost, (-1,) + (1,) * (len(shape) - 1))
            self.best.assign(ops.where(better, rounded, ops.convert_to_tensor(self.best)))
            self.cost.assign(ops.minimum(found, ops.convert_to_tensor(self.cost)))
            return found

        def compute_loss(
            self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
        ) -> Any:
            return ops.sum(y_pred)

    descent = Descent()
    schedule = keras.optimizers.schedules.PolynomialDecay(rate, steps, rate / 100)
    descent.compile(optimizer=keras.optimizers.Adam(schedule), jit_compile=keras.config.backend() == "jax")
    descent.optimizer.build([descent.values])
    return descent
