"""What a colour path can keep of an image: the PSNR that no codec of that path passes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.colour.convert import ColourPath, Floats, chroma_to_rgb, double_axis, rgb_to_ycbcr, to_uint8

COLUMN = "psnr_rgb"
"""Column of the metric that a ceiling limits. A ceiling says nothing of others."""


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
        chroma = double_axis(chroma, axis)
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
        lost = chroma_to_rgb(full - fitted)
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
    return f"{COLUMN} {psnr:.2f} dB is above the {most:.2f} dB that its colour path can keep"


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
    return to_uint8(grey[..., None] + chroma_to_rgb((chroma - middle) / spread)) if len(chroma) else to_uint8(grey)


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
