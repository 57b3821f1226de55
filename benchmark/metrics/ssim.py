"""Structural similarity, at one scale and at five.

With d = y − x, a Gaussian-weighted local mean x̄ and local variances σ², the two terms of SSIM fall short of 1 by

    1 − l  = d̄² / (x̄² + ȳ² + C1)          and          1 − cs = σ_d² / (σ_x² + σ_y² + C2).

So equal images give exactly 1, no term passes 1, and a quality close to 1 keeps all its digits: that of the shortfall,
which is what decibels are made of. A distorted plane takes three filterings, of d, of d² and of x·d, where the
textbook's formula takes five. The local mean of luma is the weighted sum of those of R, G and B, and a grey plane needs
no luma at all. SSIM is the first scale of MS-SSIM, computed once for both.

Where many pictures are to be compared and Numba is installed, :mod:`benchmark.metrics.shared.fused_ssim` does in one
pass what else are filterings by :mod:`benchmark.metrics.shared.window`, and what comes before them is
:mod:`benchmark.metrics.shared.fused_planes`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from benchmark.colour.channels import LUMA
from benchmark.metric import Channels, Metric, MetricFamily, Promises, Tolerance, Values
from benchmark.metrics.shared.compiled import passes
from benchmark.metrics.shared.window import WINDOW, Planes, local_means, window

C1 = (0.01 * 255) ** 2
C2 = (0.03 * 255) ** 2
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
MS_SSIM_MINIMUM = (WINDOW - 1) * 2 ** (len(SCALE_WEIGHTS) - 1) + 1
"""Shortest side at which the coarsest of five scales still holds one whole window: 161."""

_TOGETHER = 1 << 16
"""Pixels of small images that are compared at once, and of the rows of a reference that are filtered at once."""
_BLOCKS = 16
"""Such rows come in multiples of so many, which fill the blocks of the filter."""
_ROUGH = 1000.0
"""Mean square of differences from which they are filtered in float64: σ_d² is a difference of two means of squares,
whose rounding grows with them. Below it an SSIM loses less than 1e-6."""
_TAPS = tuple(window()[: WINDOW // 2 + 1].astype(np.float32))
_LUMA = tuple(LUMA)


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
        difference, offset, squares = _differences(distorted, prepared.channels)
        last = len(prepared.levels) - 1
        for scale, level in enumerate(prepared.levels):
            if scale:
                difference = self.halve(difference, -offset)
                squares = _squares(difference)
            # Only the first scale's SSIM and the last one's luminance term are ever used.
            luminance = scale == last or (scale == 0 and _SSIM.name in names)
            ssim, contrast = _similarity(level, difference, squares, prepared.centre, offset, luminance)
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
    def halve(planes: Planes, zero: Values) -> Planes:
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

    channels: Planes
    means: Planes
    variances: Planes


@dataclass(frozen=True)
class _Reference:
    channels: Channels
    centre: Values
    levels: list[_Level]
    wanted: Sequence[Metric]


def _centred(channels: Channels) -> tuple[Planes, Values]:
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
    return result, _with_luma(centre)


def _with_luma(centre: Values) -> Values:
    """Centres of R, G and B, with that of luma behind; that of a grey plane as it is."""
    if centre.shape[1] == 1:
        return centre
    return np.append(centre, centre @ LUMA.astype(np.float64)[:, np.newaxis], axis=1)


def _differences(distorted: Channels, reference: Channels) -> tuple[Planes, Values, Values]:
    """What pictures differ by, about its centre; the centre; and sums of squares, both of shape (N, C)."""
    fused = passes()
    if not fused:
        difference, offset = _centred(distorted - reference)
        return difference, offset, _squares(difference)
    difference, squares = np.empty_like(reference), np.empty(reference.shape[:2])
    offset = np.empty_like(squares[:, :3])
    fused.differences(distorted, reference, _LUMA, difference, offset, squares)
    return difference, _with_luma(offset), squares


def _squares(planes: Planes) -> Values:
    """Sums of the squares of planes, shape (N, C)."""
    return np.asarray(np.einsum("nchw,nchw->nc", planes, planes), np.float64)


def _weigh(colours: Sequence[Planes], out: Planes) -> None:
    """Luma of R, G and B."""
    np.multiply(colours[0], LUMA[0], out=out)
    out += LUMA[1] * colours[1]
    out += LUMA[2] * colours[2]


def _moments(channels: Planes) -> tuple[Planes, Planes]:
    """Local means and variances of a reference, which are had once for all that is compared with it: in float64."""
    count, planes, height, width = channels.shape
    means = np.empty((count, planes, height - WINDOW + 1, width - WINDOW + 1), np.float32)
    variances = np.empty_like(means)
    # The planes of small images together; those of a photograph one by one, some rows at once.
    together = planes if height * width <= _TOGETHER else 1
    for image, first in itertools.product(range(count), range(0, planes, together)):
        for rows, outputs in _strips(height, width):
            some = (image, slice(first, first + together))
            exact = channels[*some, rows].astype(np.float64)
            mean = local_means(exact)
            means[*some, outputs] = mean
            exact *= exact
            variance = local_means(exact)
            mean *= mean
            variance -= mean
            variances[*some, outputs] = np.maximum(variance, 0, out=variance)
    return means, variances


def _strips(height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Rows of planes, and of their local means, so few at once that the processor's cache holds them."""
    outputs = height - WINDOW + 1
    many = max(_BLOCKS, _TOGETHER // width // _BLOCKS * _BLOCKS)
    for top in range(0, outputs, many):
        bottom = min(top + many, outputs)
        yield slice(top, bottom + WINDOW - 1), slice(top, bottom)


def _similarity(
    level: _Level, differences: Planes, squares: Values, centre: Values, offset: Values, luminance: bool
) -> tuple[Values, Values]:
    """Mean SSIM and mean contrast–structure term of every channel, each of shape (N, C).

    Args:
        level: the reference.
        differences: distorted less reference, less an offset: (N, C, H, W).
        squares: sums of their squares: (N, C).
        centre, offset: what was taken from reference and differences: (N, C).
        luminance: whether the luminance term is wanted; else the first of the results says nothing.
    """
    count, channels, height, width = differences.shape
    ssim, contrast = np.zeros((count, channels)), np.zeros((count, channels))
    # Small images together, as many as the processor's cache holds; a photograph alone.
    together = max(1, _TOGETHER // (height * width))
    fused = passes()
    for start in range(0, count, together):
        images = slice(start, start + together)
        rough = bool(squares[images].max() > _ROUGH * height * width)
        part = _Level(level.channels[images], level.means[images], level.variances[images])
        terms = (part, differences[images], centre[images], offset[images], luminance)
        if fused and not rough:
            ssim[images], contrast[images] = _in_one_pass(fused.shortfalls, *terms)
        else:
            ssim[images], contrast[images] = _by_products(*terms, rough)
    return ssim, contrast


def _in_one_pass(
    shortfalls: Callable[..., None],
    level: _Level,
    differences: Planes,
    centre: Values,
    offset: Values,
    luminance: bool,
) -> tuple[Values, Values]:
    """What :func:`_similarity` gives, of images that are compared at once, by compiled code."""
    count, channels, height, width = differences.shape
    sums = np.zeros((2, count, channels))
    shortfalls(
        level.channels,
        differences,
        level.means,
        level.variances,
        centre.astype(np.float32),
        offset.astype(np.float32),
        luminance,
        _TAPS,
        _LUMA,
        np.float32(C1),
        np.float32(C2),
        *sums,
    )
    ssim, contrast = 1 - sums / ((height - WINDOW + 1) * (width - WINDOW + 1))
    return ssim, contrast


def _by_products(
    level: _Level, differences: Planes, centre: Values, offset: Values, luminance: bool, rough: bool
) -> tuple[Values, Values]:
    """What :func:`_similarity` gives, of images that are compared at once, by products of matrices."""
    count, channels = differences.shape[:2]
    ssim, contrast = np.zeros((count, channels)), np.zeros((count, channels))
    kind: type[np.floating[Any]] = np.float64 if rough else np.float32
    colour_means: list[Planes] = []
    for channel in range(channels):
        x: Planes = level.channels[:, channel].astype(kind, copy=False)
        d: Planes = differences[:, channel].astype(kind, copy=False)
        mean_x = local_means(x) if rough else level.means[:, channel]
        if channel == 3 and not rough:
            mean_d = np.empty_like(colour_means[0])
            _weigh(colour_means, out=mean_d)
        else:
            mean_d = local_means(d)
            colour_means.append(mean_d)
        variance = local_means(d * d)
        variance -= mean_d * mean_d
        np.maximum(variance, 0, out=variance)
        # σ_x² + σ_y² = 2 σ_x² + 2 σ_xd + σ_d²
        variances = local_means(x * d)
        variances -= mean_x * mean_d
        variances += level.variances[:, channel]
        variances *= 2
        variances += variance
        variances += np.float32(C2)
        variance /= variances
        short = variance  # 1 − cs
        contrast[:, channel] = 1 - short.mean(axis=(1, 2), dtype=np.float64)
        if luminance:
            apart = _apart(mean_x, centre[:, channel], mean_d, offset[:, channel])
            both = apart * short
            short += apart
            short -= both
            ssim[:, channel] = 1 - short.mean(axis=(1, 2), dtype=np.float64)
    return ssim, contrast


def _apart(mean_x: Planes, centre: Values, mean_d: Planes, offset: Values) -> Planes:
    """1 − l of the local means of some images, to which goes back what was taken from them."""
    x = mean_x + centre[:, np.newaxis, np.newaxis].astype(mean_d.dtype)
    d = mean_d + offset[:, np.newaxis, np.newaxis].astype(mean_d.dtype)
    squares: Planes = d * d
    # x̄² + ȳ² = 2 x̄ ȳ + d̄²
    both = x + d
    both *= x
    both *= 2
    both += squares
    both += np.float32(C1)
    squares /= both
    return squares


def mean_of_four(planes: Planes) -> Planes:
    """Means of 2×2 blocks of planes whose sides are even."""
    if fused := passes():
        height, width = planes.shape[-2:]
        halved = np.empty((*planes.shape[:-2], height // 2, width // 2), np.float32)
        fused.means_of_four(planes, halved)
        return halved
    rows = planes[..., 0::2, :] + planes[..., 1::2, :]
    means: Planes = rows[..., 0::2] + rows[..., 1::2]
    means *= 0.25
    return means
