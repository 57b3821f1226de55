"""The bands in coding order, and what the decoder knows of each coefficient when its turn comes.

Levels go from the coarsest to the finest; in each the planes luma, first and second chroma; in each plane the bands HL,
LH, HH; in each band four passes, over one position of every 2×2 each (:data:`PHASES`). No coefficient of a pass
depends on another one of that pass: all are predicted at once.

What predicts a coefficient is a vector of :data:`FEATURES` small integers. All but the last :data:`LOW` stand for
decoded coefficients q, as sign(q) · 12·log₂(1 + |q|): of the 5×5 around it in the band, as far as earlier passes have
them; the 3×3 around its parent one level coarser, and the same place in the two other bands there; its grandparent;
a cross of 5 in each earlier band of the level; 3×3 in the same band of each earlier plane. The last are differences,
in steps, between the decoded low-pass plane of that level around the place and at it. What is not there is zero.

A place where all coefficients are zero is **quiet**: all its features count as zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count

import numpy as np
import numpy.typing as npt

from benchmark.neural.wavelet.tables import LOW_LIMIT, Tables
from benchmark.neural.wavelet.transform import (
    BRIGHTEST,
    LEVELS,
    UNIT,
    Floats,
    Integers,
    Plane,
    band_shape,
    dequantise,
    synthesise,
)

PHASES = ((0, 0), (1, 1), (0, 1), (1, 0))
"""First row and column of each pass in coding order; a pass takes every second of both."""

Compressed = npt.NDArray[np.int8]
"""Coefficients as features count them."""
Offset = tuple[int, int]
_Source = tuple[int, int, Compressed, int]
"""A feature's number, the number of the grid of its places, its flat map, and the offset of its place in it."""
_SQUARE = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1)]
_CROSS = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)]
_AROUND = [(row, column) for row in range(-2, 3) for column in range(-2, 3) if (row, column) != (0, 0)]
_NEAR = [place for place in _AROUND if max(map(abs, place)) < 2 or 0 in place]
_AHEAD = _NEAR[len(_NEAR) // 2 :]
"""The later half of these places; the earlier half lies opposite, in reverse order."""

OWN, PARENT, COUSINS, GRANDPARENT, SIBLINGS, REFERENCE, LOW = len(_AROUND), 9, 2, 1, 10, 18, len(_NEAR)
FEATURES = OWN + PARENT + COUSINS + GRANDPARENT + SIBLINGS + REFERENCE + LOW
"""Length of the vector that predicts a coefficient."""

_PAD = 2
_STRIP = 128
"""Rows at once where each takes room."""
_RUN = 1 << 15
"""Samples at once: their differences then stay in the cache."""
_BEYOND = 4
"""Rows and columns of zeros around a band, in all: the reach of what is looked up in it."""


@dataclass(frozen=True)
class Part:
    """The coefficients of one pass over a band.

    Attributes:
        level, orientation, plane, phase: the place of the part.
        shape: rows and columns of the pass.
        lively: places that are not quiet, by their number in raster order, ascending.
        known: numbers of those features that can be other than zero in this part, ascending.
    """

    level: int
    orientation: int
    plane: int
    phase: int
    shape: tuple[int, int]
    lively: npt.NDArray[np.int64]
    known: tuple[int, ...]
    _sources: tuple[tuple[int, Compressed, int], ...] = field(repr=False)
    _places: tuple[npt.NDArray[np.int64], ...] = field(repr=False)

    @property
    def kind(self) -> int:
        """Number of the networks that predict it: of its phase, for luma or for chroma."""
        return self.phase + (len(PHASES) if self.plane else 0)

    @property
    def band(self) -> int:
        """Number of its band: of 36, the two chroma planes apart, luma and first chroma told by :attr:`kind`."""
        return ((self.level - 1) * 3 + self.orientation) * 2 + (self.plane == 2)

    @property
    def row(self) -> int:
        """Number of its band among all 54, as of ``Tables.shrink``."""
        return _row(self.level, self.orientation, self.plane)

    @property
    def first(self) -> Offset:
        """Row and column of its first coefficient; it takes every second of both."""
        return PHASES[self.phase]

    def quiet(self) -> npt.NDArray[np.int64]:
        """Places that are quiet, by their number, ascending."""
        quiet = np.ones(self.shape[0] * self.shape[1], np.bool_)
        quiet[self.lively] = False
        return np.flatnonzero(quiet)

    def rows(self) -> npt.NDArray[np.int64]:
        """For each place its number among the lively ones; quiet ones have the number after all those."""
        rows = np.full(self.shape[0] * self.shape[1], len(self.lively))
        rows[self.lively] = np.arange(len(self.lively))
        return rows

    def features(self, chunk: slice) -> Floats:
        """Features of some of the lively places, ``float32`` (:attr:`known`, places): whole numbers in ±127."""
        grids = [places[chunk] for places in self._places]
        found = np.empty((len(self.known), len(grids[0])), np.int8)
        for row, (grid, values, start) in zip(found, self._sources, strict=True):
            # Indices are in range by construction; 'wrap' only spares the test.
            values[start:].take(grids[grid], out=row, mode="wrap")
        behind = found[len(found) - LOW : len(found) - len(_AHEAD)]
        np.negative(behind, out=behind)
        return found.astype(np.float32)


class DecodedBands:
    """Decoded bands of one image while they grow, in coding order.

    Args:
        height, width, planes: the size of the image and the number of its planes.
        step: quantiser step in units of 1/64.
        low: quantised low-pass bands, (h, w) for each plane.
        tables: the tables of the model.
    """

    def __init__(self, height: int, width: int, step: int, low: list[Integers], tables: Tables) -> None:
        self.height, self.width, self.step, self.tables = height, width, step, tables
        self.low: list[Plane] = [
            np.clip(dequantise(plane.astype(np.int64) * UNIT, step, LEVELS, 3), -BRIGHTEST, BRIGHTEST).astype(np.int16)
            for plane in low
        ]
        """The low-pass plane of each of the planes at the level reached, in units of 1/64."""
        self._maps: dict[tuple[int, int, int], Compressed] = {}

    def parts(self, last: int = 1) -> Iterator[tuple[Part, Integers]]:
        """Each part, down to a level, with the array of its coefficients, which has to be filled before the next."""
        for level in range(LEVELS, last - 1, -1):
            self._enter(level)
            for plane, low in enumerate(self.low):
                self._rises = self._differences(low, level)
                details = []
                for orientation in range(3):
                    quantised = np.zeros(band_shape(self.height, self.width, level, orientation), np.int32)
                    yield from self._band(level, orientation, plane, quantised)
                    details.append(self._reconstruct(quantised, level, orientation, plane))
                self.low[plane] = synthesise(low, details)

    def _enter(self, level: int) -> None:
        """Forgets what is no longer looked up, and makes room for a level."""
        for key in [key for key in self._maps if key[0] > level + 2]:
            del self._maps[key]
        self._rows, self._columns = (size + _BEYOND for size in band_shape(self.height, self.width, level, 3))

    def _differences(self, plane: Plane, level: int) -> list[Compressed]:
        """By how much each low-pass sample is below that at each of the places ahead of it, as features count it.

        Maps are flat, as those of coefficients are. Seen from the place ahead, the difference is the opposite.
        """
        scale = (1 << (level + 3 + 20)) // self.step  # an eighth of a step of this level's low-pass samples is 1
        units = np.empty(plane.shape, np.int32)
        for top in range(0, len(plane), _STRIP):
            product = plane[top : top + _STRIP].astype(np.int64) * scale
            units[top : top + _STRIP] = np.clip(product >> 20, -LOW_LIMIT, LOW_LIMIT)
        flat = np.pad(units, _PAD, mode="edge").ravel()
        rises = []
        for row, column in _AHEAD:
            away = row * self._columns + column
            rise = np.zeros(flat.size, np.int8)
            for start in range(0, flat.size - away, _RUN):
                stop = min(start + _RUN, flat.size - away)
                difference = flat[start + away : stop + away] - flat[start:stop]
                self.tables.low.take(difference + 2 * LOW_LIMIT, out=rise[start:stop], mode="wrap")
            rises.append(rise)
        return rises

    def _band(self, level: int, orientation: int, plane: int, quantised: Integers) -> Iterator[tuple[Part, Integers]]:
        key = (level, orientation, plane)
        height, width = quantised.shape
        inside = (slice(_PAD, _PAD + height), slice(_PAD, _PAD + width))
        own = self._maps[key] = np.zeros((self._rows, self._columns), np.int8)
        others = self._others(level, orientation, plane, height, width)
        for phase, (top, left) in enumerate(PHASES):
            values = quantised[top::2, left::2]
            if not values.size:
                continue
            yield self._part(level, orientation, plane, phase, values.shape, others), values
            own[inside][top::2, left::2] = self.tables.compressed(values)

    def _others(self, level: int, orientation: int, plane: int, height: int, width: int) -> npt.NDArray[np.bool_]:
        """Where anything outside of the band itself is not zero, (h, w)."""
        found = np.zeros((height, width), np.bool_)
        for key, offsets in [
            *(((level, earlier, plane), _CROSS) for earlier in range(orientation)),
            *(((level, orientation, earlier), _SQUARE) for earlier in range(plane)),
        ]:
            for row, column in offsets:
                top, left = _PAD + row, _PAD + column
                found |= self._maps[key][top : top + height, left : left + width] != 0
        if level < LEVELS:
            rows, columns = -(-height // 2), -(-width // 2)
            above = np.zeros((rows, columns), np.bool_)
            for row, column in _SQUARE:
                top, left = _PAD + row, _PAD + column
                above |= self._maps[level + 1, orientation, plane][top : top + rows, left : left + columns] != 0
            for other in _cousins(orientation):
                above |= self._maps[level + 1, other, plane][_PAD : _PAD + rows, _PAD : _PAD + columns] != 0
            if level + 1 < LEVELS:
                places = np.ix_(np.arange(rows) // 2 + _PAD, np.arange(columns) // 2 + _PAD)
                above |= self._maps[level + 2, orientation, plane][places] != 0
            found |= above.repeat(2, 0).repeat(2, 1)[:height, :width]
        return found

    def _part(
        self,
        level: int,
        orientation: int,
        plane: int,
        phase: int,
        shape: tuple[int, int],
        others: npt.NDArray[np.bool_],
    ) -> Part:
        top, left = PHASES[phase]
        rows, columns = shape
        own = self._maps[level, orientation, plane]
        live = others[top::2, left::2].copy()
        for place in _known_around(phase):
            row, column = _AROUND[place]
            first, second = _PAD + top + row, _PAD + left + column
            live |= own[first : first + 2 * rows - 1 : 2, second : second + 2 * columns - 1 : 2] != 0
        lively = np.flatnonzero(live)
        down, across = np.divmod(lively, columns)
        # Places in the flat maps of this level, of the one above, and of the one above that; without their offsets,
        # of which the lowest is that of the corner.
        grids = [(2 * down + top) * self._columns + 2 * across + left]
        if level < LEVELS:
            grids.append(down * self._maps[level + 1, orientation, plane].shape[1] + across)
        if level + 1 < LEVELS:
            grids.append(down // 2 * self._maps[level + 2, orientation, plane].shape[1] + across // 2)
        sources = [*self._coefficients(level, orientation, plane, phase), *self._low_pass()]
        return Part(
            level,
            orientation,
            plane,
            phase,
            shape,
            lively,
            tuple(number for number, *_ in sources),
            tuple(source[1:] for source in sources),
            tuple(grids),
        )

    def _coefficients(self, level: int, orientation: int, plane: int, phase: int) -> Iterator[_Source]:
        """The sources of those features that are decoded coefficients."""
        around = _known_around(phase)
        yield from self._looked_up(around, 0, (level, orientation, plane), [_AROUND[place] for place in around])
        first = OWN
        if level < LEVELS:
            yield from self._looked_up(count(first), 1, (level + 1, orientation, plane), _SQUARE)
            for number, other in enumerate(_cousins(orientation)):
                yield from self._looked_up(count(first + PARENT + number), 1, (level + 1, other, plane), [(0, 0)])
        first += PARENT + COUSINS
        if level + 1 < LEVELS:
            yield from self._looked_up(count(first), 2, (level + 2, orientation, plane), [(0, 0)])
        first += GRANDPARENT
        for earlier in range(orientation):
            yield from self._looked_up(count(first + 5 * earlier), 0, (level, earlier, plane), _CROSS)
        first += SIBLINGS
        for earlier in range(plane):
            yield from self._looked_up(count(first + 9 * earlier), 0, (level, orientation, earlier), _SQUARE)

    def _looked_up(
        self, numbers: Iterable[int], grid: int, key: tuple[int, int, int], offsets: Sequence[Offset]
    ) -> Iterator[_Source]:
        """The sources of features that lie in one map, by their offsets from a place."""
        values = self._maps[key]
        flat, width = values.ravel(), values.shape[1]
        for number, (row, column) in zip(numbers, offsets, strict=False):
            yield number, grid, flat, (_PAD + row) * width + _PAD + column

    def _low_pass(self) -> Iterator[_Source]:
        """The sources of those features that are differences in the low-pass plane: those behind, those ahead."""
        corner, first = _PAD * self._columns + _PAD, FEATURES - LOW
        behind, ahead = count(first), count(first + len(_AHEAD))
        for number, (row, column), rises in zip(behind, reversed(_AHEAD), reversed(self._rises), strict=False):
            yield number, 0, rises, corner - (row * self._columns + column)
        for number, rises in zip(ahead, self._rises, strict=False):
            yield number, 0, rises, corner

    def _reconstruct(self, quantised: Integers, level: int, orientation: int, plane: int) -> Integers:
        shrink = self.tables.shrink[_row(level, orientation, plane)]
        out = np.empty_like(quantised)
        for top in range(0, len(quantised), _STRIP):
            values = quantised[top : top + _STRIP]
            size = np.abs(values).astype(np.int64)
            magnitudes = np.sign(values) * (size * UNIT - shrink[np.minimum(size, 3)])
            out[top : top + _STRIP] = dequantise(magnitudes, self.step, level, orientation)
        return out


def _row(level: int, orientation: int, plane: int) -> int:
    return ((level - 1) * 3 + orientation) * 3 + plane


def _cousins(orientation: int) -> tuple[int, int]:
    return (orientation + 1) % 3, (orientation + 2) % 3


@cache
def _known_around(phase: int) -> list[int]:
    """Numbers of those neighbours in a band that belong to an earlier pass."""
    top, left = PHASES[phase]
    return [
        number
        for number, (row, column) in enumerate(_AROUND)
        if PHASES.index(((top + row) % 2, (left + column) % 2)) < phase
    ]
