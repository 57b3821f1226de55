"""Structural similarity, at one scale and at five.

With d = y − x, a Gaussian-weighted local mean x̄ and local variances σ², the two terms of SSIM fall short of 1 by

    1 − l  = d̄² / (x̄² + ȳ² + C1)          and          1 − cs = σ_d² / (σ_x² + σ_y² + C2).

So equal images give exactly 1, no term passes 1, and a quality close to 1 keeps all its digits: that of the shortfall,
which is what decibels are made of. A distorted plane takes three filterings, of d, of d² and of x·d, where the
textbook's formula takes five. The local mean of luma is the weighted sum of those of R, G and B, and a grey plane needs
no luma at all. SSIM is the first scale of MS-SSIM, computed once for both.

Filtering is a product with a banded matrix, cut into blocks so that little of the work multiplies zeros: matrix
products run an order of magnitude faster than any convolution that NumPy or SciPy offer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.colour.channels import LUMA
from benchmark.metric import Channels, Metric, MetricFamily, Promises, Tolerance, Values

WINDOW = 11
SIGMA = 1.5
C1 = (0.01 * 255) ** 2
C2 = (0.03 * 255) ** 2
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
MS_SSIM_MINIMUM = (WINDOW - 1) * 2 ** (len(SCALE_WEIGHTS) - 1) + 1
"""Shortest side at which the coarsest of five scales still holds one whole window: 161."""

_Array = npt.NDArray[np.floating[Any]]
"""Samples, float32; float64 where that is not enough."""
_BLOCK = 16
"""Outputs of a block of the banded matrix; its width is this plus 10."""
_TOGETHER = 1 << 16
"""Pixels of small images that are compared at once."""
_ROUGH = 1000.0
"""Mean square of differences from which they are filtered in float64: σ_d² is a difference of two means of squares,
whose rounding grows with them. Below it an SSIM loses less than 1e-6."""


_SSIM = Metric(
    name="ssim",
    space="rgb",
    title="SSIM",
    tolerance=Tolerance(0.0001),
    smallest=WINDOW,
    lowest=-1.0,
    highest=1.0,
    promises=Promises(equal=1.0, symmetric=True),
    definition="Wang et al. 2004: Gaussian window 11×11, σ 1.5, k = (0.01, 0.03), biased covariance, valid area; "
    "per channel, then the mean",
)
MS_SSIM = Metric(
    name="ms_ssim",
    space="rgb",
    title="MS-SSIM",
    decibels="similarity",
    tolerance=Tolerance(0.0001),
    smallest=MS_SSIM_MINIMUM,
    lowest=-1.0,
    highest=1.0,
    promises=Promises(equal=1.0, symmetric=True),
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
        MS_SSIM,
        replace(MS_SSIM, space="y", shown="figures"),
    )

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> _Reference:
        scales = 1 if {metric.name for metric in wanted} == {_SSIM.name} else len(SCALE_WEIGHTS)
        levels = []
        channels, centre = _centred(reference)
        for scale in range(scales):
            if scale:
                channels = self.halve(channels, -centre)
            levels.append(_Level(channels, *_moments(channels)))
        return _Reference(reference, centre, levels, wanted)

    def compare(self, prepared: _Reference, distorted: Channels) -> dict[str, Values]:
        names = {metric.name for metric in prepared.wanted}
        per_channel: dict[str, Values] = {}
        product: Any = 1.0
        difference, offset = _centred(distorted - prepared.channels)
        last = len(prepared.levels) - 1
        for scale, level in enumerate(prepared.levels):
            if scale:
                difference = self.halve(difference, -offset)
            # Only the first scale's SSIM and the last one's luminance term are ever used.
            luminance = scale == last or (scale == 0 and _SSIM.name in names)
            ssim, contrast = _similarity(level, difference, prepared.centre, offset, luminance)
            if scale == 0:
                per_channel[_SSIM.name] = ssim
            term = ssim if scale == last else contrast
            product = product * np.maximum(term, 0.0) ** SCALE_WEIGHTS[scale]
        return {
            metric.column: values[:, :3].mean(axis=1) if metric.space == "rgb" else values[:, -1]
            for metric in prepared.wanted
            for values in (per_channel[metric.name] if metric.name == _SSIM.name else product,)
        }

    @staticmethod
    def halve(planes: _Array, zero: Values) -> _Array:
        """Means of 2×2 blocks; an odd last row or column is repeated, as TensorFlow does.

        Args:
            planes: shape (N, C, H, W).
            zero: what the sample 0 is in each plane, shape (N, C).
        """
        height, width = planes.shape[-2:]
        if height % 2 or width % 2:
            planes = np.pad(planes, ((0, 0), (0, 0), (0, height % 2), (0, width % 2)), mode="edge")
        return mean_of_four(planes)


@dataclass(frozen=True)
class _Level:
    """A scale of a reference: its planes about their centre, their local means and variances."""

    channels: _Array
    means: _Array
    variances: _Array


@dataclass(frozen=True)
class _Reference:
    channels: Channels
    centre: Values
    levels: list[_Level]
    wanted: Sequence[Metric]


def _centred(channels: Channels) -> tuple[_Array, Values]:
    """Planes less whole numbers near their means, which are returned, shape (N, C).

    Small samples have small squares, whose differences keep their digits in float32. Luma is made anew of R, G and B:
    of differences, to the digits of the differences.
    """
    colours = channels[:, :3]
    centre = np.rint(colours.mean(axis=(2, 3))).astype(np.float64)
    result = np.empty_like(channels)
    np.subtract(colours, centre[..., np.newaxis, np.newaxis].astype(np.float32), out=result[:, :3])
    if channels.shape[1] == 4:
        _weigh([result[:, colour] for colour in range(3)], out=result[:, 3])
        centre = np.append(centre, centre @ LUMA.astype(np.float64)[:, np.newaxis], axis=1)
    return result, centre


def _weigh(colours: Sequence[_Array], out: _Array) -> None:
    """Luma of R, G and B."""
    np.multiply(colours[0], LUMA[0], out=out)
    out += LUMA[1] * colours[1]
    out += LUMA[2] * colours[2]


def _moments(channels: _Array) -> tuple[_Array, _Array]:
    """Local means and variances of a reference, which are had once for all that is compared with it: in float64."""
    count, planes, height, width = channels.shape
    means = np.empty((count, planes, height - WINDOW + 1, width - WINDOW + 1), np.float32)
    variances = np.empty_like(means)
    for image in range(count):
        exact = channels[image].astype(np.float64)
        mean = _filter(exact)
        means[image] = mean
        variances[image] = np.maximum(_filter(exact * exact) - mean * mean, 0)
    return means, variances


def _similarity(
    level: _Level, differences: _Array, centre: Values, offset: Values, luminance: bool
) -> tuple[Values, Values]:
    """Mean SSIM and mean contrast–structure term of every channel, each of shape (N, C).

    Args:
        level: the reference.
        differences: distorted less reference, less an offset: (N, C, H, W).
        centre, offset: what was taken from reference and differences: (N, C).
        luminance: whether the luminance term is wanted; else the first of the results says nothing.
    """
    count, channels, height, width = differences.shape
    ssim, contrast = np.zeros((count, channels)), np.zeros((count, channels))
    # Small images together, as many as the processor's cache holds; a photograph alone.
    together = max(1, _TOGETHER // (height * width))
    for start in range(0, count, together):
        images = slice(start, start + together)
        squares = np.einsum("nchw,nchw->nc", differences[images], differences[images])
        rough = squares.max() > _ROUGH * height * width
        kind: type[np.floating[Any]] = np.float64 if rough else np.float32
        colour_means: list[_Array] = []
        for channel in range(channels):
            x: _Array = level.channels[images, channel].astype(kind, copy=False)
            d: _Array = differences[images, channel].astype(kind, copy=False)
            mean_x = _filter(x) if rough else level.means[images, channel]
            if channel == 3 and not rough:
                mean_d = np.empty_like(colour_means[0])
                _weigh(colour_means, out=mean_d)
            else:
                mean_d = _filter(d)
                colour_means.append(mean_d)
            variance = _filter(d * d)
            variance -= mean_d * mean_d
            np.maximum(variance, 0, out=variance)
            # σ_x² + σ_y² = 2 σ_x² + 2 σ_xd + σ_d²
            variances = _filter(x * d)
            variances -= mean_x * mean_d
            variances += level.variances[images, channel]
            variances *= 2
            variances += variance
            variances += np.float32(C2)
            variance /= variances
            short = variance  # 1 − cs
            contrast[images, channel] = 1 - short.mean(axis=(1, 2), dtype=np.float64)
            if luminance:
                apart = _apart(mean_x, centre[images, channel], mean_d, offset[images, channel])
                both = apart * short
                short += apart
                short -= both
                ssim[images, channel] = 1 - short.mean(axis=(1, 2), dtype=np.float64)
    return ssim, contrast


def _apart(mean_x: _Array, centre: Values, mean_d: _Array, offset: Values) -> _Array:
    """1 − l of the local means of some images, to which goes back what was taken from them."""
    x = mean_x + centre[:, np.newaxis, np.newaxis].astype(mean_d.dtype)
    d = mean_d + offset[:, np.newaxis, np.newaxis].astype(mean_d.dtype)
    squares: _Array = d * d
    # x̄² + ȳ² = 2 x̄ ȳ + d̄²
    both = x + d
    both *= x
    both *= 2
    both += squares
    both += np.float32(C1)
    squares /= both
    return squares


def mean_of_four(planes: _Array) -> _Array:
    """Means of 2×2 blocks of planes whose sides are even."""
    rows = planes[..., 0::2, :] + planes[..., 1::2, :]
    means: _Array = rows[..., 0::2] + rows[..., 1::2]
    means *= 0.25
    return means


def _window() -> npt.NDArray[np.float64]:
    taps = np.exp(-0.5 * (np.arange(WINDOW) - WINDOW // 2) ** 2 / SIGMA**2)
    return np.asarray(taps / taps.sum())


def _band(outputs: int) -> _Array:
    """Matrix (outputs + 10, outputs) whose columns are the shifted window."""
    band = np.zeros((outputs + WINDOW - 1, outputs))
    for column in range(outputs):
        band[column : column + WINDOW, column] = _window()
    return band


_BANDS: dict[np.dtype[Any], list[_Array]] = {
    np.dtype(kind): [_band(outputs).astype(kind) for outputs in range(_BLOCK + 1)] for kind in (np.float32, np.float64)
}


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
    result = np.empty((height, outputs), dtype=plane.dtype)
    size = plane.itemsize
    if whole:
        shape = (whole, height, _BLOCK + WINDOW - 1)
        blocks = np.lib.stride_tricks.as_strided(plane, shape, (_BLOCK * size, width * size, size), writeable=False)
        target = np.lib.stride_tricks.as_strided(result, (whole, height, _BLOCK), (_BLOCK * size, outputs * size, size))
        np.matmul(blocks, _BANDS[plane.dtype][_BLOCK], out=target)
    rest = outputs - whole * _BLOCK
    if rest:
        np.matmul(plane[:, whole * _BLOCK :], _BANDS[plane.dtype][rest], out=result[:, whole * _BLOCK :])
    return result


def _filter_columns(planes: _Array) -> _Array:
    """Filters along the columns: contiguous (N, H, W) to (N, H − 10, W)."""
    count, height, width = planes.shape
    outputs = height - WINDOW + 1
    whole = outputs // _BLOCK
    result = np.empty((count, outputs, width), dtype=planes.dtype)
    size = planes.itemsize
    if whole:
        shape = (count, whole, _BLOCK + WINDOW - 1, width)
        strides = (height * width * size, _BLOCK * width * size, width * size, size)
        blocks = np.lib.stride_tricks.as_strided(planes, shape, strides, writeable=False)
        target = result[:, : whole * _BLOCK].reshape(count, whole, _BLOCK, width)
        np.matmul(_BANDS[planes.dtype][_BLOCK].T, blocks, out=target)
    rest = outputs - whole * _BLOCK
    if rest:
        np.matmul(_BANDS[planes.dtype][rest].T, planes[:, whole * _BLOCK :], out=result[:, whole * _BLOCK :])
    return result
