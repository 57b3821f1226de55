"""RGB ↔ YCbCr, ITU-R BT.601 full range (as in JFIF), and 2×2 chroma resampling, in ``float32``.

:func:`to_planes` and :func:`from_planes` are the path of every codec that takes planes: done here and rounded to the
nearest, since converters inside video libraries cut corners that cost up to 0.8 dB.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

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
    return to_uint8(ycbcr[..., :1] + _chroma_to_rgb(np.moveaxis(ycbcr[..., 1:], -1, 0) - 128))


def _chroma_to_rgb(chroma: Floats) -> Floats:
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


def ceiling(image: npt.NDArray[np.uint8], path: ColourPath) -> float:
    """PSNR of an image after the trip into the samples of a colour path and back, in dB; no codec in between.

    Samples are rounded to the nearest; chroma is halved by means and interpolated linearly.

    Args:
        image: ``uint8``, shape (H, W, 3) sRGB or (H, W) grey.
        path: the trip.

    Returns:
        Infinity where nothing is lost, and for matrices other than BT.601, of which nothing is known here.
    """
    if path.matrix != "BT.601":
        return math.inf
    luma, chroma = _samples(image, path)
    axes = _halved_axes(path)
    luma, chroma = _quantise(luma, path), _quantise(_halve_axes(chroma, axes), path)
    for axis in axes:
        chroma = _double_axis(chroma, axis)
    return psnr(_pixels(luma, chroma[:, : luma.shape[0], : luma.shape[1]], path), image)


def bound(image: npt.NDArray[np.uint8], path: ColourPath) -> float:
    """PSNR that a codec of a colour path does not pass however well it converts, in dB; at least that of the ceiling.

    Without subsampling, each sample of each pixel is rounded up or down, whichever is best: the PSNR is that of these
    integers. With subsampled chroma, the chroma is the one that fits best by least squares, and is not rounded. The
    luma is the one that best hides what the chroma lacks. Of several ways to interpolate, the best one counts.

    Arguments and the meaning of infinity are those of :func:`ceiling`.
    """
    found = ceiling(image, path)
    if found == math.inf:
        return math.inf
    luma, chroma = _samples(image, path)
    axes = _halved_axes(path)
    if not (axes and len(chroma)):
        return _best_rounding(image, luma, chroma, path)
    rgb = image.astype(np.float32)
    full = np.moveaxis(rgb_to_ycbcr(image)[..., 1:], -1, 0)
    for taps in _INTERPOLATIONS:
        fitted = full
        for axis in axes:
            fitted = _project(fitted, axis, taps)
        lost = _chroma_to_rgb(full - fitted)
        back = np.clip(rgb - lost + lost.mean(axis=-1, keepdims=True), 0, 255)
        found = max(found, psnr(back, image), psnr(np.rint(back), image))
    return found


_SLACK = 0.5
"""Decibels by which a PSNR may pass a bound: rounding is not the same in every library."""


def excess(psnr: float, image: npt.NDArray[np.uint8], path: ColourPath) -> str:
    """Says so if a PSNR is above what a colour path can keep: something reached the decoder beside it.

    Args:
        psnr: the PSNR over RGB, in dB.
        image, path: see :func:`bound`.
    """
    if psnr <= ceiling(image, path):  # quicker, and no higher
        return ""
    most = bound(image, path)
    if psnr <= most + _SLACK:
        return ""
    return f"psnr_rgb {psnr:.2f} dB is above the {most:.2f} dB that its colour path can keep"


_INTERPOLATIONS = (
    # Weights of the sample itself and its neighbours, by their distance, for the first and the second pixel of a pair.
    ({0: 1.0}, {0: 1.0}),
    ({-1: 0.25, 0: 0.75}, {0: 0.75, 1: 0.25}),
    ({0: 1.0}, {0: 0.5, 1: 0.5}),
    (
        {-2: -0.0234375, -1: 0.2265625, 0: 0.8671875, 1: -0.0703125},
        {-1: -0.0703125, 0: 0.8671875, 1: 0.2265625, 2: -0.0234375},
    ),
)
"""Repeated; linear between centres; linear with the first pixel of a pair on the sample; cubic between centres."""


def _project(planes: Floats, axis: int, taps: Sequence[Mapping[int, float]]) -> Floats:
    """What interpolation along an axis of (N, H, W) planes can come closest to them with, by least squares."""
    from scipy.sparse import csc_matrix
    from scipy.sparse.linalg import splu

    size = planes.shape[axis]
    half = -(-size // 2)
    entries = [
        (place, min(max(place // 2 + distance, 0), half - 1), weight)
        for place in range(size)
        for distance, weight in taps[place % 2].items()
    ]
    rows, columns, weights = zip(*entries, strict=True)
    matrix = csc_matrix((weights, (rows, columns)), (size, half))
    flat = np.moveaxis(planes, axis, 0).reshape(size, -1).astype(np.float64)
    fitted = matrix @ splu((matrix.T @ matrix).tocsc()).solve(matrix.T @ flat)
    shape = [size, *(planes.shape[other] for other in range(3) if other != axis)]
    return np.asarray(np.moveaxis(fitted.reshape(shape), 0, axis), np.float32)


def _best_rounding(image: npt.NDArray[np.uint8], luma: Floats, chroma: Floats, path: ColourPath) -> float:
    least = np.full(luma.shape, np.inf, np.float32)
    for ways in itertools.product((np.floor, np.ceil), repeat=1 + len(chroma)):
        parts = [_clip_samples(way(plane), path) for way, plane in zip(ways, (luma, *chroma), strict=True)]
        rounded = np.stack(parts[1:]) if len(chroma) else chroma
        error = _pixels(parts[0], rounded, path).astype(np.float32) - image
        error = error**2 if image.ndim == 2 else (error**2).mean(axis=-1)
        np.minimum(least, error, out=least)
    return _decibels(float(least.mean(dtype=np.float64)))


def _samples(image: npt.NDArray[np.uint8], path: ColourPath) -> tuple[Floats, Floats]:
    """Luma (H, W) and chroma (2, H, W), (0, H, W) for grey, on the scale of a path's integers, not rounded."""
    black, span, spread, middle = _scale(path)
    if image.ndim == 2:
        return black + span * image.astype(np.float32), np.empty((0, *image.shape), np.float32)
    ycbcr = rgb_to_ycbcr(image)
    return black + span * ycbcr[..., 0], middle + spread * (np.moveaxis(ycbcr[..., 1:], -1, 0) - 128)


