"""What predicts latents: a linear prediction of their values and a small network for their scales, in integers.

The latents of an image, (h, w, C), are coded in four passes, each over one position of every 2×2 (``bands.PHASES``):
the checkerboard of He et al. (2021) twice over. What predicts a latent are those of its eight neighbours that belong to
earlier passes, in all channels; outside of the image they are zero. The first pass knows the quality alone.

Weights are ``int8`` in units of 1/64, activations whole numbers up to 255 in units of 1/16. :class:`Model` makes sure
that every partial sum of the network is an integer below 2²⁴, which ``float32`` holds exactly, as in
``wavelet.model``. The linear prediction sees latents as they are: its sums stay below 2⁵³ and are computed in
``float64``. Predictions are thus the same on any machine, with any number of threads.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError
from benchmark.neural.onescale.tables import SCALE_UNIT, SCALES, SMALLEST, Tables
from benchmark.neural.streams.integers import Arrays, activated, load_arrays, save_arrays
from benchmark.neural.wavelet.bands import PHASES
from benchmark.neural.wavelet.model import ACTIVATION_UNIT, WEIGHT_UNIT

QUALITIES = 64
"""Quality levels, from 0 on."""

_AROUND = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1)]
TAPS = tuple(
    tuple((row, column) for row, column in _AROUND if PHASES.index(((top + row) % 2, (left + column) % 2)) < phase)
    for phase, (top, left) in enumerate(PHASES)
)
"""Neighbours that each pass knows: rows down and columns right of the latent."""
STARTS = (0, *itertools.accumulate(map(len, TAPS)))
"""Number of the first tap of each pass, and of all: weights of the taps of all passes lie one after another."""
MOST_CHANNELS, MOST_HIDDEN = 128, 512
"""Up to these the sums are exact whatever the weights are."""

_BIAS_LIMIT = 1 << 17
_INDEX_SUMS = WEIGHT_UNIT * ACTIVATION_UNIT // SCALE_UNIT
"""Units of the network's output in one scale."""

