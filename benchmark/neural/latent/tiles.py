"""Cutting images into the tiles that a network of fixed input size takes, and putting them together again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch
from benchmark.colour.convert import Floats, double, halve, rgb_to_ycbcr, to_uint8, ycbcr_to_rgb
from benchmark.errors import BitstreamError, UnsupportedImage


class Tiling(ABC):
    """How images become tiles.

    Tiles of one kind share a probability table: luma and chroma are two kinds.
    """

    shape: ClassVar[tuple[int, int, int]]
    """Height, width and channels of a tile."""
    kinds: ClassVar[tuple[str, ...]]
    weights: ClassVar[tuple[float, ...]]
    """Share of a sample's squared error in the mean squared error over RGB, for each kind."""

    @abstractmethod
    def split(self, images: Batch) -> list[Floats]:
        """Tiles of every kind present: ``float32`` in 0–1, each of shape (T, h, w, c)."""

    @abstractmethod
    def join(self, tiles: Sequence[Floats], count: int, height: int, width: int, channels: int) -> Batch:
        """The images again, rounded to 8 bits; padding cropped away."""

    @abstractmethod
    def tile_counts(self, count: int, height: int, width: int, channels: int) -> list[int]:
        """How many tiles of every kind :meth:`split` would give.

        Raises:
            BitstreamError: it would refuse images of so many channels.
        """


class GreyTiles(Tiling):
    """28×28 tiles of grey images."""

    shape = (28, 28, 1)
    kinds = ("grey",)
    weights = (1.0,)

    def split(self, images: Batch) -> list[Floats]:
        if images.ndim != 3:
            raise UnsupportedImage("these weights take grey images, got RGB; use a set of weights trained on colour")
        return [_cut(images[..., None].astype(np.float32), self.shape)]

    def join(self, tiles: Sequence[Floats], count: int, height: int, width: int, channels: int) -> Batch:
        return to_uint8(_assemble(tiles[0], count, height, width)[..., 0])

    def tile_counts(self, count: int, height: int, width: int, channels: int) -> list[int]:
        if channels != 1:
            raise BitstreamError("a stream of colour images names weights for grey ones")
        return [_tile_count(self.shape, count, height, width)]


class PlaneTiles(Tiling):
    """28×28 tiles of luma, and of Cb and Cr at half the resolution; grey images have luma alone."""

    shape = (28, 28, 1)
    kinds = ("luma", "chroma")
    # A half-resolution sample stands for four pixels; the matrix of BT.601 gives the rest (mean of Cb and Cr).
    weights = (1.0, 3.8)

    def split(self, images: Batch) -> list[Floats]:
        if images.ndim == 3:
            return [_cut(images[..., None].astype(np.float32), self.shape)]
        ycbcr = rgb_to_ycbcr(images)
        chroma = halve(np.concatenate([ycbcr[..., 1], ycbcr[..., 2]]))
        return [_cut(ycbcr[..., :1], self.shape), _cut(chroma[..., None], self.shape)]

    def join(self, tiles: Sequence[Floats], count: int, height: int, width: int, channels: int) -> Batch:
        luma = _assemble(tiles[0], count, height, width)[..., 0]
        if channels == 1:
            return to_uint8(luma)
        halves = _assemble(tiles[1], 2 * count, (height + 1) // 2, (width + 1) // 2)[..., 0]
        chroma = double(halves, height, width)
        return ycbcr_to_rgb(np.stack([luma, chroma[:count], chroma[count:]], axis=-1))

    def tile_counts(self, count: int, height: int, width: int, channels: int) -> list[int]:
        luma = _tile_count(self.shape, count, height, width)
        if channels == 1:
            return [luma]
        return [luma, _tile_count(self.shape, 2 * count, (height + 1) // 2, (width + 1) // 2)]


class RgbTiles(Tiling):
    """32×32 tiles of RGB; a grey image is coded as three equal channels."""

    shape = (32, 32, 3)
    kinds = ("rgb",)
    weights = (1.0,)

    def split(self, images: Batch) -> list[Floats]:
        colour = np.repeat(images[..., None], 3, axis=3) if images.ndim == 3 else images
        return [_cut(colour.astype(np.float32), self.shape)]

    def join(self, tiles: Sequence[Floats], count: int, height: int, width: int, channels: int) -> Batch:
        images = _assemble(tiles[0], count, height, width)
        return to_uint8(images if channels == 3 else images.mean(axis=3))

    def tile_counts(self, count: int, height: int, width: int, channels: int) -> list[int]:
        return [_tile_count(self.shape, count, height, width)]


TILINGS: dict[str, type[Tiling]] = {"grey28": GreyTiles, "planes28": PlaneTiles, "rgb32": RgbTiles}


def _cut(images: Floats, shape: tuple[int, int, int]) -> Floats:
    """Tiles of (N, H, W, C) samples in 0–255, padded by edge replication; in 0–1, in raster order."""
    count, height, width, channels = images.shape
    side_y, side_x = shape[:2]
    padded = np.pad(images, ((0, 0), (0, -height % side_y), (0, -width % side_x), (0, 0)), mode="edge")
    rows, columns = padded.shape[1] // side_y, padded.shape[2] // side_x
    grid = padded.reshape(count, rows, side_y, columns, side_x, channels).swapaxes(2, 3)
    return np.ascontiguousarray(grid.reshape(-1, side_y, side_x, channels)) / np.float32(255)


def _assemble(tiles: Floats, count: int, height: int, width: int) -> Floats:
    """Inverse of :func:`_cut`: (N, H, W, C) samples in 0–255."""
    side_y, side_x, channels = tiles.shape[1:]
    rows, columns = -(-height // side_y), -(-width // side_x)
    grid = tiles.reshape(count, rows, columns, side_y, side_x, channels).swapaxes(2, 3)
    whole = grid.reshape(count, rows * side_y, columns * side_x, channels)
    return whole[:, :height, :width] * np.float32(255)


def _tile_count(shape: tuple[int, int, int], count: int, height: int, width: int) -> int:
    return count * -(-height // shape[0]) * -(-width // shape[1])


def random_tiles(
    images: npt.NDArray[np.uint8], tiling: Tiling, per_image: int, rng: np.random.Generator
) -> tuple[list[Floats], list[int]]:
    """Training tiles of a batch of photographs: as many as asked, of all kinds in their natural proportion.

    Each photograph is shifted by a random offset before it is cut, so that tiles fall anywhere.

    Returns:
        Tiles of each kind, and for each the index of its kind.
    """
    tiles, kinds = [], []
    height, width = images.shape[1:3]
    reach = 2 * tiling.shape[0]
    if min(height, width) <= reach:
        offset_y = offset_x = 0
    else:
        offset_y, offset_x = (int(value) for value in rng.integers(0, reach, 2))
    parts = tiling.split(images[:, offset_y:, offset_x:])
    total = sum(len(part) for part in parts)
    for kind, part in enumerate(parts):
        share = min(len(part), round(per_image * len(images) * len(part) / total))
        tiles.append(part[rng.permutation(len(part))[:share]])
        kinds.append(kind)
    return tiles, kinds
