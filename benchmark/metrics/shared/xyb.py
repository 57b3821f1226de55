"""Linear light and the XYB colours of libjxl, rounding for rounding, for metrics that are defined by its programs."""

from __future__ import annotations

import numpy as np

from benchmark.metric import Channels
from benchmark.metrics.shared.fused import Samples, fused, product

_BIAS = np.float32(0.0037930732552754493)
"""Added to each response of the opsin space before its cube root."""

_BLOCK = 4096
"""Pixels that are converted at a time: what is at work on them should stay in the cache."""


def _light() -> Samples:
    """Linear light, 0 to 1, of the 256 values of sRGB: libjxl's rational approximation."""
    signal = np.arange(256, dtype=np.float32) * np.float32(1 / 255)
    above = _polynomial(signal, (2.200248328e-04, 1.043637593e-02, 1.624820318e-01, 7.961564959e-01, 8.210152774e-01))
    above /= _polynomial(signal, (2.631846970e-01, 1.076976492, 4.987528350e-01, -5.512498495e-02, 6.521209011e-03))
    return np.where(signal > np.float32(0.04045), above, signal * (1 / np.float32(12.92)))


def _polynomial(signal: Samples, coefficients: tuple[float, ...]) -> Samples:
    last, *others = np.array(coefficients[::-1], np.float32)
    result = np.full_like(signal, last)
    for coefficient in others:
        result = fused(result, signal, coefficient)
    return result


def _opsin() -> Samples:
    """What 1, B, G and R count in the three responses, summed in this order: shape (3, 4)."""
    one, blue = np.float32(1), np.float32(0.078)
    reds = np.array([0.3, 0.23, 0.24342268924547819], np.float32)
    greens = np.array([one - blue - reds[0], one - blue - reds[1], 0.20476744424496821], np.float32)
    blues = np.array([blue, blue, one - reds[2] - greens[2]], np.float32)
    return np.stack([np.full(3, _BIAS), blues, greens, reds], axis=1)


_LIGHT = _light()
_OPSIN = _opsin()


def linear_light(channels: Channels) -> Samples:
    """Linear R, G and B, 0 to 1: shape (3, N, H, W). Those of a grey picture are equal.

    Args:
        channels: the channels of 8-bit sRGB pictures, shape (N, C, H, W).
    """
    values = channels[:, :3].astype(np.uint8)
    light = np.empty((3, len(values), *values.shape[2:]), np.float32)
    for colour, plane in enumerate(light):
        np.take(_LIGHT, values[:, colour if values.shape[1] == 3 else 0], out=plane)
    return light


def halve(light: Samples) -> Samples:
    """Means of 2×2 blocks, shape (3, N, H, W); an odd last row or column is repeated."""
    height, width = light.shape[2:]
    if height % 2 or width % 2:
        light = np.pad(light, ((0, 0), (0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    means: Samples = light[..., 0::2, 0::2] + light[..., 0::2, 1::2]
    means += light[..., 1::2, 0::2]
    means += light[..., 1::2, 1::2]
    means *= np.float32(0.25)
    return means


def xyb(light: Samples) -> Samples:
    """14 X + 0.42, Y + 0.01 and B − Y + 0.55 of linear R, G and B: shape (3, N, H, W), all in 0 to 1."""
    colours = np.empty_like(light)
    flat, target = light.reshape(3, -1), colours.reshape(3, -1)
    for start in range(0, flat.shape[1], _BLOCK):
        block = flat[:, start : start + _BLOCK]
        summands = np.ones((4, block.shape[1]), np.float32)
        summands[1:] = block[::-1]
        responses = np.empty_like(summands[:3])
        product(_OPSIN, summands, responses)
        long, middle, short = _roots(responses)
        x, y, b = target[:, start : start + _BLOCK]
        np.subtract(long, middle, out=x)
        x *= np.float32(0.5)
        x *= np.float32(14)
        x += np.float32(0.42)
        np.add(long, middle, out=y)
        y *= np.float32(0.5)
        np.subtract(short, y, out=b)
        b += np.float32(0.55)
        y += np.float32(0.01)
    return colours


def _roots(values: Samples) -> Samples:
    """Cube roots less that of the bias, by three steps of Newton's method for 1 / ∛x, and a fourth."""
    third, thirds = np.float32(1 / 3), np.float32(4 / 3)
    exact = values.astype(np.float64)
    part = (third * values).astype(np.float64)
    work = np.empty_like(exact)
    power = np.empty_like(values)
    # A third of the exponent, negative.
    root: Samples = (0x54800000 - (values.view(np.int32) >> 23) * 0x2AAAAA).astype(np.int32).view(np.float32)
    for _ in range(3):
        np.square(root, out=power)
        np.square(power, out=power)
        root *= thirds
        np.subtract(root, np.multiply(part, power, out=work), out=work)
        root[:] = work
    np.square(root, out=power)
    np.square(power, out=power)
    power[:] = np.subtract(root, np.multiply(exact, power, out=work), out=work)
    np.multiply(power, third, out=work, dtype=np.float64)
    work += root
    root[:] = work
    np.square(root, out=power)
    np.multiply(power, exact, out=work)
    work -= np.cbrt(_BIAS)
    root[:] = work
    return root
