"""Training examples of networks that take images of any size: random crops of photographs, drawn on the device."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch
from benchmark.errors import UsageError


def blocks(images: Iterable[Batch], side: int, block: int, limit: int | None = None) -> npt.NDArray[np.uint8]:
    """Images cut into equal blocks from which crops of a side can be taken.

    Args:
        images: batches, (N, H, W, 3); smaller ones than a block, and what is left at the edges, are passed over.
        side: the side of a crop, in pixels.
        block: side of a block; images of a crop's very size are blocks as they are.
        limit: how many blocks to take at most.

    Returns:
        ``uint8``, shape (B, block, block, 3), or (B, side, side, 3) where the images are patches of that side.

    Raises:
        UsageError: no image is large enough, or they are grey.
    """
    found: list[npt.NDArray[np.uint8]] = []
    total = 0
    for batch in images:
        if batch.ndim != 4:
            raise UsageError("expected RGB images to train on, got grey ones; name another data set")
        size = side if batch.shape[1:3] == (side, side) else block
        rows, columns = batch.shape[1] // size, batch.shape[2] // size
        whole = batch[:, : rows * size, : columns * size]
        grid = whole.reshape(len(batch), rows, size, columns, size, 3).swapaxes(2, 3)
        found.append(grid.reshape(-1, size, size, 3))
        total += len(found[-1])
        if limit is not None and total >= limit:
            break
    if not total or len({part.shape[1] for part in found if len(part)}) != 1:
        raise UsageError(f"expected images of at least {block}×{block} pixels, or all of {side}×{side}")
    return np.concatenate([part for part in found if len(part)])[:limit]


Places = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]
"""Whole numbers (N, 5) and factors (N,) of crops, as ``Crops.places`` draws them."""


class Crops:
    """Random crops of blocks: the blocks lie on the device, and crops are cut, mirrored and made smaller there.

    Half of the crops are mirrored. One made smaller shows more of its block, so that the pixels of a network that is
    trained on them have more detail than the blocks' own, and fewer traces of an earlier compression.

    Args:
        stack: blocks, ``uint8`` (B, H, W, 3).
        side: the side of a crop, in pixels.
        smallest: factors are drawn uniformly from here to 1; 1 leaves the size alone.

    Raises:
        UsageError: a block is smaller than what a crop may show, or there are too many pixels to count.
    """

    def __init__(self, stack: npt.NDArray[np.uint8], side: int, smallest: float = 1.0) -> None:
        from keras import ops

        from benchmark.neural.backend import compiled

        self.height, self.width = stack.shape[1:3]
        self.side, self.smallest = side, smallest
        self.window = math.ceil(side / smallest)
        if self.window > min(self.height, self.width):
            raise UsageError(
                f"a crop of {side} made smaller by {smallest} shows {self.window} pixels, and blocks have "
                f"{self.height}×{self.width}; give a larger 'block', a smaller 'crop' or a 'downscale' nearer to 1"
            )
        if stack.size // 3 >= 1 << 31:
            raise UsageError("more than 2³¹ pixels to train on; lower the option 'limit'")
        self.pixels = ops.convert_to_tensor(stack.reshape(-1, 3))
        self.cut = compiled(self._cut)

    def __call__(self, chosen: npt.NDArray[np.int64], rng: np.random.Generator) -> dict[str, Any]:
        """``image``, ``uint8`` (N, side, side, 3): a crop of each chosen block."""
        return {"image": self.at(chosen, self.places(len(chosen), rng))}

    def places(self, count: int, rng: np.random.Generator) -> Places:
        """Where so many crops lie in their blocks, drawn at random."""
        scale = rng.uniform(self.smallest, 1, count) if self.smallest < 1 else np.ones(count)
        shown = np.ceil(self.side / scale)  # pixels of the block that the crop shows
        top, left = (
            np.floor(rng.random(count) * (extent - shown + 1)).astype(np.int32) for extent in (self.height, self.width)
        )
        mirrored = rng.random(count) < 0.5
        # The window has one size for all: near an edge it begins before what the crop shows.
        corner = [np.minimum(place, extent - self.window) for place, extent in ((top, self.height), (left, self.width))]
        whole = np.stack([*corner, top - corner[0], left - corner[1], mirrored], axis=1).astype(np.int32)
        return whole, scale.astype(np.float32)

    def at(self, chosen: npt.NDArray[np.int64], places: Places) -> Any:
        """Crops at places of the chosen blocks, ``uint8`` (N, side, side, 3)."""
        whole, scale = places
        return self.cut(self.pixels, np.column_stack([chosen.astype(np.int32), whole]), scale)

    def _cut(self, pixels: Any, whole: Any, scale: Any) -> Any:
        """Crops, from the pixels of all blocks (P, 3), whole numbers (N, 6) and factors (N,)."""
        from keras import ops

        whole, scale = ops.convert_to_tensor(whole), ops.convert_to_tensor(scale)
        block, top, left, down, right, mirrored = (whole[:, index, None] for index in range(6))
        place, seen = ops.arange(self.side, dtype="int32"), ops.arange(self.window, dtype="int32")
        column = ops.where(mirrored > 0, self.side - 1 - place, place)  # of the crop before it is mirrored
        resized = self.window > self.side
        rows = (block * self.height + top + seen)[:, :, None] * self.width
        columns = (left + (seen if resized else column))[:, None, :]
        found = ops.take(pixels, rows + columns, axis=0)
        if not resized:
            return found

        def matrices(output: Any, offset: Any) -> Any:
            """Of a triangular filter as wide as a crop's pixel: (N, side, window); the identity at factor 1."""
            factor = scale[:, None]
            centre = ops.cast(offset, "float32") + (ops.cast(output, "float32") + 0.5) / factor - 0.5
            distance = ops.abs(ops.cast(seen, "float32") - centre[:, :, None]) * factor[:, :, None]
            weight = ops.maximum(0.0, 1.0 - distance)
            return weight / ops.sum(weight, axis=-1, keepdims=True)

        smaller = ops.einsum("nij,njkc->nikc", matrices(place, down), ops.cast(found, "float32"))
        smaller = ops.einsum("nlk,nikc->nilc", matrices(column, right), smaller)
        return ops.cast(ops.round(smaller), "uint8")
