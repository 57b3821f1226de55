"""A start for model 3 of binary-ae that is a codec before any training.

Its encoder is the KLT of 4×4 blocks and a uniform quantiser of each of its first coefficients, whose indices are the
bits; its decoder predicts a block from the bits of 3×3 blocks, linearly, as well as least squares can. Both are exact
in the layers that the network has: a bit is the sign of a triangular wave, which is a sum of ReLUs. All channels that
the start does not need stay as random as they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_BLOCK = 4
_FINEST = 4
"""Bits of a coefficient at most: the waves of more of them would take more ReLUs than there are."""
_COEFFICIENTS = 16
"""Of the KLT that may get bits at all."""
_SAMPLES = 8000
"""Blocks by which a quantiser's step is chosen."""
_RIDGE = 10.0

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Quantisers:
    """Uniform quantisers of the KLT coefficients of blocks.

    Attributes:
        mean: of a block's pixels in 0–1, (48,), ordered by row, column and channel.
        transform: to coefficients of unit variance, (48, K).
        bits: of each coefficient, (K,); none is 0.
        steps: of each quantiser, (K,).
    """

    mean: Doubles
    transform: Doubles
    bits: npt.NDArray[np.int64]
    steps: Doubles

    def signs(self, blocks: Doubles) -> Doubles:
        """Bits ±1, (B, sum of bits), of blocks (B, 48): each coefficient's from the highest to the lowest."""
        coefficients = (blocks - self.mean) @ self.transform
        planes = []
        for values, count, step in zip(coefficients.T, self.bits, self.steps, strict=True):
            index = _index(values, int(count), step).astype(np.int64)
            planes += [2.0 * (index >> (count - 1 - plane) & 1) - 1 for plane in range(count)]
        return np.stack(planes, axis=1)


def _index(values: Doubles, bits: int, step: float) -> Doubles:
    return np.clip(np.floor(values / step + 2.0 ** (bits - 1)), 0, 2.0**bits - 1)


def fit_quantisers(blocks: Doubles, total: int) -> Quantisers:
    """Quantisers with so many bits in all, each given to the coefficient whose squared error it lowers most.

    Args:
        blocks: pixels in 0–1, (B, 48).
        total: bits of a block.
    """
    mean = blocks.mean(axis=0)
    variance, vectors = np.linalg.eigh(np.cov(blocks.T))
    variance, vectors = variance[::-1][:_COEFFICIENTS], vectors[:, ::-1][:, :_COEFFICIENTS]
    transform = vectors / np.sqrt(variance)
    coefficients = (blocks[:_SAMPLES] - mean) @ transform

    def quantiser(values: Doubles, count: int) -> tuple[float, float]:
        """Smallest share of the variance that is left over, and the step that leaves it."""
        found = []
        for step in np.geomspace(0.05, 2, 25):
            centred = _index(values, count, step) - (2.0**count - 1) / 2
            gain = np.mean(values * centred) / np.mean(centred**2)
            found.append((float(np.mean((values - gain * centred) ** 2)), float(step)))
        return min(found)

    tables = [[(1.0, 0.0), *(quantiser(values, n) for n in range(1, _FINEST + 1))] for values in coefficients.T]
    bits = np.zeros(_COEFFICIENTS, np.int64)
    for _ in range(total):
        gains = [
            spread * (table[n][0] - table[n + 1][0]) if n < _FINEST else 0.0
            for spread, table, n in zip(variance, tables, bits, strict=True)
        ]
        bits[np.argmax(gains)] += 1
    used = np.flatnonzero(bits)
    steps = np.array([tables[k][bits[k]][1] for k in used])
    return Quantisers(mean, transform[:, used], bits[used], steps)


def start_linear(network: Any, images: npt.NDArray[np.uint8]) -> None:
    """Gives a network of model 3 this start.

    Args:
        network: a ``BinaryAutoencoder``.
        images: to learn from, (N, H, W, 3), whose sides are multiples of 4.
    """
    count, height, width = images.shape[0], images.shape[1] // _BLOCK, images.shape[2] // _BLOCK
    grid = (images / 255).reshape(count, height, _BLOCK, width, _BLOCK, 3).swapaxes(2, 3)
    blocks = grid.reshape(-1, _BLOCK * _BLOCK * 3)
    quantisers = fit_quantisers(blocks, network.encoder.layers[-1].filters)
    _start_encoder(network.encoder.layers, quantisers)
    signs = quantisers.signs(blocks).reshape(count, height, width, -1)
    _start_decoder(network.decoder.layers, *_predictor(signs, blocks.reshape(count, height, width, -1)))


