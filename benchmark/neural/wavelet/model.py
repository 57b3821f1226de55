"""What predicts a coefficient: two small networks in integers.

The first is odd: features of the other sign give predictions of the other sign. It says which sign a coefficient has,
and about how large it is. The second sees the features' magnitudes, and what the first one said, and tells how far the
magnitude goes. There are eight of each, one for each pass and for luma and chroma.

Weights are ``int8`` in units of 1/64, activations whole numbers up to 255 in units of 1/16. The magnitudes of the terms
of any sum add up to less than 2²⁴, which :class:`Model` makes sure of, so that every partial sum is an integer that
``float32`` holds exactly: matrix products of the linear algebra library are the same in any order of summation, on any
machine, with any number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError
from benchmark.neural.streams.integers import ACTIVATION_LIMIT, Arrays, activated, load_arrays, save_arrays
from benchmark.neural.wavelet.bands import FEATURES, PHASES, Part
from benchmark.neural.wavelet.loops import Loops
from benchmark.neural.wavelet.tables import LOGIT_LIMIT, LOGIT_UNIT, Tables, rate_index
from benchmark.neural.wavelet.transform import LEVELS, Floats

KINDS = 2 * len(PHASES)
BANDS = 6 * LEVELS
"""Bands that have biases of their own: of each level and orientation, the second chroma plane apart."""

WEIGHT_UNIT = 64
"""Units of a weight in 1."""
ACTIVATION_UNIT = 16
"""Units of a feature and an activation in 1."""
SAID = 2
"""Numbers that the first network tells the second: magnitudes of a sign's logit and of an expected value."""

CLASSES = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 28, 36, 52, 68])
"""First magnitude of each class; the last class has no end."""
BINARY = len(CLASSES) - 1
"""Decisions "more" of which a class is made: that it is beyond each earlier one."""

_EXACT = 1 << 24
_LOGIT_SUMS = WEIGHT_UNIT * ACTIVATION_UNIT // LOGIT_UNIT
"""Units of the networks' outputs in one of a logit."""
_CHUNK = 2048
"""Places at once: the networks' activations then stay in the cache."""

MOST_ODD, MOST_HIDDEN = 90, 256
"""Largest widths of the networks: with more, sums could leave what ``float32`` holds exactly."""

Logits = tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]
"""Of magnitudes and of signs, see :class:`Predictor`."""
Integers8 = npt.NDArray[np.int8]
Integers32 = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Model:
    """Integer weights of both networks and the tables.

    Attributes:
        odd_first: ``int8`` (8, 76, O), and ``odd_bias``, ``int32`` (8, 36, O): the odd network's inner layer.
        odd_rate: ``int8`` (8, O): what the rate index adds to that bias.
        odd_last: ``int8`` (8, O, 2), and ``odd_direct``, ``int8`` (8, 36, 76, 2): its outputs, from the inner layer and
            from the features themselves.
        first: ``int8`` (8, 78, H), ``first_bias``, ``int32`` (8, 36, H), ``first_rate``, ``int8`` (8, H).
        second: ``int8`` (8, H, H), ``second_bias``, ``int32`` (8, H).
        last: ``int8`` (8, H, 16), ``last_bias``, ``int32`` (8, 36, 16).
        tables: the tables of features, probabilities and reconstruction.

    Raises:
        UsageError: the arrays are not such, or sums could leave what ``float32`` holds exactly.
    """

    odd_first: Integers8
    odd_bias: Integers32
    odd_rate: Integers8
    odd_last: Integers8
    odd_direct: Integers8
    first: Integers8
    first_bias: Integers32
    first_rate: Integers8
    second: Integers8
    second_bias: Integers32
    last: Integers8
    last_bias: Integers32
    tables: Tables

    def __post_init__(self) -> None:
        odd, hidden = self.odd_first.shape[-1], self.first.shape[-1]
        expected = {
            "odd_first": (KINDS, FEATURES, odd),
            "odd_bias": (KINDS, BANDS, odd),
            "odd_rate": (KINDS, odd),
            "odd_last": (KINDS, odd, SAID),
            "odd_direct": (KINDS, BANDS, FEATURES, SAID),
            "first": (KINDS, FEATURES + SAID, hidden),
            "first_bias": (KINDS, BANDS, hidden),
            "first_rate": (KINDS, hidden),
            "second": (KINDS, hidden, hidden),
            "second_bias": (KINDS, hidden),
            "last": (KINDS, hidden, BINARY),
            "last_bias": (KINDS, BANDS, BINARY),
        }
        for name, shape in expected.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != (np.int32 if name.endswith("bias") else np.int8):
                raise UsageError(f"not a learned-wavelet model: {name} is {array.dtype} {array.shape}")
            if np.abs(array.astype(np.int64)).max(initial=0) >= _EXACT >> 2:
                raise UsageError(f"not a learned-wavelet model: {name} reaches too far")
        longest = max(FEATURES * 127 * 2 + odd * 2 * ACTIVATION_LIMIT, hidden * ACTIVATION_LIMIT) * 128
        if longest >= _EXACT >> 1:
            raise UsageError(f"not a learned-wavelet model: {hidden} and {odd} hidden units make sums inexact")

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

        return load_arrays(path, "a learned-wavelet model", make)

    @property
    def parameters(self) -> int:
        """Numbers in the networks."""
        return sum(getattr(self, field.name).size for field in fields(self) if field.name != "tables")


