"""An encoder's search for better symbols: what it writes need not be what the analysis transform says.

Both searches lower bits + λ · squared error of each tile, with the bits of the tables and the error of the tile as it
will be decoded. :func:`by_neighbours` tries symbols one by one, for latents of a few numbers; :func:`by_gradient`
follows the gradient through the decoder, for feature maps (Campos et al. 2019; Yang, Bamler and Mandt 2020).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.colour.convert import Floats
from benchmark.neural.backend import load_keras
from benchmark.neural.descent import Inputs, make_descent
from benchmark.neural.streams import entropy

_TOGETHER = 64
"""Tiles that a gradient is computed for at once."""
_RATE = 0.1
"""First learning rate of the descent, in quantiser steps; it falls in a straight line to nothing."""
_BARRED = 24.0
"""Bits of a symbol that a table lacks, more than any that it has."""


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
    symbols: entropy.Symbols,
    tiles: Floats,
    synthesise: Callable[[Floats], Floats],
    tables: Sequence[entropy.SymbolTable],
    objective: Objective,
    passes: int,
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
    latents: Floats,
    tiles: Floats,
    decoder: Any,
    tables: Sequence[entropy.SymbolTable],
    objective: Objective,
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

    descent = make_descent((together, len(tables)), cost, _RATE, steps)
    found = []
    for start in range(0, len(tiles), together):
        # The last group is filled up from the start, since a group of another size would be compiled anew.
        chosen = np.arange(start, start + together) % len(tiles)
        found.append(descent.lowest(latents[chosen] / objective.step, {"tile": tiles[chosen]}).astype(np.int32))
    return np.concatenate(found)[: len(tiles)]
