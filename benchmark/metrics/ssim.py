"""Structural similarity, at one scale and at five.

With x̄ the Gaussian-weighted local mean, SSIM needs x̄, ȳ, the local covariance and the *sum* of the two local variances.
So three filterings serve a distorted plane, where the textbook's formula takes five: of y, of x·y and of x² + y². The
local mean of luma is the weighted sum of those of R, G and B, and a grey plane needs no luma at all. SSIM is the first
scale of MS-SSIM, computed once for both.

Filtering is a product with a banded matrix, cut into blocks so that little of the work multiplies zeros: matrix
products run an order of magnitude faster than any convolution that NumPy or SciPy offer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.metric import LUMA, Channels, Metric, MetricFamily, Tolerance, Values

WINDOW = 11
SIGMA = 1.5
C1 = (0.01 * 255) ** 2
C2 = (0.03 * 255) ** 2
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
MS_SSIM_MINIMUM = (WINDOW - 1) * 2 ** (len(SCALE_WEIGHTS) - 1) + 1
"""Shortest side at which the coarsest of five scales still holds one whole window: 161."""

_Array = npt.NDArray[np.float32]
_BLOCK = 16
"""Outputs of a block of the banded matrix; its width is this plus 10."""
_TOGETHER = 1 << 16
"""Pixels of small images that are compared at once."""


_SSIM = Metric(
    name="ssim",
    space="rgb",
    title="SSIM",
    tolerance=Tolerance(0.0001),
    smallest=WINDOW,
    highest=1.0,
    definition="Wang et al. 2004: Gaussian window 11×11, σ 1.5, k = (0.01, 0.03), biased covariance, valid area; "
    "per channel, then the mean",
)
_MS_SSIM = Metric(
    name="ms_ssim",
    space="rgb",
    title="MS-SSIM",
    decibels="similarity",
    tolerance=Tolerance(0.0001),
    smallest=MS_SSIM_MINIMUM,
    highest=1.0,
    definition="Wang et al. 2003: five scales, weights .0448 .2856 .3001 .2363 .1333, 2×2 mean downsampling, the last "
    "row or column of an odd size repeated; per channel, then the mean; in figures −10·log₁₀(1 − x) of the "
    "mean",
)


class StructuralSimilarity(MetricFamily):
    """SSIM and MS-SSIM, per channel and then averaged over R, G and B."""

    name = "ssim"
    order = 10
    metrics: ClassVar[tuple[Metric, ...]] = (
        _SSIM,
        replace(_SSIM, space="y", shown="figures"),
        _MS_SSIM,
        replace(_MS_SSIM, space="y", shown="figures"),
    )

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> _Reference:
        scales = len(SCALE_WEIGHTS) if any(metric.name == "ms_ssim" for metric in wanted) else 1
        levels = []
        channels = reference - np.float32(_CENTRE)
        for scale in range(scales):
            if scale:
                channels = _halve(channels)
            levels.append(_Level(channels, _filter(channels)))
        return _Reference(levels, wanted)

    def compare(self, prepared: _Reference, distorted: Channels) -> dict[str, Values]:
        names = {metric.name for metric in prepared.wanted}
        per_channel: dict[str, Values] = {}
        product: Any = 1.0
        channels = distorted - np.float32(_CENTRE)
        last = len(prepared.levels) - 1
        for scale, level in enumerate(prepared.levels):
            if scale:
                channels = _halve(channels)
            # Only the first scale's SSIM and the last one's luminance term are ever used.
            luminance = scale == last or (scale == 0 and "ssim" in names)
            ssim, contrast = _similarity(level, channels, luminance)
            if scale == 0:
                per_channel["ssim"] = ssim
            term = ssim if scale == last else contrast
            product = product * np.maximum(term, 0.0) ** SCALE_WEIGHTS[scale]
        per_channel["ms_ssim"] = product
        return {
            metric.column: per_channel[metric.name][:, :3].mean(axis=1)
            if metric.space == "rgb"
            else per_channel[metric.name][:, -1]
            for metric in prepared.wanted
        }


_CENTRE = 128.0
# Means of squares of centred samples are four times smaller, which keeps their differences accurate in float32.


@dataclass(frozen=True)
class _Level:
    channels: _Array
    means: _Array


@dataclass(frozen=True)
class _Reference:
    levels: list[_Level]
    wanted: Sequence[Metric]


def _similarity(level: _Level, distorted: Channels, luminance: bool) -> tuple[Values, Values]:
    """Mean SSIM and mean contrast–structure term of every channel, each of shape (N, C)."""
    count, channels, height, width = distorted.shape
    ssim, contrast = np.zeros((count, channels)), np.zeros((count, channels))
    # Small images together, as many as the processor's cache holds; a photograph alone.
    together = max(1, _TOGETHER // (height * width))
    for start in range(0, count, together):
        images = slice(start, start + together)
        colour_means: list[_Array] = []
        for channel in range(channels):
            x, mean_x, y = level.channels[images, channel], level.means[images, channel], distorted[images, channel]
            if channel == 3:
                mean_y = LUMA[0] * colour_means[0] + LUMA[1] * colour_means[1] + LUMA[2] * colour_means[2]
            else:
                mean_y = _filter(y)
                colour_means.append(mean_y)
            covariance = _filter(x * y)
            means = mean_x * mean_y
            covariance -= means
            variances = _filter(x * x + y * y)
            squares = mean_x * mean_x
            squares += mean_y * mean_y
            variances -= squares
            covariance *= 2
            covariance += np.float32(C2)
            variances += np.float32(C2)
            covariance /= variances
            contrast[images, channel] = covariance.mean(axis=(1, 2), dtype=np.float64)
            if luminance:
                # The means are of centred samples: put the centre back before they are compared.
                means += np.float32(_CENTRE) * (mean_x + mean_y)
                means *= 2
                means += np.float32(2 * _CENTRE**2 + C1)
                squares += np.float32(2 * _CENTRE) * (mean_x + mean_y)
                squares += np.float32(2 * _CENTRE**2 + C1)
                means /= squares
                means *= covariance
                ssim[images, channel] = means.mean(axis=(1, 2), dtype=np.float64)
    return ssim, contrast


def _halve(planes: _Array) -> _Array:
    """Means of 2×2 blocks; an odd last row or column is repeated, as TensorFlow does."""
    height, width = planes.shape[-2:]
    if height % 2 or width % 2:
        planes = np.pad(planes, ((0, 0), (0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    rows = planes[..., 0::2, :] + planes[..., 1::2, :]
    return (rows[..., 0::2] + rows[..., 1::2]) * np.float32(0.25)


def _window() -> npt.NDArray[np.float64]:
    taps = np.exp(-0.5 * (np.arange(WINDOW) - WINDOW // 2) ** 2 / SIGMA**2)
    return np.asarray(taps / taps.sum())


def _band(outputs: int) -> _Array:
    """Matrix (outputs + 10, outputs) whose columns are the shifted window."""
    band = np.zeros((outputs + WINDOW - 1, outputs))
    for column in range(outputs):
        band[column : column + WINDOW, column] = _window()
    return band.astype(np.float32)


_BANDS = [_band(outputs) for outputs in range(_BLOCK + 1)]


def _filter(planes: _Array) -> _Array:
    """Gaussian-weighted local means over the valid area: shape (…, H, W) to (…, H − 10, W − 10)."""
    height, width = planes.shape[-2:]
    columns = _filter_columns(np.ascontiguousarray(planes).reshape(-1, height, width))
    rows = _filter_rows(columns.reshape(-1, width))
    return rows.reshape(*planes.shape[:-2], height - WINDOW + 1, width - WINDOW + 1)


def _filter_rows(plane: _Array) -> _Array:
    """Filters along the rows: (H, W) to (H, W − 10)."""
    height, width = plane.shape
    outputs = width - WINDOW + 1
    whole = outputs // _BLOCK
    result = np.empty((height, outputs), dtype=np.float32)
    size = plane.itemsize
    if whole:
        shape = (whole, height, _BLOCK + WINDOW - 1)
        blocks = np.lib.stride_tricks.as_strided(plane, shape, (_BLOCK * size, width * size, size), writeable=False)
        target = np.lib.stride_tricks.as_strided(result, (whole, height, _BLOCK), (_BLOCK * size, outputs * size, size))
        np.matmul(blocks, _BANDS[_BLOCK], out=target)
    rest = outputs - whole * _BLOCK
    if rest:
        np.matmul(plane[:, whole * _BLOCK :], _BANDS[rest], out=result[:, whole * _BLOCK :])
    return result


def _filter_columns(planes: _Array) -> _Array:
    """Filters along the columns: contiguous (N, H, W) to (N, H − 10, W)."""
    count, height, width = planes.shape
    outputs = height - WINDOW + 1
    whole = outputs // _BLOCK
    result = np.empty((count, outputs, width), dtype=np.float32)
    size = planes.itemsize
    if whole:
        shape = (count, whole, _BLOCK + WINDOW - 1, width)
        strides = (height * width * size, _BLOCK * width * size, width * size, size)
        blocks = np.lib.stride_tricks.as_strided(planes, shape, strides, writeable=False)
        target = result[:, : whole * _BLOCK].reshape(count, whole, _BLOCK, width)
        np.matmul(_BANDS[_BLOCK].T, blocks, out=target)
    rest = outputs - whole * _BLOCK
    if rest:
        np.matmul(_BANDS[rest].T, planes[:, whole * _BLOCK :], out=result[:, whole * _BLOCK :])
    return result
