"""The entropy model while it is trained: floats that behave like the integers they become. Importing this loads Keras.

Roundings are straight-through: they act in the forward pass, and gradients go by them. See ``model`` for what it does.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from benchmark.neural.onescale.model import QUALITIES, STARTS, TAPS, Integers32, Model
from benchmark.neural.onescale.tables import SCALE_UNIT, SCALES, SMALLEST, new_tables
from benchmark.neural.wavelet.bands import PHASES
from benchmark.neural.wavelet.model import ACTIVATION_UNIT, WEIGHT_UNIT
from benchmark.neural.wavelet.networks import int8, straight, whole_activation, whole_weight

_SIZE_LIMIT = 127
_LOWEST, _LARGEST = -SMALLEST * SCALE_UNIT, SCALES - 1 - SMALLEST * SCALE_UNIT
"""Logarithms of the first and last scale, in scales."""
_LOGISTIC = 3**0.5 / np.pi
"""Scale of the logistic distribution of deviation 1."""


def passes(values: Any) -> list[Any]:
    """The latents of each pass, (N, h/2, w/2, C) each, of (N, h, w, C)."""
    return [values[:, top::2, left::2] for top, left in PHASES]


class ContextNetwork(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Predicts latents, in ``float32`` under any policy of precision.

    Args:
        channels: how many channels the latents have.
        hidden: units of each inner layer.
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__(dtype="float32")
        phases, taps = len(PHASES), STARTS[-1]

        def weight(name: str, *shape: int, deviation: float = 0.0) -> Any:
            start = keras.initializers.RandomNormal(stddev=deviation) if deviation else "zeros"
            return self.add_weight(shape=shape, initializer=start, name=name)

        self.linear = weight("linear", taps, channels, channels)
        self.linear_bias = weight("linear_bias", phases, channels)
        self.seen = weight("first", taps, channels, hidden, deviation=(2 / (4 * channels)) ** 0.5)
        self.seen_bias = weight("first_bias", phases, hidden, deviation=0.5)
        self.seen_rate = weight("first_rate", phases, hidden, deviation=0.1)
        self.second = weight("second", phases, hidden, hidden, deviation=(2 / hidden) ** 0.5)
        self.second_bias = weight("second_bias", phases, hidden)
        self.told = weight("last", phases, hidden, channels)
        self.told_bias = weight("last_bias", phases, channels)
        self.told_rate = weight("last_rate", phases, channels)
        self.built = True

    def begin_from(self, deviations: npt.NDArray[np.float32], first_step: float, last_step: float) -> None:
        """Expects zero, with the scales that coefficients of these deviations have at steps from the first to the last.

        Args:
            deviations: shape (C,), in grey levels.
            first_step, last_step: the steps of quality 0 and 63; the logarithms between them lie on a straight line.
        """
        phases = len(PHASES)
        rise = np.log(first_step / last_step) / (QUALITIES - 1)
        self.told_bias.assign(np.tile(np.log(_LOGISTIC * deviations / first_step), (phases, 1)))
        self.told_rate.assign(np.full(self.told_rate.shape, rise * ACTIVATION_UNIT))

    def call(self, symbols: Any, quality: Any) -> list[tuple[Any, Any]]:
        """What is expected in each pass.

        Args:
            symbols: latents in steps, whole numbers as floats, (N, h, w, C).
            quality: the quality of each, 0–63, (N,).

        Returns:
            Expected values in steps and logarithms of scales, both (N, h/2, w/2, C).
        """
        size = 12 * ops.log2(1 + ops.abs(symbols))
        sizes = straight(size, ops.minimum(ops.round(size), _SIZE_LIMIT)) / ACTIVATION_UNIT
        rate = ops.cast(quality, "float32")[:, None, None, None] / ACTIVATION_UNIT
        pad = ((0, 0), (1, 1), (1, 1), (0, 0))
        padded, padded_sizes = ops.pad(symbols, pad), ops.pad(sizes, pad)
        found = []
        for phase in range(len(PHASES)):
            part = slice(STARTS[phase], STARTS[phase + 1])
            hidden = self.seen_bias[phase] + rate * whole_weight(self.seen_rate[phase])
            expected = self.linear_bias[phase]
            if TAPS[phase]:
                hidden = hidden + _product(_known(padded_sizes, phase), self.seen[part])
                expected = expected + _product(_known(padded, phase), self.linear[part])
            hidden = whole_activation(hidden)
            hidden = whole_activation(ops.matmul(hidden, whole_weight(self.second[phase])) + self.second_bias[phase])
            exact = ops.matmul(hidden, whole_weight(self.told[phase])) + self.told_bias[phase]
            exact = exact + rate * whole_weight(self.told_rate[phase])
            index = ops.clip(ops.floor(exact * SCALE_UNIT + 0.5), _LOWEST, _LARGEST)
            found.append((expected, straight(exact, index / SCALE_UNIT)))
        return found

    def integers(self) -> Model:
        """The model that it stands for."""

        def bias(variable: Any, unit: int) -> Integers32:
            return np.asarray(np.rint(variable.numpy() * unit), dtype=np.int32)

        unit = WEIGHT_UNIT * ACTIVATION_UNIT
        return Model(
            int8(self.linear),
            bias(self.linear_bias, WEIGHT_UNIT),
            int8(self.seen),
            bias(self.seen_bias, unit),
            int8(self.seen_rate),
            int8(self.second),
            bias(self.second_bias, unit),
            int8(self.told),
            bias(self.told_bias, unit),
            int8(self.told_rate),
            new_tables(),
        )


def _known(padded: Any, phase: int) -> Any:
    """What a pass knows at each of its positions, (N, h/2, w/2, taps · C), of an array with a border of one."""
    top, left = PHASES[phase]
    height, width = (size - 1 for size in padded.shape[1:3])
    return ops.concatenate(
        [
            padded[:, 1 + top + row : height + row : 2, 1 + left + column : width + column : 2]
            for row, column in TAPS[phase]
        ],
        axis=-1,
    )


def _product(known: Any, weights: Any) -> Any:
    return ops.matmul(known, ops.reshape(whole_weight(weights), (-1, weights.shape[-1])))
