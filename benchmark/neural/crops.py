"""Training examples of networks that take images of any size: random crops of photographs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch
from benchmark.errors import UsageError
from benchmark.neural.training import Examples


def blocks(images: Iterable[Batch], side: int, limit: int | None = None) -> npt.NDArray[np.uint8]:
    """Images cut into blocks from which crops of a side can be taken: twice that side, or images of that very size.

    Args:
        images: batches, (N, H, W, 3); smaller ones than a crop, and what is left at the edges, are passed over.
        side: of a crop.
        limit: how many blocks to take at most.

    Returns:
        ``uint8``, shape (B, 2·side, 2·side, 3), or (B, side, side, 3) where the images are patches of that side.

    Raises:
        UsageError: no image is large enough, or they are grey.
    """
    found: list[npt.NDArray[np.uint8]] = []
    total = 0
    for batch in images:
        if batch.ndim != 4:
            raise UsageError("expected RGB images to train on, got grey ones; name another data set")
        block = side if batch.shape[1:3] == (side, side) else 2 * side
        rows, columns = batch.shape[1] // block, batch.shape[2] // block
        whole = batch[:, : rows * block, : columns * block]
        grid = whole.reshape(len(batch), rows, block, columns, block, 3).swapaxes(2, 3)
        found.append(grid.reshape(-1, block, block, 3))
        total += len(found[-1])
        if limit is not None and total >= limit:
            break
    if not total or len({part.shape[1] for part in found if len(part)}) != 1:
        raise UsageError(f"expected images of at least {2 * side}×{2 * side} pixels, or all of {side}×{side}")
    return np.concatenate([part for part in found if len(part)])[:limit]


def random_crops(rows: npt.NDArray[np.uint8], side: int, rng: np.random.Generator) -> Examples:
    """A crop of each block, at a random place, half of them mirrored: ``image``, (N, side, side, 3)."""
    out = np.empty((len(rows), side, side, 3), np.uint8)
    places = rng.integers(0, rows.shape[1] - side + 1, (len(rows), 2))
    mirrored = rng.random(len(rows)) < 0.5
    for index, (block, (top, left), mirror) in enumerate(zip(rows, places, mirrored, strict=True)):
        crop = block[top : top + side, left : left + side]
        out[index] = crop[:, ::-1] if mirror else crop
    return {"image": out}
