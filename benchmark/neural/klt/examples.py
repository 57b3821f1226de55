"""What the restoration of form ``klt`` is trained on: training images beside what each level makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch
from benchmark.neural.training.crops import Crops
from benchmark.system.files import beside

CROP = 256
"""Side of what is taken of each image at most."""
MOST = 1024
"""Images that are decoded at most: 2.2 GB with ten levels."""
_HELD = 4
"""Crops of each held-out image, each at a level of its own."""


def decoded(network: Any, images: Batch, path: Path) -> npt.NDArray[np.uint8]:
    """A part of each image, and that part after each level; read from a file if they were made before.

    Args:
        network: a ``KltAutoencoder``; what it restores is not in it yet.
        images: ``uint8`` (N, H, W, 3), of which the first :data:`MOST` are taken: training images come in a random
            order. Parts are taken at places drawn by a fixed seed.
        path: the path of the file, ``.npy``, written whole or not at all.

    Returns:
        ``uint8`` (1 + levels, N or MOST, h, w, 3), the images themselves first; a map of the file.
    """
    if not path.exists():
        from keras import ops

        images = images[:MOST]
        rng = np.random.default_rng(0)
        side = min(CROP, *images.shape[1:3])
        temporary = beside(path)
        shape = (1 + network.widths.levels, len(images), side, side, 3)
        stack = np.lib.format.open_memmap(temporary, "w+", np.dtype(np.uint8), shape)
        for number, image in enumerate(images):
            top, left = (int(rng.integers(0, size - side + 1)) for size in image.shape[:2])
            part = image[top : top + side, left : left + side]
            levels, _ = network.levels(network.coefficients(part[np.newaxis].astype(np.float32)), len(stack) - 1)
            stack[0, number] = part
            for level, coefficients in enumerate(levels, start=1):
                found = ops.convert_to_numpy(network.pixels(coefficients)[0])
                stack[level, number] = np.clip(np.rint(found), 0, 255)
        stack.flush()
        temporary.replace(path)
    found_stack: npt.NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
    return found_stack


def errors_of_levels(stack: npt.NDArray[np.uint8]) -> list[float]:
    """Root mean squared error of each level of what :func:`decoded` gives, in grey levels."""
    wanted = stack[0].astype(np.float32)
    return [float(np.sqrt(np.mean((level - wanted) ** 2, dtype=np.float64))) for level in stack[1:]]


class DecodedCrops:
    """Crops of images at levels drawn at random, with what they should be.

    Args:
        stack: see :func:`decoded`.
        side: the side of a crop, in pixels.
        size: the size of a batch, drawn from all images; 0 takes a few crops of each image that is asked for.
    """

    def __init__(self, stack: npt.NDArray[np.uint8], side: int, size: int) -> None:
        self.size, self.levels, self.count = size, len(stack) - 1, stack.shape[1]
        self.crops = Crops(stack.reshape(-1, *stack.shape[2:]), min(side, *stack.shape[2:4]))

    def __call__(self, chosen: npt.NDArray[np.int64], rng: np.random.Generator) -> dict[str, Any]:
        """``image`` and ``decoded``, ``uint8`` (M, side, side, 3), and ``level``, ``int32`` (M,), counted from 0."""
        # Of more held-out images than were decoded, the first stand for the others.
        drawn = rng.integers(0, self.count, self.size) if self.size else np.tile(chosen % self.count, _HELD)
        level = rng.integers(0, self.levels, len(drawn))
        places = self.crops.places(len(drawn), rng)
        return {
            "image": self.crops.at(drawn, places),
            "decoded": self.crops.at((level + 1) * self.count + drawn, places),
            "level": level.astype(np.int32),
        }
