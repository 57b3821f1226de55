"""Butteraugli after the public definition of libjxl (Google, BSD 3-clause): a distance, about 1 where one just sees it.

Both pictures become what cones tell at 80 cd/m², parted into bands of frequencies. Differences of a band are summed
along lines and at points; where the picture is busy they are hidden. A second pass at half the size sees what is
coarse. The map of distances has a maximum, and a norm that tells of the whole picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.metric import Channels, Metric, MetricFamily, Promises, Values
from benchmark.metrics.shared.malta import COARSE, FINE, Lines, line_errors
from benchmark.metrics.shared.opsin import Bands, Samples, bands, blur, opsin
from benchmark.metrics.shared.xyb import linear_light

_SMALLEST = 8
"""Shortest side in pixels that libjxl's program does not enlarge, and that its second pass needs."""
_ASYMMETRY = 0.8
"""How much more a new pattern counts than a lost one: what libjxl's program takes."""
_THRESHOLD = 17.8 * 0.79079917404
_STEP = 3
_FIXED = "of libjxl 0.7 at 80 cd/m², asymmetry 0.8; sRGB, a grey picture as R = G = B"

_MAX = Metric(
    name="butteraugli",
    space="colour",
    grey=True,
    title="Butteraugli",
    higher_is_better=False,
    digits=3,
    smallest=_SMALLEST,
    lowest=0.0,
    by_default=False,
    groups=("perceptual",),
    promises=Promises(equal=0.0),
    definition=f"largest Butteraugli distance of a pixel, {_FIXED}",
)


class Butteraugli(MetricFamily):
    """Butteraugli, as libjxl's program has it for pictures without transparency."""

    name = "butteraugli"
    order = 21
    metrics: ClassVar[tuple[Metric, ...]] = (
        _MAX,
        replace(
            _MAX,
            name="butteraugli_3norm",
            title="Butteraugli, 3-norm",
            definition=f"mean of the 3-, 6- and 12-norm of the Butteraugli distances of all pixels, {_FIXED}",
        ),
    )

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> tuple[list[list[Bands]], Sequence[Metric]]:
        return [_passes(image) for image in reference], wanted

    def compare(self, prepared: tuple[list[list[Bands]], Sequence[Metric]], distorted: Channels) -> dict[str, Values]:
        references, wanted = prepared
        maps = [_distances(one, _passes(image)) for one, image in zip(references, distorted, strict=True)]
        values = {"butteraugli": [each.max() for each in maps], "butteraugli_3norm": [_norm(each) for each in maps]}
        return {metric.column: np.array(values[metric.column], np.float64) for metric in wanted}


def _passes(image: npt.NDArray[np.float32]) -> list[Bands]:
    """The bands of a picture, shape (C, H, W), and of its halved one where that is large enough."""
    light = linear_light(image[np.newaxis])[:, 0]
    half = _halved(light)
    return [bands(opsin(each)) for each in (light, half) if min(each.shape[1:]) >= _SMALLEST]


