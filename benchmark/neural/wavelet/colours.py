"""Colours: a plane of luma and two of chroma, turned so that each image takes the fewest bits; the inverse in integers.

Where a picture is of few colours, red, green and blue go together in another way than in most, and planes that are
turned towards its own directions have less to tell (the Karhunen–Loève transform of colours). The encoder seeks the
rotation with the least sum of log(1 + (c/step)²) over the coefficients c of the wavelet, which is what they cost at a
rate, by turning two planes at a time (Jacobi's method).

A rotation is four whole numbers, a quaternion, and its matrix follows from them by whole divisions: it is the same on
every machine. It acts on the planes of the orthonormal DCT of length 3, which are those of an image without one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmark.codec import Image
from benchmark.errors import BitstreamError
from benchmark.neural.wavelet.transform import LEVELS, LOW_PASS, UNIT, Bands, Floats, Plane, analyse

_SHIFT = 14
_DCT = ((9459, 9459, 9459), (11585, 0, -11585), (6689, -13377, 6689))
"""Orthonormal DCT of length 3 over red, green and blue, in units of 2⁻¹⁴."""
_GREY = 28378
"""√3 in units of 2⁻¹⁴: luma of a grey image as that of three equal channels."""
_MIDDLE = 128
_LARGEST = 511
"""The largest part of a quaternion; with that, an angle is right to 0.2 degrees."""
_BITS, _OFFSET = 10, 512
"""Of a part, as it is written."""
_SPACINGS = (np.pi / 32, np.pi / 128, np.pi / 512)
"""Angles that are tried in each round are whole multiples, up to eight: ±45 degrees at first."""
_SEEN, _TRIED = 1 << 20, 1 << 14
"""Of so many coefficients of a plane are loud ones taken, and of so many of these are angles chosen."""
_LOUD = 0.3
"""In steps; smaller coefficients will be zeros."""
_WORTH = 200.0
"""Bits that a rotation has to save, four times what it takes in the header."""

Matrix = tuple[tuple[int, int, int], ...]
"""Three rows, in units of 2⁻¹⁴."""


@dataclass(frozen=True)
class Rotation:
    """A rotation of the planes of the DCT.

    Attributes:
        parts: the quaternion: first the real part, which is not negative; the largest magnitude is 511.
    """

    parts: tuple[int, int, int, int] = (_LARGEST, 0, 0, 0)

    @property
    def code(self) -> int:
        """A number for the header: 0 for no rotation."""
        if self == Rotation():
            return 0
        return sum((part + _OFFSET) << (_BITS * place) for place, part in enumerate(self.parts))

    @classmethod
    def of_code(cls, code: int) -> Rotation:
        """Inverse of :attr:`code`.

        Raises:
            BitstreamError: no rotation has that number.
        """
        if code == 0:
            return cls()
        real, *rest = (((code >> (_BITS * place)) % (1 << _BITS)) - _OFFSET for place in range(4))
        found = cls((real, rest[0], rest[1], rest[2]))
        if found.code != code or real < 0 or max(map(abs, found.parts)) != _LARGEST:
            raise BitstreamError(f"{code} is no rotation of colours")
        return found

    @classmethod
    def nearest(cls, matrix: npt.NDArray[np.float64]) -> Rotation:
        """The rotation nearest to a matrix (3, 3)."""
        from scipy.spatial.transform import Rotation as Exact

        x, y, z, real = Exact.from_matrix(matrix).as_quat(canonical=True)
        quaternion = np.array([real, x, y, z])
        a, b, c, d = (int(part) for part in np.rint(quaternion * (_LARGEST / np.abs(quaternion).max())))
        return cls((a, b, c, d))

    @property
    def _numerators(self) -> tuple[Matrix, int]:
        """The matrix of the rotation, in whole numbers, and by what they are divided."""
        a, b, c, d = self.parts
        rows = (
            (a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)),
            (2 * (b * c + a * d), a * a - b * b + c * c - d * d, 2 * (c * d - a * b)),
            (2 * (b * d - a * c), 2 * (c * d + a * b), a * a - b * b - c * c + d * d),
        )
        return rows, a * a + b * b + c * c + d * d

    @property
    def matrix(self) -> Floats:
        """What it does to the planes of the DCT, (3, 3)."""
        rows, unit = self._numerators
        return np.asarray(np.array(rows) / unit, dtype=np.float32)

    @property
    def colours(self) -> Matrix:
        """What each plane is of red, green and blue: rounded to whole numbers, the same on every machine."""
        rows, unit = self._numerators
        return tuple((_of(row, 0, unit), _of(row, 1, unit), _of(row, 2, unit)) for row in rows)


def _of(row: Sequence[int], channel: int, unit: int) -> int:
    product = sum(part * dct[channel] for part, dct in zip(row, _DCT, strict=True))
    return (2 * product + unit) // (2 * unit)


def planes_of(image: Image, rotation: Rotation) -> Iterator[Floats]:
    """Luma of a grey image, or luma and two chroma planes of RGB, one by one; zero is mid-grey."""
    if image.ndim == 2:
        yield (image.astype(np.float32) - _MIDDLE) * np.float32(_GREY / (1 << _SHIFT))
        return
    for row in rotation.colours:
        # Weighted samples are whole numbers that float32 holds exactly, up to the last division.
        plane = np.full(image.shape[:2], -_MIDDLE * sum(row), np.float32)
        for channel, weight in enumerate(row):
            plane += image[..., channel] * np.float32(weight)
        yield plane / np.float32(1 << _SHIFT)


def image_of(planes: Sequence[Plane], rotation: Rotation) -> Image:
    """Inverse of :func:`planes_of`: planes in units of 1/64, rounded and clipped to 8 bits."""
    half, shift = 1 << 19, _SHIFT + 6
    if len(planes) == 1:
        grey = ((planes[0].astype(np.int32) * (_GREY // 3) + half) >> shift) + _MIDDLE
        return np.asarray(np.clip(grey, 0, 255), dtype=np.uint8)
    out = np.empty((*planes[0].shape, 3), np.uint8)
    for channel in range(3):
        total = np.full(planes[0].shape, half, np.int32)
        for plane, row in zip(planes, rotation.colours, strict=True):
            if row[channel]:
                total += plane * np.int32(row[channel])
        total >>= shift
        total += _MIDDLE
        out[..., channel] = np.clip(total, 0, 255, out=total)
    return out


def analysed(image: Image, step: int, *, turned: bool) -> tuple[Rotation, list[Bands]]:
    """The bands of an image, and the rotation of its colours.

    Args:
        image: grey or RGB.
        step: the quantiser step in units of 1/64.
        turned: whether the best rotation is sought; without, planes are those of the DCT.
    """
    bands = [analyse(plane) for plane in planes_of(image, Rotation())]
    rotation = _best(bands, step) if turned and len(bands) > 1 else Rotation()
    if rotation != Rotation():
        for key in bands[0]:
            together = [plane[key] for plane in bands]
            for plane, row in zip(bands, rotation.matrix, strict=True):
                plane[key] = sum(weight * band for weight, band in zip(row, together, strict=True))
    return rotation, bands


def _best(bands: Sequence[Bands], step: int) -> Rotation:
    """The rotation with which the coefficients, all but the low-pass ones, take the fewest bits."""
    details = [key for key in bands[0] if key != (LEVELS, LOW_PASS)]
    thinned = -(-sum(bands[0][key].size for key in details) // _SEEN) or 1
    seen = [np.concatenate([plane[key].ravel()[::thinned] for key in details]) for plane in bands]
    found = np.stack(seen) * np.float32(UNIT / step)
    found = found[:, np.abs(found).max(axis=0) > _LOUD]
    stride = -(-found.shape[1] // _TRIED) or 1
    values = found[:, ::stride].astype(np.float64)
    before, matrix = _bits(values), np.eye(3)
    for spacing in _SPACINGS:
        for first, second in ((0, 1), (0, 2), (1, 2)):
            angles = spacing * np.arange(-8, 9)
            turns = [np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) for angle in angles]
            pair = values[[first, second]]
            turn = min(turns, key=lambda turn: _bits(turn @ pair))
            values[[first, second]] = turn @ pair
            matrix[[first, second]] = turn @ matrix[[first, second]]
    saved = (before - _bits(values)) * stride * thinned
    return Rotation.nearest(matrix) if saved > _WORTH else Rotation()


def _bits(values: npt.NDArray[np.float64]) -> float:
    """About what coefficients in steps cost, all together."""
    return float(0.5 * np.log2(1 + values**2).sum())
