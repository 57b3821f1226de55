"""A small network that repairs decoded planes, in integers: the same pixels on every machine.

It sees 2×2 samples of the planes at a time, as their differences from the local mean in units of the quantiser step,
compressed by a logarithm. A first layer of 3×3 convolutions, pairs of inner ones that add to what they are given, and
a last one give what is added to the samples. Biases follow the rate: a parabola of the rate index for each channel.
Units and exactness are those of ``model``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError
from benchmark.neural.streams.integers import ACTIVATION_LIMIT, load_arrays, save_arrays
from benchmark.neural.wavelet.loops import Loops, loops_for
from benchmark.neural.wavelet.model import WEIGHT_UNIT, activate
from benchmark.neural.wavelet.tables import LOW_LIMIT, Tables, rate_index
from benchmark.neural.wavelet.transform import BRIGHTEST, Floats, Plane

PLANES = 3
DEPTH = 4 * PLANES
"""Channels of 2×2 samples of all planes; a grey image's chroma is zero."""
REACH = 4
"""Samples on each side of which the local mean is taken."""
RATE_CENTRE, RATE_SHIFT = 176, 6
"""Rate index of a step of 32, about the middle, and how far its square is shifted to the right."""

MOST_CHANNELS = 48
"""Of inner layers: with more, sums could leave what ``float32`` holds exactly."""

PARTS = 32
"""Parts of a quantiser step in which the network gives what is added: a sum of 1024 adds one."""
_SHIFT = 10 + 5

_WINDOW = 2 * REACH + 1
_STRIP = 128
"""Rows of samples of which the local mean is taken at once, to save room."""
_BLOCK = (64, 384)
"""Rows and columns of 2×2 samples at once."""
_ROWS = 4
"""Rows of a block at once, whose neighbourhoods then stay in the cache."""