Integers8 = npt.NDArray[np.int8]
Integers32 = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Model:
    """Integer weights for C channels and H hidden units, and the tables.

    Attributes:
        linear: ``int8`` (16, C, C), and ``linear_bias``, ``int32`` (4, C): expected values, by tap, from channel, to
            channel; by pass. Both in units of 1/64 of a step.
        first: ``int8`` (16, C, H), ``first_bias``, ``int32`` (4, H), ``first_rate``, ``int8`` (4, H): the network's
            first layer, which sees sizes; what the quality adds to its bias.
        second: ``int8`` (4, H, H), ``second_bias``, ``int32`` (4, H).
        last: ``int8`` (4, H, C), ``last_bias``, ``int32`` (4, C), ``last_rate``, ``int8`` (4, C): logarithms of scales
            in natural units.
        tables: the tables of sizes and decisions.

    Raises:
        UsageError: the arrays are not such, or sums could leave what ``float32`` holds exactly.
    """

    linear: Integers8
    linear_bias: Integers32
    first: Integers8
    first_bias: Integers32
    first_rate: Integers8
    second: Integers8
    second_bias: Integers32
    last: Integers8
    last_bias: Integers32
    last_rate: Integers8
    tables: Tables

    def __post_init__(self) -> None:
        channels, hidden = self.linear.shape[-1], self.second.shape[-1]
        phases, taps = len(PHASES), STARTS[-1]
        expected = {
            "linear": (taps, channels, channels),
            "linear_bias": (phases, channels),
            "first": (taps, channels, hidden),
            "first_bias": (phases, hidden),
            "first_rate": (phases, hidden),
            "second": (phases, hidden, hidden),
            "second_bias": (phases, hidden),
            "last": (phases, hidden, channels),
            "last_bias": (phases, channels),
            "last_rate": (phases, channels),
        }
        if not (0 < channels <= MOST_CHANNELS and 0 < hidden <= MOST_HIDDEN):
            raise UsageError(f"not a learned-onescale model: {channels} channels or {hidden} hidden units are too many")
        for name, shape in expected.items():
            array, bias = getattr(self, name), name.endswith("bias")
            if array.shape != shape or array.dtype != (np.int32 if bias else np.int8):
                raise UsageError(f"not a learned-onescale model: {name} is {array.dtype} {array.shape}")
            if np.abs(array.astype(np.int64)).max() > (_BIAS_LIMIT if bias else 127):
                raise UsageError(f"not a learned-onescale model: {name} reaches too far")

    def save(self, path: Path) -> None:
        """Writes an ``.npz`` file, without pickle."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "tables"}
        arrays |= {f"table_{field.name}": getattr(self.tables, field.name) for field in fields(self.tables)}
        save_arrays(path, arrays)

    @classmethod
    def load(cls, path: Path) -> Model:
        """Reads what :meth:`save` wrote.

        Raises:
            UsageError: the file is not such a model.
        """

        def make(stored: Arrays) -> Model:
            tables = Tables(**{field.name: stored[f"table_{field.name}"] for field in fields(Tables)})
            own = {field.name: stored[field.name] for field in fields(cls) if field.name != "tables"}
            return cls(**own, tables=tables)

        return load_arrays(path, "a learned-onescale model", make)

    @property
    def channels(self) -> int:
        """Of the latents that it predicts."""
        return int(self.linear.shape[-1])

    @property
    def parameters(self) -> int:
        """Numbers in the model."""
        return sum(getattr(self, field.name).size for field in fields(self) if field.name != "tables")

    def macs(self, rows: int, columns: int) -> int:
        """Multiply–accumulates for latents of so many rows and columns."""
        channels, hidden = self.channels, self.second.shape[-1]
        total = 0
        for (top, left), taps in zip(PHASES, TAPS, strict=True):
            positions = len(range(top, rows, 2)) * len(range(left, columns, 2))
            total += positions * (len(taps) * channels * (channels + hidden) + hidden * (hidden + channels))
        return total


def gather(padded: npt.NDArray[Any], phase: int) -> npt.NDArray[Any]:
    """What a pass knows at each of its positions: shape (taps · C, positions), of an array (C, N, h + 2, w + 2)."""
    top, left = PHASES[phase]
    height, width = (size - 1 for size in padded.shape[2:])
    own = padded[:, :, 1 + top : height : 2, 1 + left : width : 2]
    out = np.empty((len(TAPS[phase]), *own.shape), padded.dtype)
    for tap, (row, column) in zip(out, TAPS[phase], strict=True):
        tap[...] = padded[:, :, 1 + top + row : height + row : 2, 1 + left + column : width + column : 2]
    return out.reshape(len(out) * len(own), own[0].size)


class Predictor:
    """A model at one quality.

    Args:
        model: the model that serves all of them.
        quality: the quality, from 0 to 63.
    """

    def __init__(self, model: Model, quality: int) -> None:
        self.model, self.quality = model, quality

    def __call__(
        self, phase: int, values: npt.NDArray[np.float64], sizes: Floats
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """What is expected of the latents of a pass.

        Args:
            phase: number of the pass.
            values: the values of the known neighbours, whole numbers, (taps · C, positions); one column at least.
            sizes: what these count as, see ``Tables.sizes``.

        Returns:
            Expected values in units of 1/64, and indices of scales, 0 to 63; both (C, positions).
        """
        model, part = self.model, slice(STARTS[phase], STARTS[phase + 1])

        def matrix(weights: Integers8, kind: type[np.floating[Any]]) -> npt.NDArray[Any]:
            return np.ascontiguousarray(weights.reshape(-1, weights.shape[-1]).T, dtype=kind)

        def column(bias: Integers32, rate: Integers8 | None, half: int) -> Floats:
            total = bias + half if rate is None else bias + self.quality * rate.astype(np.int32) + half
            return total.astype(np.float32)[:, np.newaxis]

        expected = matrix(model.linear[part], np.float64) @ values + model.linear_bias[phase][:, np.newaxis]
        half, unit = WEIGHT_UNIT // 2, np.float32(1 / WEIGHT_UNIT)  # half rounds
        hidden = matrix(model.first[part], np.float32) @ sizes
        hidden = activated((hidden + column(model.first_bias[phase], model.first_rate[phase], half)) * unit)
        hidden = matrix(model.second[phase], np.float32) @ hidden
        hidden = activated((hidden + column(model.second_bias[phase], None, half)) * unit)
        logarithm = matrix(model.last[phase], np.float32) @ hidden
        logarithm += column(model.last_bias[phase], model.last_rate[phase], _INDEX_SUMS // 2)
        index = np.floor(logarithm * (1 / _INDEX_SUMS)) + SMALLEST * SCALE_UNIT
        return expected.astype(np.int64), np.clip(index, 0, SCALES - 1).astype(np.int64)
