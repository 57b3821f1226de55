"""Crops of images: those that somebody asks for, and those where codecs differ most."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError

CROP = 112
"""Side of a crop in pixels: two of them stand side by side on a page at four times their size."""

_BLOCK = 8
"""Side of the blocks whose errors are compared, in pixels."""

_Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Box:
    """A crop that a user asks for: of which image, and its place and size in pixels."""

    image: str
    left: int
    top: int
    width: int
    height: int


def parse_box(text: str) -> Box:
    """The crop that a text such as ``kodim01:100,50,192,192`` means: IMAGE:X,Y,W,H.

    Raises:
        UsageError: it means none.
    """
    found = re.fullmatch(r"(.+):(\d+),(\d+),(\d+),(\d+)", text)
    if not found or not (int(found[4]) and int(found[5])):
        raise UsageError(f"crop {text!r}: expected IMAGE:X,Y,W,H in pixels, such as kodim01:100,50,192,192")
    return Box(found[1], *(int(number) for number in found.groups()[1:]))


def place_of_crop(original: _Pixels, decoded: Sequence[_Pixels]) -> tuple[int, int]:
    """Top and left of the crop, on a grid of blocks, where codecs differ most.

    That is where the variance among codecs of a block's squared error has the largest mean; with one codec, where it
    errs most.
    """
    rows, columns = (max(size // _BLOCK, 1) for size in original.shape[:2])
    errors = []
    for pixels in decoded:
        squared = (pixels.astype(np.float32) - original) ** 2
        plane = squared.mean(axis=2) if squared.ndim == 3 else squared
        plane = plane[: rows * _BLOCK, : columns * _BLOCK]
        errors.append(
            np.add.reduceat(
                np.add.reduceat(plane, np.arange(0, plane.shape[0], _BLOCK), axis=0),
                np.arange(0, plane.shape[1], _BLOCK),
                axis=1,
                dtype=np.float64,
            )
        )
    interest = np.var(errors, axis=0) if len(errors) > 1 else errors[0]
    total = np.pad(interest.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    high, wide = (min(CROP // _BLOCK, size) for size in interest.shape)
    windows = total[high:, wide:] - total[:-high, wide:] - total[high:, :-wide] + total[:-high, :-wide]
    top, left = np.unravel_index(int(windows.argmax()), windows.shape)
    return int(top) * _BLOCK, int(left) * _BLOCK