def _start_encoder(layers: list[Any], quantisers: Quantisers) -> None:
    halves = [(row, column) for row in range(2) for column in range(2)]
    kernel, bias = _cleared(layers[0], 12)
    for place, (row, column) in enumerate(halves):
        kernel[row, column, :, 3 * place : 3 * place + 3] = np.eye(3)
    layers[0].set_weights([kernel, bias])

    ramps: list[tuple[int, float, float]] = []  # coefficient, sign and offset of each ReLU
    waves: list[tuple[float, float, dict[int, float]]] = []  # slope, first zero and weights of the ReLUs of each bit
    for place, (count, step) in enumerate(zip(quantisers.bits, quantisers.steps, strict=True)):
        line = len(ramps)
        ramps += [(place, 1.0, 0.0), (place, -1.0, 0.0)]
        for plane in range(count):
            period = step * 2.0 ** (count - 1 - plane)
            zeros = period * np.arange(1 - 2**plane, 2**plane)
            turns = (zeros[:-1] + zeros[1:]) / 2
            weights = {line: 1.0, line + 1: -1.0}
            weights |= {len(ramps) + turn: 2.0 * (-1) ** (turn + 1) for turn in range(len(turns))}
            ramps += [(place, 1.0, -float(turn)) for turn in turns]
            waves.append((1 / period, zeros[0], weights))
    kernel, bias = _cleared(layers[1], len(ramps))
    for ramp, (place, sign, offset) in enumerate(ramps):
        vector = sign * quantisers.transform[:, place]
        bias[ramp] = offset - vector @ quantisers.mean
        pixels = vector.reshape(2, 2, 2, 2, 3)  # half and row in it, half and column in it, channel
        for row, column in halves:
            kernel[1 + row, 1 + column, :12, ramp] = pixels[row, :, column].reshape(12)
    layers[1].set_weights([kernel, bias])

    kernel, bias = _cleared(layers[2], len(waves))
    for wave, (slope, zero, weights) in enumerate(waves):
        bias[wave] = -slope * zero
        for ramp, weight in weights.items():
            kernel[0, 0, ramp, wave] = slope * weight
    layers[2].set_weights([kernel, bias])

    kernel, bias = _cleared(layers[3], len(waves))
    kernel[0, 0, : len(waves)] = np.eye(len(waves))
    layers[3].set_weights([kernel, bias])


def _predictor(signs: Doubles, blocks: Doubles) -> tuple[Doubles, Doubles]:
    """Least-squares weights (3, 3, C, 48) and offsets (48,) that predict blocks from the bits of 3×3 of them."""
    height, width = signs.shape[1] - 2, signs.shape[2] - 2
    taps = [signs[:, row : row + height, column : column + width] for row in range(3) for column in range(3)]
    known = np.concatenate([*taps, np.ones_like(taps[0][..., :1])], axis=3).reshape(-1, 9 * signs.shape[3] + 1)
    wanted = blocks[:, 1:-1, 1:-1].reshape(len(known), -1)
    found = np.linalg.solve(known.T @ known + _RIDGE * np.eye(known.shape[1]), known.T @ wanted)
    return found[:-1].reshape(3, 3, signs.shape[3], -1), found[-1]


def _start_decoder(layers: list[Any], predictor: Doubles, offsets: Doubles) -> None:
    kernel, bias = _cleared(layers[0], len(offsets), transposed=True)
    kernel[:, :, : len(offsets)] = predictor[::-1, ::-1].swapaxes(2, 3)
    bias[: len(offsets)] = offsets
    layers[0].set_weights([kernel, bias])
    # Each of the next two layers halves a block: of its rows and columns, it keeps those of a half.
    for layer, half in ((layers[1], 2), (layers[2], 1)):
        side, size = 2 * half, 3 * half * half
        places = np.arange(3 * side * side).reshape(2, half, 2, half, 3)
        kernel, bias = _cleared(layer, size, transposed=True)
        for row in range(2):
            for column in range(2):
                kernel[row, column, np.arange(size), places[row, :, column].reshape(-1)] = 1
        layer.set_weights([kernel, bias])
    kernel, bias = _cleared(layers[3], 3, transposed=True)
    kernel[0, 0, :, :3] = np.eye(3)
    layers[3].set_weights([kernel, bias])


def _cleared(layer: Any, channels: int, transposed: bool = False) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """A layer's weights, those of its first output channels zero."""
    kernel, bias = (values.copy() for values in layer.get_weights())
    bias[:channels] = 0
    if transposed:
        kernel[:, :, :channels] = 0
    else:
        kernel[..., :channels] = 0
    return kernel, bias
