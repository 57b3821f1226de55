"""RGB ↔ YCbCr, ITU-R BT.601 full range (as in JFIF), and 2×2 chroma resampling, in ``float32``.

:func:`to_planes` and :func:`from_planes` are the path of every codec that takes planes: done here and rounded to the
nearest, since converters inside video libraries cut corners that cost up to 0.8 dB.
"""

from __future__ import annotations

import dataclasses

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
    return to_uint8(ycbcr[..., :1] + chroma_to_rgb(np.moveaxis(ycbcr[..., 1:], -1, 0) - 128))


def chroma_to_rgb(chroma: Floats) -> Floats:
    """What chroma (2, …), centred on 0, adds to luma: (…, 3)."""
    blue, red = chroma[0] * np.float32(1.772), chroma[1] * np.float32(1.402)
    green = -(0.114 / 0.587) * blue - (0.299 / 0.587) * red
    return np.stack([red, green, blue], axis=-1)


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
    return double_axis(double_axis(planes, 1), 2)[:, :height, :width]


def double_axis(planes: Floats, axis: int) -> Floats:
    """The same along one axis, not cropped."""
    size = planes.shape[axis]
    before = np.take(planes, np.maximum(np.arange(size) - 1, 0), axis)
    after = np.take(planes, np.minimum(np.arange(size) + 1, size - 1), axis)
    near = np.float32(0.75) * planes
    pair = np.stack([near + np.float32(0.25) * before, near + np.float32(0.25) * after], axis=axis + 1)
    shape = list(planes.shape)
    shape[axis] = 2 * size
    return pair.reshape(shape)


Planes = list[npt.NDArray[np.uint8] | npt.NDArray[np.uint16]]
"""Y, Cb, Cr of one image, or Y alone: ``uint8`` at 8 bits, ``uint16`` above; chroma of its own size at 4:2:0."""


@dataclasses.dataclass(frozen=True)
class ColourPath:
    """What becomes of pixels on the way into a stream, before anything is quantised for rate.

    Attributes:
        matrix: ``none`` (RGB or grey as it is), ``BT.601``, ``YCoCg-R``, ``RCT``, ``ICT``, ``XYB`` or another's name.
        full_range: whether black and white are at the ends of the range of the samples; limited range is 16–235.
        subsampling: ``4:4:4``, ``4:2:2``, ``4:2:0``, or ``4:0:0`` where luma is coded alone.
        depth: bits of a sample; 32 for floating point.
        by: who converts, such as ``libjpeg`` or ``NumPy, rounded``.
    """

    matrix: str
    full_range: bool = True
    subsampling: str = "4:4:4"
    depth: int = 8
    by: str = ""


def to_planes(image: npt.NDArray[np.uint8], *, depth: int = 8, subsampling: str = "4:4:4") -> Planes:
    """Planes of an image, BT.601 full range, rounded to the nearest.

    Args:
        image: ``uint8``, shape (H, W, 3) sRGB, or (H, W) grey, which gives one plane.
        depth: bits of a sample, 8 to 16; 255 becomes ``2**depth − 1``.
        subsampling: ``4:4:4``, or ``4:2:0``, whose chroma is the mean of 2×2 samples.
    """
    if image.ndim == 2:
        return [_to_integers(image.astype(np.float32), depth)]
    ycbcr = rgb_to_ycbcr(image)
    chroma = np.moveaxis(ycbcr[..., 1:], -1, 0)
    if subsampling == "4:2:0":
        chroma = halve(chroma)
    scale = np.float32((2**depth - 1) / 255)
    middle = np.float32(2 ** (depth - 1))
    # Chroma is centred on 2^(depth−1), which is not 128 · scale.
    return [_to_integers(ycbcr[..., 0], depth), *(_clip((plane - 128) * scale + middle, depth) for plane in chroma)]


def from_planes(planes: Planes, *, depth: int = 8) -> npt.NDArray[np.uint8]:
    """The inverse of :func:`to_planes`: (H, W) for one plane, (H, W, 3) for three; smaller chroma is interpolated.

    Args:
        planes: luma (H, W), and no chroma or two planes of it, of the same size or half of it rounded up.
        depth: bits of a sample.
    """
    scale = np.float32(255 / (2**depth - 1))
    luma = planes[0].astype(np.float32) * scale
    if len(planes) == 1:
        return to_uint8(luma)
    chroma = (np.stack(planes[1:]).astype(np.float32) - 2 ** (depth - 1)) * scale + 128
    if chroma.shape[1:] != luma.shape:
        chroma = double(chroma, *luma.shape)
    return ycbcr_to_rgb(np.stack([luma, *chroma], axis=-1))


def _to_integers(plane: Floats, depth: int) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    return _clip(plane * np.float32((2**depth - 1) / 255), depth)


def _clip(plane: Floats, depth: int) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    rounded = np.clip(np.rint(plane), 0, 2**depth - 1)
    return rounded.astype(np.uint8) if depth == 8 else rounded.astype(np.uint16)


def pad(image: npt.NDArray[np.uint8], *, least: int = 1, multiple: int = 1) -> npt.NDArray[np.uint8]:
    """An image at least so large, with sides of a multiple, by replicating its last row and column.

    Args:
        image: (H, W) or (H, W, 3).
        least: shortest side that is allowed.
        multiple: the number that the sides have to be multiples of.
    """
    height, width = (-(-max(side, least) // multiple) * multiple for side in image.shape[:2])
    more = [(0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)]
    return np.pad(image, more[: image.ndim], mode="edge")