def _pixels(luma: Floats, chroma: Floats, path: ColourPath) -> npt.NDArray[np.uint8]:
    """The inverse of :func:`_samples`, rounded."""
    black, span, spread, middle = _scale(path)
    grey = (luma - black) / span
    return to_uint8(grey[..., None] + _chroma_to_rgb((chroma - middle) / spread)) if len(chroma) else to_uint8(grey)


def _scale(path: ColourPath) -> tuple[np.float32, np.float32, np.float32, np.float32]:
    """Sample of black, samples for a step of luma and of chroma, and the sample of no chroma."""
    middle = np.float32(2 ** (path.depth - 1))
    if path.full_range:
        step = np.float32((2**path.depth - 1) / 255)
        return np.float32(0), step, step, middle
    unit = 2.0 ** (path.depth - 8)
    return np.float32(16 * unit), np.float32(219 / 255 * unit), np.float32(224 / 255 * unit), middle


def _halved_axes(path: ColourPath) -> tuple[int, ...]:
    """Axes of (N, H, W) planes along which a path has half of the chroma."""
    return {"4:4:4": (), "4:2:2": (2,), "4:2:0": (1, 2)}[path.subsampling]


def _halve_axes(planes: Floats, axes: Sequence[int]) -> Floats:
    for axis in axes:
        edge = [(0, planes.shape[other] % 2 if other == axis else 0) for other in range(3)]
        even = np.moveaxis(np.pad(planes, edge, mode="edge"), axis, 0)
        planes = np.moveaxis((even[::2] + even[1::2]) / np.float32(2), 0, axis)
    return planes


def _quantise(samples: Floats, path: ColourPath) -> Floats:
    return _clip_samples(np.rint(samples), path)


def _clip_samples(samples: Floats, path: ColourPath) -> Floats:
    return np.clip(samples, 0, 2**path.depth - 1)


def psnr(pixels: npt.NDArray[Any], image: npt.NDArray[np.uint8]) -> float:
    """PSNR of pixels in 0–255 against an image of their shape, over all channels, in dB; infinity where equal."""
    return _decibels(float(np.mean((pixels.astype(np.float32) - image) ** 2, dtype=np.float64)))


def _decibels(error: float) -> float:
    return 10 * math.log10(255**2 / error) if error else math.inf
