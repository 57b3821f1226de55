"""What the eye gets by Butteraugli: light that cones absorb and adapt to, parted into bands of frequencies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Planes of float32, the last two axes (H, W)."""

_MIXES = np.array(
    [
        [0.29956550340058319, 0.63373087833825936, 0.077705617820981968],
        [0.22158691104574774, 0.69391388044116142, 0.0987313588422],
        [0.02, 0.02, 0.20480129041026129],
    ],
    np.float32,
)
_NOISE = np.array([1.7557483643287353, 1.7557483643287353, 12.226454707163354], np.float32)
"""What cones tell of darkness."""
_LIGHT = np.float32(80)
"""Luminance of white, in cd/m²."""


def blur(planes: Samples, sigma: float) -> Samples:
    """A Gaussian of 2.25 σ to either side; at an edge, of five taps: mirrored, of more: of what there is."""
    from scipy.ndimage import correlate1d

    reach = max(1, int(2.25 * sigma))
    taps = np.exp(np.arange(-reach, reach + 1, dtype=np.float64) ** 2 * (-0.5 / sigma**2)).astype(np.float32)
    if reach == 2:
        taps /= taps.sum()
        for axis in (-1, -2):
            planes = correlate1d(planes, taps, axis, mode="reflect")
        return planes
    for axis in (-1, -2):
        inside = correlate1d(np.ones(planes.shape[axis], np.float32), taps, mode="constant")
        planes = correlate1d(planes, taps, axis, mode="constant")
        planes /= inside if axis == -1 else inside[:, np.newaxis]
    return planes


def opsin(light: Samples) -> Samples:
    """What the cones tell: red less green, red and green, blue; shape (3, …, H, W).

    Args:
        light: linear RGB in 0–1, shape (3, …, H, W).
    """
    around = np.maximum(_absorbed(blur(light, 1.2)), _planes(_NOISE, light))
    sensitivity = np.maximum(_gamma(around) / around, np.float32(1e-4))
    cones = np.maximum(_absorbed(light) * sensitivity, _planes(_NOISE, light))
    return np.stack([cones[0] - cones[1], cones[0] + cones[1], cones[2]])


def _planes(values: npt.NDArray[np.float32], like: Samples) -> Samples:
    return values.reshape(3, *[1] * (like.ndim - 1))


def _absorbed(light: Samples) -> Samples:
    scaled = light * _LIGHT
    return np.asarray(np.tensordot(_MIXES, scaled, 1) + _planes(_NOISE, light), np.float32)


def _gamma(absorbed: Samples) -> Samples:
    log = _log2(absorbed + np.float32(9.9710635769299145))
    return log * np.float32(19.245013259874995 * math.log(2)) - np.float32(23.16046239805755)


def _log2(values: Samples) -> Samples:
    """libjxl's fast logarithm to base 2: its error of some millionths is part of the metric."""
    bits = values.view(np.int32)
    exponent = (bits - np.int32(0x3F2AAAAB)) >> 23
    x = (bits - (exponent << 23)).view(np.float32) - np.float32(1)
    above = (np.float32(7.4245873327820566e-01) * x + np.float32(1.4287160470083755)) * x + np.float32(-1.85038334e-06)
    below = (np.float32(1.7409343003366853e-01) * x + np.float32(1.0096718572241148)) * x + np.float32(9.90328143e-01)
    return np.asarray(above / below + exponent.astype(np.float32), np.float32)


@dataclass(frozen=True)
class Bands:
    """What the eye gets of a picture, by frequency.

    Attributes:
        highest: red–green and luminance, shape (2, …, H, W).
        high: the same.
        middle: red–green, luminance and blue, shape (3, …, H, W).
        low: the same, in units of its errors.
    """

    highest: Samples
    high: Samples
    middle: Samples
    low: Samples


def bands(seen: Samples) -> Bands:
    """The bands of what :func:`opsin` returned."""
    low = blur(seen, 7.15593339443)
    rest = seen - low
    middle = blur(rest, 3.22489901262)
    high = rest[:2] - middle[:2]
    middle[0] = _without(middle[0], 0.29)
    middle[1] = _amplified(middle[1], 0.1)
    # Luminance that changes hides changes of red and green.
    suppress = np.float32(46)
    hidden = suppress / (high[1] * high[1] + suppress)
    high[0] *= hidden * np.float32(1 - 0.653020556257) + np.float32(0.653020556257)
    smooth = blur(high, 1.56416327805)
    highest = high - smooth
    highest[0] = _without(highest[0], 0.04)
    smooth[0] = _without(smooth[0], 1.5)
    smooth[1] = _clamped(smooth[1], 28.4691806922)
    highest[1] = _clamped(high[1] - smooth[1], 5.19175294647) * np.float32(2.69313763794)
    smooth[1] = _amplified(smooth[1] * np.float32(2.155), 0.132)
    blue = low[2] - np.float32(0.362267051518) * low[1]
    low = np.stack(
        [low[0] * np.float32(32.2217497012), low[1] * np.float32(13.7697791434), blue * np.float32(47.504615728)]
    )
    return Bands(highest, smooth, middle, low)


def _without(values: Samples, width: float) -> Samples:
    """Values nearer to zero by a width, and zero within it."""
    return values - np.clip(values, np.float32(-width), np.float32(width))


def _amplified(values: Samples, width: float) -> Samples:
    """Values farther from zero by a width, and twice as far within it."""
    return values + np.clip(values, np.float32(-width), np.float32(width))


def _clamped(values: Samples, limit: float) -> Samples:
    """Values that rise more slowly beyond a limit."""
    inside = np.clip(values, np.float32(-limit), np.float32(limit))
    return inside + np.float32(0.724216145665) * (values - inside)