def _halved(light: Samples) -> Samples:
    """Means of 2×2 pixels; those of an odd size's last row or column are of fewer."""
    height, width = light.shape[1:]
    even = np.pad(light, ((0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    return np.float32(0.25) * (even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2])


def _distances(reference: list[Bands], distorted: list[Bands]) -> Samples:
    """The distance at each pixel, shape (H, W)."""
    first, *more = (_distance(one, two) for one, two in zip(reference, distorted, strict=True))
    for coarse in more:
        height, width = first.shape
        first *= np.float32(0.85)
        first += np.float32(0.5) * coarse.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    return first


def _distance(reference: Bands, distorted: Bands) -> Samples:
    """The distance at each pixel in one pass."""
    root = _ASYMMETRY**0.5
    chroma = _along_lines(reference.highest[0], distorted.highest[0], FINE, 173.5, 5.0, _ASYMMETRY)
    chroma += _along_lines(reference.high[0], distorted.high[0], COARSE, 6923.99476109, 8051.15833247, root)
    chroma += _along_lines(reference.middle[0], distorted.middle[0], COARSE, 8246.75321353, 1009002.70582, 1)
    chroma += _at_points(reference.high[0], distorted.high[0], 400.0)
    luma = _along_lines(reference.highest[1], distorted.highest[1], FINE, 1.10039032555, 71.7800275169, _ASYMMETRY)
    luma += _along_lines(reference.high[1], distorted.high[1], COARSE, 18.7237414387, 4498534.45232, root)
    luma += _along_lines(reference.middle[1], distorted.middle[1], COARSE, 37.0819870399, 130262059.556, 1)
    luma += _at_points(reference.high[1], distorted.high[1], 1.50815703118)
    squared = np.square(reference.middle - distorted.middle)
    chroma += np.float32(2150) * squared[0]
    luma += np.float32(10.6195433239) * squared[1]
    blue = np.float32(16.2176043152) * squared[2]
    squared = np.square(reference.low - distorted.low)
    low = np.float32(29.2353797994) * squared[0]
    low += np.float32(0.844626970982) * squared[1]
    low += np.float32(0.703646627719) * squared[2]
    before, after = _activity(reference), _activity(distorted)
    luma += np.float32(10) * np.square(before - after)
    busy = _eroded(before)
    fine = _hiding(busy, 2.5485944793, 0.451936922203, 0.829591754942)
    coarse = _hiding(busy, 0.505054525019, 3.87449418804, 0.20025578522)
    return np.asarray(np.sqrt(low * coarse + (chroma + luma + blue) * fine))


def _along_lines(
    reference: Samples, distorted: Samples, lines: Lines, weight: float, norm: float, asymmetry: float
) -> Samples:
    return line_errors(reference, distorted, lines, more=weight * asymmetry, less=weight / asymmetry, norm=norm)


def _at_points(reference: Samples, distorted: Samples, weight: float) -> Samples:
    """Weighted squares of differences, and of what goes beyond 0.4 to 1 of the original's value."""
    amplitude = np.abs(reference)
    toward = np.where(reference < 0, -distorted, distorted)
    beyond = np.maximum(np.float32(0.4) * amplitude - toward, 0) + np.maximum(toward - amplitude, 0)
    total: Samples = np.float32(0.8 * weight * _ASYMMETRY) * np.square(reference - distorted)
    total += np.float32(0.8 * weight / _ASYMMETRY) * np.square(beyond)
    return total


def _activity(seen: Bands) -> Samples:
    """How busy a picture is around each pixel."""
    chroma = (seen.highest[0] + seen.high[0]) * np.float32(2.5)
    luma = seen.highest[1] * np.float32(0.4) + seen.high[1] * np.float32(0.4)
    strength = np.sqrt(chroma * chroma + luma * luma)
    bias = np.float32(6.19424080439) * np.float32(12.61050594197)
    return blur(np.sqrt(np.float32(6.19424080439) * strength + bias) - np.sqrt(bias), 2.7)


def _eroded(activity: Samples) -> Samples:
    """A mean of the three least values around each pixel: next to what is smooth nothing is hidden."""
    height, width = activity.shape
    padded = np.pad(activity, _STEP, constant_values=np.inf)
    least, second, third = activity.copy(), 2 * activity, 2 * activity
    for top in (0, _STEP, 2 * _STEP):
        for left in (0, _STEP, 2 * _STEP):
            if (top, left) != (_STEP, _STEP):
                value = padded[top : top + height, left : left + width]
                least, value = np.minimum(least, value), np.maximum(least, value)
                second, value = np.minimum(second, value), np.maximum(second, value)
                third = np.minimum(third, value)
    return np.asarray(np.float32(0.45) * least + np.float32(0.3) * second + np.float32(0.25) * third)


def _hiding(busy: Samples, height: float, slope: float, offset: float) -> Samples:
    """The weight of squared differences, less where the picture is busier."""
    return np.square((1 + height / (slope * busy.astype(np.float64) + offset)) / _THRESHOLD).astype(np.float32)


def _norm(distances: Samples) -> float:
    cubes = distances.astype(np.float64) ** 3
    return float(np.mean([(cubes**power).mean() ** (1 / (3 * power)) for power in (1, 2, 4)]))
