"""RGB ↔ YCbCr, ITU-R BT.601 full range (as in JFIF), and 2×2 chroma resampling, in ``float32``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def rgb_to_ycbcr(rgb: npt.NDArray[np.uint8]) -> Floats:
    """YCbCr in 0–255, chroma centred on 128, not rounded.

    Args:
        rgb: ``uint8``, shape (…, 3).

    Returns:
        ``float32``, the same shape.
    """
    red, green, blue = (rgb[..., index].astype(np.float32) for index in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return np.stack([luma, (blue - luma) / 1.772 + 128, (red - luma) / 1.402 + 128], axis=-1)


def ycbcr_to_rgb(ycbcr: Floats) -> npt.NDArray[np.uint8]:
    """The inverse, rounded to the nearest and clipped to 0–255."""
    luma, blue, red = (ycbcr[..., index] for index in range(3))
    blue, red = (blue - 128) * np.float32(1.772), (red - 128) * np.float32(1.402)
    green = -(0.114 / 0.587) * blue - (0.299 / 0.587) * red
    rgb = luma[..., None] + np.stack([red, green, blue], axis=-1)
    return to_uint8(rgb)


def to_uint8(samples: Floats) -> npt.NDArray[np.uint8]:
    """Samples rounded to the nearest integer and clipped to 0–255."""
    return np.asarray(np.clip(np.rint(samples), 0, 255), dtype=np.uint8)


def halve(planes: Floats) -> Floats:
    """Means of 2×2 blocks of (N, H, W) planes; an odd edge is replicated first."""
    _, height, width = planes.shape
    even = np.pad(planes, ((0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    return (even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]) / np.float32(4)


def double(planes: Floats, height: int, width: int) -> Floats:
    """Planes of twice the size, linearly interpolated between sample centres (weights ¾ and ¼), cropped to a size."""
    return _double_axis(_double_axis(planes, 1), 2)[:, :height, :width]


def _double_axis(planes: Floats, axis: int) -> Floats:
    size = planes.shape[axis]
    before = np.take(planes, np.maximum(np.arange(size) - 1, 0), axis)
    after = np.take(planes, np.minimum(np.arange(size) + 1, size - 1), axis)
    near = np.float32(0.75) * planes
    pair = np.stack([near + np.float32(0.25) * before, near + np.float32(0.25) * after], axis=axis + 1)
    shape = list(planes.shape)
    shape[axis] = 2 * size
    return pair.reshape(shape)
