"""Which patches of photographs the sets BD0 to BD4 hold: what patches are ranked by, and the bands of that ranking."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image as Pictures

from benchmark.codec import Batch, Image

SPLITS = ("train", "test")
PNG_LEVEL = 6

Indices = npt.NDArray[np.int64]
"""Places of patches among all patches: sources in order, each source's patches row by row."""
Values = npt.NDArray[np.float64]
"""Order value of each patch."""


@dataclass(frozen=True)
class Order:
    """What patches are ranked by.

    Attributes:
        measure: value of each of a batch of patches (N, S, S, 3).
        title: axis label of the histograms.
        definition: what the manifest says of the set.
        bin: width of the histograms' bins, for a patch of some side.
    """

    measure: Callable[[Batch], Values]
    title: str
    definition: str
    bin: Callable[[int], float]


def png_bytes(patches: Batch) -> Values:
    """Length of the PNG file that Pillow writes of each patch, in bytes, signature and headers (57 bytes) included."""
    sizes = []
    for patch in patches:
        buffer = io.BytesIO()
        Pictures.fromarray(patch).save(buffer, "PNG", compress_level=PNG_LEVEL)
        sizes.append(buffer.tell())
    return np.array(sizes, np.float64)


def shannon_bits(patches: Batch) -> Values:
    """Shannon entropy of the histogram of each patch's bytes, all channels together, in bits a byte: 0 to 8."""
    samples = patches.reshape(len(patches), -1)
    rows = np.arange(len(samples))[:, np.newaxis] * 256
    counts = np.bincount((rows + samples).ravel(), minlength=256 * len(samples)).reshape(-1, 256)
    total = samples.shape[1]
    weights = counts * np.log2(np.maximum(counts, 1))
    return np.asarray(np.log2(total) - weights.sum(axis=1) / total)


ORDERS = {
    "png": Order(
        png_bytes,
        "PNG file of a patch (bytes)",
        f"bytes of the PNG file that Pillow writes of a patch at compress_level {PNG_LEVEL}, headers included",
        lambda side: max(1, side * side // 32),
    ),
    "shannon": Order(
        shannon_bits,
        "Shannon entropy of a patch (bits a byte)",
        "Shannon entropy of the histogram of a patch's bytes, all channels together, in bits a byte",
        lambda side: 1 / 16,
    ),
}


def cut(image: Image, side: int) -> npt.NDArray[np.uint8]:
    """All whole patches of an image that do not overlap, as a view.

    Args:
        image: (H, W, 3); rows and columns that do not fill a patch, at the bottom and on the right, are left out.
        side: the side of a patch, in pixels.

    Returns:
        Shape (H // side, W // side, side, side, 3).
    """
    rows, columns = image.shape[0] // side, image.shape[1] // side
    grid = image[: rows * side, : columns * side].reshape(rows, side, columns, side, 3)
    return grid.swapaxes(1, 2)


def is_test(patch: Image, seed: int) -> bool:
    """Whether a patch is of the test split, as one in ten is: drawn by a keyed digest of its pixels.

    Equal patches, such as those of a burnt-out sky, so fall on the same side wherever they come from.
    """
    digest = hashlib.blake2b(patch.tobytes(), digest_size=8, key=str(seed).encode()).digest()
    return int.from_bytes(digest, "little") % 10 == 0


def members(values: Values, seed: int) -> tuple[dict[str, Indices], list[float]]:
    """Which patches each set holds, both splits together.

    Args:
        values: order value of every patch; of equal ones, the patch that comes first ranks lower.
        seed: the seed of the random draws.

    Returns:
        Indices of each set, ascending: the lowest fifth, the middle fifth, the highest fifth, a fifth of all at random,
        and a fifth of all at random from the upper half. And the values that begin the second to fifth fifth.
    """
    count = len(values)
    ranked = np.argsort(values, kind="stable")
    limits = [count * fifth // 5 for fifth in range(6)]
    rng = np.random.default_rng(seed)
    sets = {
        "bd0": ranked[: limits[1]],
        "bd1": ranked[limits[2] : limits[3]],
        "bd2": ranked[limits[4] :],
        "bd3": rng.choice(count, count // 5, replace=False),
        "bd4": rng.choice(ranked[count // 2 :], count // 5, replace=False),
    }
    return {name: np.sort(chosen) for name, chosen in sets.items()}, [float(values[ranked[i]]) for i in limits[1:5]]
