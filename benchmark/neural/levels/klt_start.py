"""A start for a convolutional network with one level of bits: a KLT of 4×4 blocks, each coefficient quantised.

Only weights are set, the layers are as they were. A coefficient's first bits are a Gray code of its cell: each boundary
between cells turns one of them. The last bit is the half of the cell, low or high.

Importing this module loads Keras.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError
from benchmark.neural.levels.binary import BinaryAutoencoder

SIDE = 4
"""Of a block, in pixels: the stride of the code."""
MOST = 5
"""Bits of one coefficient at most."""
TIED = 5
"""Bits from which the halves of all cells are equally far apart: the decoder's first layer has no unit for each."""
_SPREAD = 0.5
"""Standard deviation of an activation before tanh: inside what it passes on."""
_ROUNDS = 200
"""Of Lloyd's algorithm: after 30 the error of 5 bits is still twice as large."""
_LEAST_GAIN = 1e-9
"""Of a bit that is given to a coefficient, in squared samples of 0–1: far below what 8 bits of a sample tell."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Coefficient:
    """A quantised coefficient.

    Attributes:
        vector: what a block, shape (48,), is multiplied by.
        bits: how many bits it has, from 1.
        thresholds: boundaries of its cells, ascending, 2^bits − 1 of them.
        values: what each pair of cells stands for, 2^(bits − 1) of them.
        steps: what the last bit, ±1, adds in each.
    """

    vector: Floats
    bits: int
    thresholds: Floats
    values: Floats
    steps: Floats


def klt_start(network: BinaryAutoencoder, images: npt.NDArray[np.uint8]) -> None:
    """Sets weights of model 3 of ``binary-ae`` so that it codes and decodes at once; the others stay as they are.

    Args:
        network: three convolutions with strides 2, 1, 2, and one of 1×1 that gives the code; two transposed ones of
            stride 2 after one of stride 1, and one of 1×1 that gives the image.
        images: the images to learn from, (N, H, W, 3) whose sides are multiples of 4.

    Raises:
        UsageError: they have too little detail.
    """
    size, height, width, _ = images.shape
    grid = images.reshape(size, height // SIDE, SIDE, width // SIDE, SIDE, 3).swapaxes(2, 3)
    blocks = grid.reshape(-1, SIDE * SIDE * 3) / 255.0
    mean = blocks.mean(axis=0)
    coefficients = quantised(blocks - mean, network.encoder.layers[-1].filters)
    _start_encoder(network.encoder.layers, coefficients, blocks - mean, mean)
    _start_decoder(network.decoder.layers, coefficients, mean)


def quantised(blocks: Floats, bits: int) -> list[Coefficient]:
    """The coefficients of a KLT, each bit where it lowers the error most.

    Args:
        blocks: shape (N, 48), of mean zero.
        bits: how many there are for a block.

    Returns:
        Those that have bits, from the largest variance on.

    Raises:
        UsageError: the blocks differ too little for so many bits.
    """
    _, vectors = np.linalg.eigh(np.cov(blocks.T))
    candidates: list[list[Coefficient]] = []
    errors: list[list[float]] = []
    for vector in vectors.T[::-1][:bits]:
        values = blocks @ vector
        candidates.append([])
        errors.append([float(np.mean(values**2))])
        for count in range(1, MOST + 1):
            found = _quantiser(vector, values, count)
            candidates[-1].append(found)
            # Values that are hardly different fill fewer cells, and then a bit more is of no use.
            apart = bool((np.diff(found.thresholds) > 0).all())
            errors[-1].append(float(np.mean((values - decoded(found, values)) ** 2)) if apart else errors[-1][-1])
    spent = [0] * len(candidates)
    for _ in range(bits):
        gains = [e[n] - e[n + 1] if n < MOST else 0.0 for e, n in zip(errors, spent, strict=True)]
        if max(gains) <= _LEAST_GAIN:
            raise UsageError(
                f"init: klt needs pictures with more detail: their {len(blocks):,} blocks of {SIDE}×{SIDE} pixels are "
                f"told apart by {sum(spent)} bits of {bits}; give more pictures, or init=random"
            )
        spent[int(np.argmax(gains))] += 1
    return [found[count - 1] for found, count in zip(candidates, spent, strict=True) if count]


def decoded(coefficient: Coefficient, values: Floats) -> Floats:
    """What a coefficient's values, any shape, become."""
    cell = np.searchsorted(coefficient.thresholds, values)
    return coefficient.values[cell // 2] + coefficient.steps[cell // 2] * (2 * (cell % 2) - 1)


def _quantiser(vector: Floats, values: Floats, bits: int) -> Coefficient:
    """By Lloyd's algorithm, which begins at the quantiles."""
    cells = 1 << bits
    ordered = np.sort(values)
    sums = np.concatenate([[0], np.cumsum(ordered)])
    centres = np.quantile(ordered, (np.arange(cells) + 0.5) / cells)
    for _ in range(_ROUNDS):
        ends = np.searchsorted(ordered, [-np.inf, *(centres[1:] + centres[:-1]) / 2, np.inf])
        count = np.diff(ends)
        means = np.where(count > 0, np.diff(sums[ends]) / np.maximum(count, 1), centres)
        low, high = means.reshape(-1, 2).T
        weight = count.reshape(-1, 2) + 1e-9
        step = (high - low) / 2
        if bits >= TIED:  # by least squares
            both = weight.prod(axis=1) / weight.sum(axis=1)
            step = np.full_like(step, (both * step).sum() / both.sum())
        middle = np.sort((weight * np.stack([low + step, high - step], axis=1)).sum(axis=1) / weight.sum(axis=1))
        if bits >= TIED:
            step = np.minimum(step, 0.49 * np.diff(middle).min())  # halves of neighbours do not change places
        centres = np.stack([middle - step, middle + step], axis=1).ravel()
    low, high = centres.reshape(-1, 2).T
    return Coefficient(vector, bits, (centres[1:] + centres[:-1]) / 2, (low + high) / 2, (high - low) / 2)


def _crossings(coefficient: Coefficient) -> list[Floats]:
    """Where the activation of each bit crosses zero, ascending, upwards first."""
    thresholds = coefficient.thresholds
    gray = [(len(thresholds) + 1) >> bit for bit in range(coefficient.bits - 1)]
    return [*(thresholds[apart // 2 - 1 :: apart] for apart in gray), thresholds]


def _taps(vector: Floats) -> Floats:
    """A block's samples, shape (48,), as 2×2 squares of 2×2 pixels, shape (2, 2, 12)."""
    return vector.reshape(2, 2, 2, 2, 3).swapaxes(1, 2).reshape(2, 2, 12)


def _start_encoder(layers: Sequence[Any], coefficients: Sequence[Coefficient], blocks: Floats, mean: Floats) -> None:
    """The first layer passes samples on, the second has ramps of coefficients, the third makes waves of ramps."""
    (first, zero), (ramps, knees), (waves, levels), (code, shifts) = map(_weights, layers)
    first[..., :12] = 0
    for sample in range(12):
        first[sample // 6, sample // 3 % 2, sample % 3, sample] = 1
    zero[:12] = 0
    waves[..., : code.shape[-1]] = 0
    code[...] = shifts[...] = 0
    unit = channel = 0
    for coefficient in coefficients:
        values = blocks @ coefficient.vector
        first_knot = float(coefficient.thresholds[0] - np.std(values))  # below it a wave stays as low as it is there
        units: dict[float, int] = {}
        for crossings in _crossings(coefficient):
            knots = [first_knot, *(crossings[1:] + crossings[:-1]) / 2]
            levels[channel] = first_knot - crossings[0]
            wave = np.full(len(values), levels[channel])
            for index, knot in enumerate(knots):
                height = 1.0 if index else 0.5  # so that all slopes are 2, which a kernel in 8 bits has exactly
                if knot not in units:
                    units[knot] = unit
                    ramps[..., unit] = 0
                    ramps[1:, 1:, :12, unit] = height * _taps(coefficient.vector)
                    knees[unit] = height * (-knot - coefficient.vector @ mean)
                    unit += 1
                slope = -2 if index % 2 else 2
                waves[0, 0, units[knot], channel] = slope
                wave += slope * height * np.maximum(values - knot, 0)
            code[0, 0, channel, channel] = _SPREAD / np.std(wave)
            channel += 1
    for layer, weights in zip(layers, [(first, zero), (ramps, knees), (waves, levels), (code, shifts)], strict=True):
        layer.set_weights(weights)


def _start_decoder(layers: Sequence[Any], coefficients: Sequence[Coefficient], mean: Floats) -> None:
    """The first layer has a unit for each pair of cells, the second the samples of 2×2 pixels, the third a pixel's."""
    (cells, biases), (squares, zero), (pixels, none), (image, black) = map(_weights, layers)
    squares[:, :, :12] = pixels[:, :, :3] = image[...] = 0
    zero[:12] = none[:3] = black[...] = 0
    # What all blocks have in common is added by one coefficient, of which exactly one pair of cells is always there.
    common = _taps(mean)
    unit = channel = 0
    for coefficient in coefficients:
        taps, gray_bits = _taps(coefficient.vector), coefficient.bits - 1
        last = channel + gray_bits
        tied = coefficient.bits >= TIED
        for pair in range(1 << gray_bits):
            gray = [(pair ^ pair >> 1) >> (gray_bits - 1 - bit) & 1 for bit in range(gray_bits)]
            # 1 if all bits are those of the pair, else 0; then the same for its upper half.
            for upper in (False,) if tied else (False, True):
                cells[:, :, unit] = 0
                cells[1, 1, unit, channel:last] = np.array(gray) - 0.5
                cells[1, 1, unit, last] = 0.5 * upper
                biases[unit] = 1 - (gray_bits + upper) / 2
                step = coefficient.steps[pair]
                lower = (coefficient.values[pair] - step) * taps + common
                squares[:, :, :12, unit] = 2 * step * taps if upper else lower
                unit += 1
        if tied:
            cells[:, :, unit] = 0
            cells[1, 1, unit, last] = biases[unit] = 0.5
            squares[:, :, :12, unit] = 2 * coefficient.steps[0] * taps
            unit += 1
        channel, common = last + 1, np.zeros_like(common)
    for sample in range(12):
        pixels[sample // 6, sample // 3 % 2, sample % 3, sample] = 1
    image[0, 0, range(3), range(3)] = 1
    for layer, weights in zip(layers, [(cells, biases), (squares, zero), (pixels, none), (image, black)], strict=True):
        layer.set_weights(weights)


def _weights(layer: Any) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """A copy of a layer's kernel and biases."""
    kernel, bias = layer.get_weights()
    return kernel.copy(), bias.copy()