@dataclass(frozen=True)
class Restoration:
    """Integer weights; C channels, L inner layers, which is even.

    Attributes:
        first: ``int8`` (3, 3, 12, C).
        inner: ``int8`` (L, 3, 3, C, C).
        last: ``int8`` (3, 3, C, 12).
        bias: ``int32`` (L + 1, 3, C): constant, times the rate index, times its square; of the first and inner layers.

    Raises:
        UsageError: the arrays are not such, or sums could leave what ``float32`` holds exactly.
    """

    first: npt.NDArray[np.int8]
    inner: npt.NDArray[np.int8]
    last: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]

    def __post_init__(self) -> None:
        channels, layers = self.first.shape[-1], len(self.inner)
        shapes = [(3, 3, DEPTH, channels), (layers, 3, 3, channels, channels), (3, 3, channels, DEPTH)]
        arrays = (self.first, self.inner, self.last)
        if (
            [array.shape for array in arrays] != shapes
            or self.bias.shape != (layers + 1, 3, channels)
            or layers % 2
            or any(array.dtype != np.int8 for array in arrays)
            or self.bias.dtype != np.int32
        ):
            raise UsageError("not a restoration of learned-wavelet: its arrays have other types or shapes")
        sums = (9 * channels * 128 + WEIGHT_UNIT) * ACTIVATION_LIMIT  # and the values that a pair adds to
        if sums + (1 << 21) >= 1 << 24 or np.abs(self.bias.astype(np.int64)).max() >= 1 << 13:
            raise UsageError("not a restoration of learned-wavelet: its sums are not exact")

    def save(self, path: Path) -> None:
        """Writes an ``.npz`` file, without pickle."""
        save_arrays(path, {field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Restoration:
        """Reads what :meth:`save` wrote.

        Raises:
            UsageError: the file is not such a network.
        """
        return load_arrays(
            path,
            "a restoration of learned-wavelet",
            lambda stored: cls(**{field.name: stored[field.name] for field in fields(cls)}),
        )

    @property
    def parameters(self) -> int:
        """Numbers in the network."""
        return sum(getattr(self, field.name).size for field in fields(self))

    @property
    def macs(self) -> float:
        """Multiply–accumulates a pixel."""
        return (self.first.size + self.inner.size + self.last.size) / 4

    def __call__(self, planes: Sequence[Plane], step: int, tables: Tables) -> list[Plane]:
        """Repaired planes.

        Args:
            planes: one or three, in units of 1/64.
            step: the step with which they were quantised, in units of 1/64.
            tables: the tables of the model.
        """
        height, width = planes[0].shape
        rows, columns = -(-height // 2), -(-width // 2)
        seen = np.zeros((DEPTH, rows, columns), np.int8)
        for number, plane in enumerate(planes):
            even = np.pad(detail(plane, step, tables), ((0, height % 2), (0, width % 2)))
            for place in range(4):
                seen[4 * number + place] = even[place // 2 :: 2, place % 2 :: 2]
        layers, loops = self._layers(rate_index(step) - RATE_CENTRE), loops_for(height * width)
        out = [plane.copy() for plane in planes]
        for top in range(0, rows, _BLOCK[0]):
            for left in range(0, columns, _BLOCK[1]):
                bottom, right = min(rows, top + _BLOCK[0]), min(columns, left + _BLOCK[1])
                added = _added(seen, layers, (top, bottom), (left, right), loops).astype(np.int64)
                added = (added * step + (1 << (_SHIFT - 1))) >> _SHIFT
                for number, plane in enumerate(out):
                    for place in range(4):
                        target = plane[2 * top + place // 2 : 2 * bottom : 2, 2 * left + place % 2 : 2 * right : 2]
                        found = added[4 * number + place, : target.shape[0], : target.shape[1]]
                        target[...] = np.clip(target + found, -BRIGHTEST, BRIGHTEST)
        return out

    def _layers(self, rate: int) -> list[Floats]:
        """Each layer's matrix at a rate; its last column is the bias, which takes part in the product."""
        powers = np.array([1, rate, rate**2 >> RATE_SHIFT])
        biases = (powers[:, np.newaxis] * self.bias).sum(axis=1) + WEIGHT_UNIT // 2
        matrices = []
        for kernel, bias in zip((self.first, *self.inner), biases, strict=True):
            matrix = kernel.reshape(-1, kernel.shape[-1]).T
            # Divided by a power of two, sums are as exact as before.
            matrices.append(np.hstack([matrix, bias[:, np.newaxis]]).astype(np.float32) / np.float32(WEIGHT_UNIT))
        last = self.last.reshape(-1, DEPTH).T
        return [*matrices, np.hstack([last, np.zeros((DEPTH, 1))]).astype(np.float32)]


def detail(plane: Plane, step: int, tables: Tables) -> npt.NDArray[np.int8]:
    """Differences of samples from the local mean in sixteenths of a step, as ``Tables.low`` has them."""
    padded = np.pad(plane, ((REACH + 1, REACH), (REACH + 1, REACH)), mode="edge")
    out = np.empty(plane.shape, np.int8)
    count, limit = _WINDOW**2, 2 * LOW_LIMIT
    for top in range(0, len(plane), _STRIP):
        part = plane[top : top + _STRIP].astype(np.int64)
        sums = padded[top : top + len(part) + _WINDOW].cumsum(axis=0, dtype=np.int64)
        sums = (sums[_WINDOW:] - sums[:-_WINDOW]).cumsum(axis=1)
        sums = sums[:, _WINDOW:] - sums[:, :-_WINDOW]
        difference = (part * count - sums) * ((1 << 24) // (step * count)) >> 20
        out[top : top + _STRIP] = tables.low[np.clip(difference, -limit, limit) + limit]
    return out


def _added(
    seen: npt.NDArray[np.int8],
    layers: list[Floats],
    rows: tuple[int, int],
    columns: tuple[int, int],
    loops: Loops | None,
) -> Floats:
    """What the network gives for a block, (12, rows, columns).

    It begins with a margin that every layer shortens, but at the image's edges, beyond which are zeros.
    """
    margin, (height, width) = len(layers), seen.shape[1:]
    top, left = max(0, rows[0] - margin), max(0, columns[0] - margin)
    bottom, right = min(height, rows[1] + margin), min(width, columns[1] + margin)
    edges = ((0, 0), (int(top == 0), int(bottom == height)), (int(left == 0), int(right == width)))
    # A pair of layers shortens a side that is no edge by two.
    down, across = (2 - 2 * first for first, _ in edges[1:])
    values = _convolve(seen[:, top:bottom, left:right].astype(np.float32), layers[0], edges)
    activate(values, loops)
    for before, after in zip(layers[1:-1:2], layers[2:-1:2], strict=True):
        inner = _convolve(values, before, edges)
        activate(inner, loops)
        sums = _convolve(inner, after, edges)
        sums += values[:, down : down + sums.shape[1], across : across + sums.shape[2]]
        activate(sums, loops)
        values = sums
    added = _convolve(values, layers[-1], edges)
    first, begin = rows[0] if top == 0 else 0, columns[0] if left == 0 else 0
    return added[:, first : first + rows[1] - rows[0], begin : begin + columns[1] - columns[0]]


def _convolve(values: Floats, matrix: Floats, edges: tuple[tuple[int, int], ...]) -> Floats:
    """3×3 convolution, without those sums that would need values from beyond a side that is no edge.

    Args:
        values: (C, h, w).
        matrix: (D, 9·C + 1); the last column is a bias.
        edges: how many rows or columns of zeros lie at the sides, as of ``numpy.pad``: one at the image's edges.
    """
    values = np.pad(values, edges)
    channels, height, width = values.shape[0], values.shape[1] - 2, values.shape[2] - 2
    out = np.empty((len(matrix), height, width), np.float32)
    taken = np.empty((matrix.shape[1], _ROWS, width), np.float32)
    taken[-1] = 1
    for top in range(0, height, _ROWS):
        count = min(_ROWS, height - top)
        for place in range(9):
            row, column = divmod(place, 3)
            part = values[:, top + row : top + row + count, column : column + width]
            taken[place * channels : (place + 1) * channels, :count] = part
        columns = taken[:, :count].reshape(len(taken), -1)
        np.matmul(matrix, columns, out=out.reshape(len(out), -1)[:, top * width : (top + count) * width])
    return out
