"""The networks while they are trained: as floats that behave like the integers they become. Importing this loads Keras.

Roundings are straight-through: they act in the forward pass, and gradients go by them.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from benchmark.errors import UsageError
from benchmark.neural.streams.integers import ACTIVATION_LIMIT
from benchmark.neural.wavelet.bands import FEATURES
from benchmark.neural.wavelet.model import (
    ACTIVATION_UNIT,
    BANDS,
    BINARY,
    KINDS,
    SAID,
    WEIGHT_UNIT,
    Model,
)
from benchmark.neural.wavelet.restoration import DEPTH, RATE_CENTRE, RATE_SHIFT, Restoration
from benchmark.neural.wavelet.tables import Tables

_UNIT = WEIGHT_UNIT * ACTIVATION_UNIT
"""Units of a sum in 1."""
_LIMIT = 127
_POWERS = 64
"""What powers of the rate index are divided by, so that what they are multiplied with is about as large as a weight."""


def straight(exact: Any, rounded: Any) -> Any:
    """A rounded value with the gradient of the exact one."""
    return exact + ops.stop_gradient(rounded - exact)


def whole_weight(value: Any) -> Any:
    """A weight as ``int8`` would hold it."""
    clipped = ops.clip(value, -_LIMIT / WEIGHT_UNIT, _LIMIT / WEIGHT_UNIT)
    return straight(clipped, ops.round(clipped * WEIGHT_UNIT) / WEIGHT_UNIT)


def whole_activation(sums: Any) -> Any:
    """Activations as whole numbers in units of 1/16, rectified and limited."""
    clipped = ops.clip(sums, 0.0, ACTIVATION_LIMIT / ACTIVATION_UNIT)
    return straight(clipped, ops.floor(clipped * ACTIVATION_UNIT + 0.5) / ACTIVATION_UNIT)


class ContextNetwork(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Both networks that predict coefficients, for all kinds of parts side by side; see ``model``.

    Args:
        odd: inner units of the odd network.
        hidden: the width of each of the two inner layers of the other.
        seed: the seed of the weights that it starts from.
    """

    def __init__(self, odd: int, hidden: int, seed: int = 0) -> None:
        super().__init__(name="contexts")
        random = keras.random.SeedGenerator(seed)

        def weight(name: str, *shape: int, deviation: float = 0.0) -> Any:
            kind = keras.initializers.RandomNormal(stddev=deviation, seed=random) if deviation else "zeros"
            return self.add_weight(shape=shape, initializer=kind, name=name)

        self.odd_first = weight("odd_first", KINDS, FEATURES, odd, deviation=0.15)
        self.odd_bias = weight("odd_bias", KINDS * BANDS, odd, deviation=0.1)
        self.odd_rate = weight("odd_rate", KINDS, odd)
        self.odd_last = weight("odd_last", KINDS, odd, SAID, deviation=0.1)
        self.odd_direct = weight("odd_direct", KINDS * BANDS, FEATURES, SAID)
        self.hidden_first = weight("first", KINDS, FEATURES + SAID, hidden, deviation=1.4 / 30**0.5)
        self.first_bias = weight("first_bias", KINDS * BANDS, hidden, deviation=0.1)
        self.first_rate = weight("first_rate", KINDS, hidden)
        self.second = weight("second", KINDS, hidden, hidden, deviation=1.4 / hidden**0.5)
        self.second_bias = weight("second_bias", KINDS, hidden)
        self.hidden_last = weight("last", KINDS, hidden, BINARY, deviation=0.05)
        self.last_bias = weight("last_bias", KINDS * BANDS, BINARY)
        self.built = True

    def call(self, features: Any, band: Any, rate: Any) -> tuple[Any, Any, Any]:
        """Logits and what is expected.

        Args:
            features: whole numbers in ±127, (8, n, 76).
            band: number of each one's band, ``int32`` (8, n).
            rate: rate index, (8, n).

        Returns:
            Logits of "more" (8, n, 16), of a positive sign (8, n), and the expected value (8, n).
        """
        seen = ops.cast(features, "float32") / ACTIVATION_UNIT
        row = band + BANDS * ops.arange(KINDS, dtype="int32")[:, None]
        rate = ops.cast(rate, "float32")[..., None] / ACTIVATION_UNIT
        base = ops.take(self.odd_bias, row, axis=0) + rate * whole_weight(self.odd_rate)[:, None]
        inner = ops.matmul(seen, whole_weight(self.odd_first))
        said = ops.matmul(whole_activation(base + inner) - whole_activation(base - inner), whole_weight(self.odd_last))
        # One matrix for each band is too much to gather: all bands' answers, of which each row takes its own.
        direct = ops.transpose(ops.reshape(whole_weight(self.odd_direct), (KINDS, BANDS, FEATURES, SAID)), (0, 2, 1, 3))
        answers = ops.matmul(seen, ops.reshape(direct, (KINDS, FEATURES, BANDS * SAID)))
        own = ops.one_hot(band, BANDS, dtype="float32")
        said = said + ops.sum(ops.reshape(answers, (*answers.shape[:2], BANDS, SAID)) * own[..., None], axis=2)
        told = ops.minimum(ops.abs(said), _LIMIT / ACTIVATION_UNIT)
        told = straight(told, ops.floor(told * ACTIVATION_UNIT) / ACTIVATION_UNIT)
        known = ops.concatenate([ops.abs(seen), told], axis=-1)
        hidden = ops.matmul(known, whole_weight(self.hidden_first)) + ops.take(self.first_bias, row, axis=0)
        hidden = whole_activation(hidden + rate * whole_weight(self.first_rate)[:, None])
        hidden = whole_activation(ops.matmul(hidden, whole_weight(self.second)) + self.second_bias[:, None])
        more = ops.matmul(hidden, whole_weight(self.hidden_last)) + ops.take(self.last_bias, row, axis=0)
        return more, said[..., 0], said[..., 1]

    def begin_from(self, model: Model) -> None:
        """Takes over the weights of a model of the same widths."""
        for variable, values, unit in (
            (self.odd_first, model.odd_first, WEIGHT_UNIT),
            (self.odd_bias, model.odd_bias, _UNIT),
            (self.odd_rate, model.odd_rate, WEIGHT_UNIT),
            (self.odd_last, model.odd_last, WEIGHT_UNIT),
            (self.odd_direct, model.odd_direct, WEIGHT_UNIT),
            (self.hidden_first, model.first, WEIGHT_UNIT),
            (self.first_bias, model.first_bias, _UNIT),
            (self.first_rate, model.first_rate, WEIGHT_UNIT),
            (self.second, model.second, WEIGHT_UNIT),
            (self.second_bias, model.second_bias, _UNIT),
            (self.hidden_last, model.last, WEIGHT_UNIT),
            (self.last_bias, model.last_bias, _UNIT),
        ):
            _take_over(variable, values, unit)

    def integers(self, tables: Tables) -> Model:
        """The model that it stands for."""

        def bias(variable: Any, *shape: int) -> npt.NDArray[np.int32]:
            values = np.rint(variable.numpy() * _UNIT)
            return np.asarray(values, dtype=np.int32).reshape(KINDS, *shape, values.shape[-1])

        return Model(
            int8(self.odd_first),
            bias(self.odd_bias, BANDS),
            int8(self.odd_rate),
            int8(self.odd_last),
            int8(self.odd_direct).reshape(KINDS, BANDS, FEATURES, SAID),
            int8(self.hidden_first),
            bias(self.first_bias, BANDS),
            int8(self.first_rate),
            int8(self.second),
            bias(self.second_bias),
            int8(self.hidden_last),
            bias(self.last_bias, BANDS),
            tables,
        )


