"""Colour profiles of curves and a matrix, computed without rounding; those with tables are LittleCMS's."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_SRGB_TO_D50 = np.array(
    [[0.43606567, 0.38514709, 0.14306641], [0.22248840, 0.71687317, 0.06060791], [0.01391602, 0.09707642, 0.71409607]]
)
"""From linear sRGB to XYZ under D50, as ICC's own sRGB profiles have it."""

_TABLES = (b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1", b"D2B2")


@dataclass(frozen=True, eq=False)
class Curves:
    """A profile whose colours are curves, and a matrix behind them.

    Attributes:
        curves: for each channel, the light of samples; both from 0 to 1.
        matrix: (3, 3), from the profile's light to that of sRGB; for grey, (1, 1) of 1.
    """

    curves: tuple[Callable[[Floats], Floats], ...]
    matrix: Floats

    def in_srgb(self, samples: Floats) -> Floats:
        """Samples in sRGB, not rounded.

        Args:
            samples: (…, C) from 0 to 1, with as many channels as there are curves.

        Returns:
            The same shape, from 0 to 1.
        """
        light = np.empty_like(samples)
        for channel, curve in enumerate(self.curves):
            light[..., channel] = curve(samples[..., channel])
        light = np.clip(light @ self.matrix.T, 0, 1)
        return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@lru_cache(maxsize=32)
def curves_of(profile: bytes) -> Curves | None:
    """The curves and the matrix of a profile; None where it has tables of colours, or is none of grey or RGB."""
    try:
        tags = _tags(profile)
        if any(name in tags for name in _TABLES) or profile[20:24] != b"XYZ ":
            return None
        if profile[16:20] == b"GRAY":
            return Curves((_curve(tags[b"kTRC"]),), np.eye(1))
        if profile[16:20] != b"RGB ":
            return None
        columns = [_fixed(tags[name][8:20]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
        matrix = np.linalg.solve(_SRGB_TO_D50, np.array(columns).T)
        return Curves(tuple(_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")), matrix)
    except (KeyError, ValueError, ZeroDivisionError, struct.error):
        return None


def _tags(profile: bytes) -> dict[bytes, bytes]:
    count = int.from_bytes(profile[128:132], "big")
    found = {}
    for place in range(132, 132 + 12 * min(count, 100), 12):
        name, start, size = struct.unpack_from(">4sII", profile, place)
        found[name] = profile[start : start + size]
    return found


def _fixed(data: bytes) -> list[float]:
    return [value / 65536 for (value,) in struct.iter_unpack(">i", data)]


def _curve(tag: bytes) -> Callable[[Floats], Floats]:
    """What a tag ``curv`` or ``para`` makes of samples."""
    if tag[:4] == b"curv":
        count = int.from_bytes(tag[8:12], "big")
        table = np.array(struct.unpack_from(f">{count}H", tag, 12), float)
        if count > 1:
            return lambda samples: np.interp(samples, np.linspace(0, 1, count), table / 65535)
        gamma = table[0] / 256 if count else 1.0
        return lambda samples: samples**gamma
    if tag[:4] != b"para":
        raise ValueError("a curve is neither curv nor para")
    given = _fixed(tag[12 : 12 + 4 * _PARAMETERS[int.from_bytes(tag[8:10], "big")]])
    if len(given) < 3:
        return lambda samples: samples ** given[0]
    if len(given) < 5:  # below its zero the curve is a constant
        given = [*given[:3], 0.0, -given[2] / given[1], *2 * [*given[3:], 0.0][:1]]
    g, a, b, c, d, e, f = [*given, 0.0, 0.0][:7]
    return lambda samples: np.clip(
        np.where(samples >= d, np.maximum(a * samples + b, 0) ** g + e, c * samples + f), 0, 1
    )


_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}
"""How many numbers a parametric curve of each type has (ICC.1:2022, 10.18)."""