@dataclass(frozen=True)
class Layers:
    """Matrices for one kind and band at one rate, of the features that a part knows.

    Attributes:
        odd: the matrix of the odd network's inner layer, O rows, and that of its outputs from the features themselves,
            two rows; (O + 2, known).
        odd_bias: the bias of the inner layer, (O, 1).
        odd_last: the matrix of the outputs from the inner layer, (2, O).
        first, second, last: the matrices of the other network. Their last column is the bias, which takes part in the
            product.
    """

    odd: Floats
    odd_bias: Floats
    odd_last: Floats
    first: Floats
    second: Floats
    last: Floats

    @property
    def macs(self) -> int:
        """Multiply–accumulates for one coefficient."""
        own = sum(matrix.size for matrix in (self.odd, self.odd_last))
        return own + sum(matrix.size - len(matrix) for matrix in (self.first, self.second, self.last))


class Predictor:
    """A model at one rate.

    Args:
        model: the model that serves any image.
        step: quantiser step in units of 1/64.
        loops: compiled loops, where they do a part of the work.
    """

    def __init__(self, model: Model, step: int, loops: Loops | None = None) -> None:
        self.model, self.rate, self._loops = model, rate_index(step), loops
        self.macs = 0
        """Multiply–accumulates so far."""
        self.layers = lru_cache(maxsize=None)(self._layers)

    def __call__(self, part: Part) -> Logits:
        """Logits for a part, in units of 1/32 and within ±384.

        Returns:
            Of "more" for each decision of the magnitude, (lively places + 1, 16): the last row is for quiet places; and
            of a positive sign, (lively places + 1,).
        """
        layers = self.layers(part.kind, part.band, part.known)
        size = len(part.lively)
        more, positive = np.empty((size + 1, BINARY), np.int16), np.zeros(size + 1, np.int16)
        for start in range(0, size, _CHUNK):
            chunk = slice(start, min(start + _CHUNK, size))
            more[chunk], positive[chunk] = evaluate(layers, part.features(chunk), self._loops)
        self.macs += (size + 1) * layers.macs
        more[size:], _ = evaluate(layers, np.zeros((len(part.known), 1), np.float32))
        return more, positive

    def _layers(self, kind: int, band: int, known: tuple[int, ...]) -> Layers:
        model, rows = self.model, list(known)
        said = [FEATURES, FEATURES + 1]

        # Divided by a power of two, sums are as exact as before, and come in the units of what they are rounded to.
        def matrix(values: npt.NDArray[np.integer], units: int = WEIGHT_UNIT) -> Floats:
            return np.ascontiguousarray(values.T, dtype=np.float32) / np.float32(units)

        def column(values: npt.NDArray[np.integer], units: int = WEIGHT_UNIT) -> Floats:
            return (values.astype(np.float32)[:, np.newaxis] + np.float32(units // 2)) / np.float32(units)

        def base(bias: Integers32, rate: Integers8) -> Floats:
            return column(bias + self.rate * rate.astype(np.int32))

        first_bias = base(model.first_bias[kind, band], model.first_rate[kind])
        last = matrix(model.last[kind], _LOGIT_SUMS), column(model.last_bias[kind, band], _LOGIT_SUMS)
        return Layers(
            np.vstack([matrix(model.odd_first[kind][rows]), matrix(model.odd_direct[kind, band][rows])]),
            base(model.odd_bias[kind, band], model.odd_rate[kind]),
            matrix(model.odd_last[kind]),
            np.hstack([matrix(model.first[kind][rows + said]), first_bias]),
            np.hstack([matrix(model.second[kind]), column(model.second_bias[kind])]),
            np.hstack(last),
        )


def evaluate(layers: Layers, features: Floats, loops: Loops | None = None) -> Logits:
    """Logits of magnitudes (n, 16) and of the sign (n,) for features (known, n)."""
    known, count = features.shape
    sums = layers.odd @ features
    inner, direct = sums[:-SAID], sums[-SAID:]
    both = _opposed(layers.odd_bias, inner, loops)
    said = layers.odd_last @ both
    said += direct
    seen = np.empty((known + SAID + 1, count), np.float32)
    _see(features, said, seen, loops)
    for matrix in (layers.first, layers.second):
        hidden = np.empty((len(matrix) + 1, count), np.float32)
        hidden[-1] = 1
        np.matmul(matrix, seen, out=hidden[:-1])
        activate(hidden[:-1], loops)
        seen = hidden
    sign = said[:1] * np.float32(WEIGHT_UNIT / _LOGIT_SUMS) + np.float32(0.5)
    return _logits(layers.last @ seen, loops), _logits(sign, loops)[:, 0]


def activate(values: Floats, loops: Loops | None) -> None:
    """Does :func:`benchmark.neural.streams.integers.activated`."""
    if loops:
        loops.activate(values.reshape(len(values), -1))
    else:
        activated(values)


def _opposed(bias: Floats, inner: Floats, loops: Loops | None) -> Floats:
    """Activations of the bias and the sums, less those of the bias and the opposite sums."""
    if loops:
        out = np.empty(inner.shape, np.float32)
        loops.oppose(inner, bias, out)
        return out
    both = activated(bias + inner)
    both -= activated(np.subtract(bias, inner, out=inner))
    return both


def _see(features: Floats, said: Floats, out: Floats, loops: Loops | None) -> None:
    """Fills in what the second network sees: magnitudes, of features and of what the first network said; and 1."""
    if loops:
        loops.magnitudes(features, said, out)
        return
    known = len(features)
    np.abs(features, out=out[:known])
    told = out[known:-1]
    np.floor(np.abs(said, out=told), out=told)
    np.minimum(told, 127, out=told)
    out[-1] = 1


def _logits(sums: Floats, loops: Loops | None) -> npt.NDArray[np.int16]:
    """Sums (decisions, n), rounded down to logits within their limits, (n, decisions)."""
    out = np.empty(sums.shape[::-1], np.int16)
    if loops:
        loops.logits(sums, out)
        return out
    np.maximum(sums, -LOGIT_LIMIT, out=sums)
    np.minimum(sums, LOGIT_LIMIT, out=sums)
    out[...] = np.floor(sums, out=sums).T
    return out