class RestorationNetwork(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """See ``restoration``; it starts by adding nothing.

    Args:
        channels: how many channels its layers have.
        layers: inner ones.
        seed: the seed of the weights that it starts from.
    """

    def __init__(self, channels: int, layers: int, seed: int = 0) -> None:
        super().__init__(name="restoration")
        random = keras.random.SeedGenerator(seed)

        def kernel(name: str, source: int, target: int) -> Any:
            deviation = (0.5 / (9 * source)) ** 0.5
            initial = keras.initializers.RandomNormal(stddev=deviation, seed=random) if name != "last" else "zeros"
            return self.add_weight(shape=(3, 3, source, target), initializer=initial, name=name)

        self.first = kernel("first", DEPTH, channels)
        self.inner = [kernel(f"inner{layer}", channels, channels) for layer in range(layers)]
        self.last = kernel("last", channels, DEPTH)
        self.bias = self.add_weight(shape=(layers + 1, 3, channels), initializer="zeros", name="bias")
        self.built = True

    def call(self, seen: Any, rate: Any) -> Any:
        """What is added to 2×2 samples, in units of 1/32 of a step, (N, h, w, 12).

        Args:
            seen: what ``restoration.detail`` gives, whole numbers in ±127, by plane and place, (N, h, w, 12).
            rate: rate index of each example, (N,).
        """
        place = ops.cast(rate, "float32") - RATE_CENTRE
        # In the units of the integers a bias is a whole number times these.
        powers = ops.stack([ops.ones_like(place), place, ops.floor(place**2 / 2**RATE_SHIFT)], axis=-1)
        biases = ops.einsum("np,lpc->lnc", powers / _POWERS, self.bias)[:, :, None, None]
        values = whole_activation(self._convolve(ops.cast(seen, "float32") / ACTIVATION_UNIT, self.first) + biases[0])
        for pair in range(0, len(self.inner), 2):
            between = whole_activation(self._convolve(values, self.inner[pair]) + biases[pair + 1])
            values = whole_activation(values + self._convolve(between, self.inner[pair + 1]) + biases[pair + 2])
        return self._convolve(values, self.last)

    @staticmethod
    def _convolve(values: Any, kernel: Any) -> Any:
        return ops.conv(values, whole_weight(kernel), padding="same", data_format="channels_last")

    def begin_from(self, restoration: Restoration) -> None:
        """Takes over the weights of a restoration of the same widths; one of others leaves the network as it is."""
        if restoration.first.shape[-1] != self.first.shape[-1] or len(restoration.inner) != len(self.inner):
            return
        _take_over(self.first, restoration.first, WEIGHT_UNIT)
        for variable, values in zip(self.inner, restoration.inner, strict=True):
            _take_over(variable, values, WEIGHT_UNIT)
        _take_over(self.last, restoration.last, WEIGHT_UNIT)
        _take_over(self.bias, restoration.bias, _UNIT // _POWERS)

    def integers(self) -> Restoration:
        """The restoration that it stands for."""
        return Restoration(
            int8(self.first),
            np.stack([int8(kernel) for kernel in self.inner]),
            int8(self.last),
            np.rint(self.bias.numpy() * (_UNIT // _POWERS)).astype(np.int32),
        )


class WaveletNetwork(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """All that is trained: the networks of contexts and the restoration."""

    def __init__(self, odd: int, hidden: int, channels: int, layers: int) -> None:
        super().__init__()
        self.contexts = ContextNetwork(odd, hidden)
        self.restoration = RestorationNetwork(channels, layers)
        self.built = True


def _take_over(variable: Any, values: npt.NDArray[np.integer], unit: int) -> None:
    if values.size != np.prod(variable.shape):
        raise UsageError(
            f"start: expected weights of the same widths, got {values.shape} where {tuple(variable.shape)} is trained"
        )
    variable.assign(values.astype(np.float32).reshape(variable.shape) / unit)


def int8(variable: Any) -> npt.NDArray[np.int8]:
    """A variable's values as the integers that :func:`whole_weight` behaves like."""
    values = np.rint(variable.numpy() * WEIGHT_UNIT)
    return np.asarray(np.clip(values, -_LIMIT, _LIMIT), dtype=np.int8)
