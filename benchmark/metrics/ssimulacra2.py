"""SSIMULACRA 2, version 2.1, after the public definition of its reference program (Cloudinary, BSD 3-clause).

Both pictures become linear RGB, and at each of six scales (2×2 means of linear light) X, Y and B − Y of libjxl's XYB.
Three maps say how they differ: 1 − SSIM without the denominator of its luminance term, edges that came, and edges that
went. The mean and the 4-norm of each map have one weight each, and a polynomial of the weighted sum is the score. Maps
whose two weights are zero are left out, 17 of the 54.

The score contains the roundings of the reference program, see :mod:`benchmark.metrics.shared.recursive`. So colours and
local means are rounded as it rounds them, each fused multiply–add included, and scores are within 0.00001 of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.metric import Channels, Metric, MetricFamily, Promises, Tolerance, Values
from benchmark.metrics.shared.fused import Samples
from benchmark.metrics.shared.recursive import recursive_gaussian
from benchmark.metrics.shared.xyb import halve, linear_light, xyb

_SMALLEST = 8
"""Shortest side in pixels: a smaller picture has no value, and a smaller scale is not halved again."""
_SCALES = 6
_C2 = np.float32(0.0009)
_TOGETHER = 1 << 17
"""Pixels of small images that are compared at once."""

WEIGHTS = np.array(
    [
        [0.0, 0.0007376606707406586, 0.0, 0.0, 0.0007793481682867309, 0.0],
        [0.0, 0.0004371155730107379, 0.0, 1.1041726426657346, 0.00066284834129271, 0.00015231632783718752],
        [0.0, 0.0016406437456599754, 0.0, 1.8422455520539298, 11.441172603757666, 0.0],
        [0.0007989109436015163, 0.000176816438078653, 0.0, 1.8787594979546387, 10.94906990605142, 0.0],
        [
            *(0.0007289346991508072, 0.9677937080626833, 0.0),
            *(0.00014003424285435884, 0.9981766977854967, 0.00031949755934435053),
        ],
        [0.0004550992113792063, 0.0, 0.0, 0.0013648766163243398, 0.0, 0.0],
        [0.0, 0.0, 0.0, 7.466890328078848, 0.0, 17.445833984131262],
        [0.0006235601634041466, 0.0, 0.0, 6.683678146179332, 0.00037724407979611296, 1.027889937768264],
        [225.20515300849274, 0.0, 0.0, 19.213238186143016, 0.0011401524586618361, 0.001237755635509985],
        [176.39317598450694, 0.0, 0.0, 24.43300999870476, 0.28520802612117757, 0.0004485436923833408],
        [0.0, 0.0, 0.0, 34.77906344483772, 44.835625328877896, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0008680556573291698, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0005313191874358747, 0.0, 0.00016533814161379112, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0004179171803251336, 0.0017290828234722833, 0.0],
        [0.0020827005846636437, 0.0, 0.0, 8.826982764996862, 23.19243343998926, 0.0],
        [
            *(95.1080498811086, 0.9863978034400682, 0.9834382792465353),
            *(0.0012286405048278493, 171.2667255897307, 0.9807858872435379),
        ],
        [0.0, 0.0, 0.0, 0.0005130064588990679, 0.0, 0.00010854057858411537],
    ]
)
"""A row for each scale of X, then of Y, then of B − Y: the mean of 1 − SSIM, of edges that came, of edges that went,
then the 4-norms of the three."""

_Weights = npt.NDArray[np.float64]


class Ssimulacra2(MetricFamily):
    """SSIMULACRA 2, as its reference program has it for pictures without transparency."""

    name = "ssimulacra2"
    order = 20
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="ssimulacra2",
            space="colour",
            grey=True,
            title="SSIMULACRA 2",
            digits=2,
            tolerance=Tolerance(0.02),
            smallest=_SMALLEST,
            highest=100.0,
            by_default=False,
            groups=("perceptual",),
            promises=Promises(equal=100.0),
            definition="SSIMULACRA 2.1 (Sneyers, Cloudinary 2023) as its reference program computes it, roundings "
            "included; sRGB, a grey picture as R = G = B; six scales, fewer below 113 pixels a side, where the program "
            "takes the weights of other scales",
        ),
    )

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> list[list[list[_Plane]]]:
        return [
            [
                [_plane(x, weight) for x, weight in zip(planes, weights, strict=True)]
                for planes, weights in _pyramid(images)
            ]
            for images in _groups(reference)
        ]

    def compare(self, prepared: list[list[list[_Plane]]], distorted: Channels) -> dict[str, Values]:
        scores = []
        for images, scales in zip(_groups(distorted), prepared, strict=True):
            total = np.zeros(len(images))
            for (planes, weights), references in zip(_pyramid(images), scales, strict=True):
                for y, weight, reference in zip(planes, weights, references, strict=True):
                    total += _errors(reference, y, weight)
            scores.append(_score(total))
        return {"ssimulacra2": np.concatenate(scores)}


def _groups(channels: Channels) -> Iterator[Channels]:
    """Small images together, photographs one by one."""
    together = max(1, _TOGETHER // (channels.shape[2] * channels.shape[3]))
    for start in range(0, len(channels), together):
        yield channels[start : start + together]


def _pyramid(channels: Channels) -> Iterator[tuple[Samples, _Weights]]:
    """The scales of some images: X, Y and B − Y, shape (3, N, H, W), and their weights, shape (3, 2, 3)."""
    light = linear_light(channels)
    sides = [min(light.shape[2:])]
    while len(sides) < _SCALES and sides[-1] >= _SMALLEST:
        sides.append((sides[-1] + 1) // 2)
    # The reference program takes one weight after the other: with fewer scales, those of other planes and scales.
    weights = WEIGHTS[: 3 * len(sides)].reshape(3, len(sides), 2, 3)
    for scale in range(len(sides)):
        if scale:
            light = halve(light)
        yield xyb(light), weights[:, scale]


def _score(total: Values) -> Values:
    """Scores of weighted sums: 100 for none."""
    total = total * 0.9562382616834844
    rated = 2.326765642916932 * total - 0.020884521182843837 * total**2 + 6.248496625763138e-05 * total**3
    return np.asarray(100 - 10 * np.maximum(rated, 0) ** 0.6276336467831387)


@dataclass(frozen=True)
class _Plane:
    """A plane of some references, shape (N, H, W); what no map needs is left empty.

    Attributes:
        x: the plane.
        mean: local mean.
        variance: local variance.
        edge: how far the plane is from its local mean.
    """

    x: Samples
    mean: Samples
    variance: Samples
    edge: Samples


_NONE = np.empty(0, np.float32)


def _plane(x: Samples, weights: _Weights) -> _Plane:
    structure, edges = bool(weights[:, 0].any()), bool(weights[:, 1:].any())
    if not (structure or edges):
        return _Plane(_NONE, _NONE, _NONE, _NONE)
    mean, *more = _local_means([(x, None), (x, x)] if structure else [(x, None)])
    variance = more[0] - mean * mean if structure else _NONE
    edge = np.abs(x - mean) if edges else _NONE
    return _Plane(x if structure else _NONE, mean, variance, edge)


def _local_means(products: Sequence[tuple[Samples, Samples | None]]) -> Samples:
    """Local means of planes, shape (N, H, W), and of products of two: shape (products, N, H, W)."""
    stack = np.empty((len(products), *products[0][0].shape), np.float32)
    for place, (one, other) in zip(stack, products, strict=True):
        if other is None:
            place[:] = one
        else:
            np.multiply(one, other, out=place)
    means = recursive_gaussian(stack.reshape(-1, *stack.shape[2:]))
    return means.reshape(stack.shape)


def _errors(reference: _Plane, y: Samples, weights: _Weights) -> Values:
    """The weighted norms of the three maps of a plane, one sum for each image.

    Args:
        reference: the plane of the references.
        y: the plane of the distorted pictures, shape (N, H, W).
        weights: shape (2, 3): of the means and 4-norms of 1 − SSIM, of edges that came, and of edges that went.
    """
    total = np.zeros(len(y))
    structure, came, went = (bool(column.any()) for column in weights.T)
    if not (structure or came or went):
        return total
    mean, *more = _local_means([(y, None), (y, y), (reference.x, y)] if structure else [(y, None)])
    work = np.empty_like(y)
    if structure:
        total += _norms(_dissimilarity(reference, mean, more[0], more[1]), weights[:, 0])
    if came or went:
        edges = np.subtract(y, mean)
        np.abs(edges, out=edges)
        edges -= reference.edge
        edges /= np.add(reference.edge, 1, out=work)
        if came:
            total += _norms(np.maximum(edges, 0, out=work), weights[:, 1])
        if went:
            np.negative(edges, out=edges)
            total += _norms(np.maximum(edges, 0, out=work), weights[:, 2])
    return total


def _dissimilarity(reference: _Plane, mean: Samples, square: Samples, both: Samples) -> Samples:
    """1 − SSIM at each pixel, rounded as in the reference program.

    Args:
        reference: the plane of the references.
        mean, square, both: local means of y, of y² and of x·y.
    """
    covariance = mean * reference.mean
    np.subtract(both, covariance, out=covariance)
    covariance *= 2
    covariance += _C2
    variances = mean * mean
    np.subtract(square, variances, out=variances)
    variances += reference.variance
    variances += _C2
    luminance: Samples = reference.mean - mean
    luminance *= luminance
    np.subtract(1, luminance, out=luminance)
    luminance *= covariance
    luminance /= variances
    np.subtract(1, luminance, out=luminance)
    np.maximum(luminance, 0, out=luminance)
    return luminance


def _norms(values: Samples, weights: _Weights) -> Values:
    """Weighted mean and weighted 4-norm, one sum for each image; the values, (N, H, W), are overwritten."""
    flat = values.reshape(len(values), -1)
    total = np.zeros(len(flat))
    if weights[0]:
        total += weights[0] * flat.mean(axis=1)
    if weights[1]:
        np.square(flat, out=flat)
        np.square(flat, out=flat)
        total += weights[1] * flat.mean(axis=1).astype(np.float64) ** 0.25
    return total
