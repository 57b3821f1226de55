"""Binary codes, and the logits that a model gives them by its definition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from benchmark.neural.streams import bit_model
from benchmark.neural.streams.bit_model import BitCode, BitModel

CHANNELS = 8


def fields(count: int, height: int, width: int, *, blur: float = 1.5, seed: int = 0) -> tuple[BitCode, BitCode]:
    """A code and the one before it: smooth fields, mixed into channels, cut at zero; each with noise of its own."""
    rng = np.random.default_rng(seed)
    smooth = gaussian_filter(rng.normal(size=(count, height, width, 3)), (0, blur, blur, 0), mode="wrap")
    mixed = smooth / smooth.std() @ np.random.default_rng(99).normal(size=(3, CHANNELS))
    first, second = ((mixed + rng.normal(0, 0.4, mixed.shape) > 0).astype(np.uint8) for _ in range(2))
    return first, second


def logits(codes: BitCode, model: BitModel, previous: Sequence[BitCode] = ()) -> npt.NDArray[np.int64]:
    """The logit of each bit, position by position in Python's integers: the definition that the module makes fast."""
    _, height, width, channels = codes.shape
    phases = {phase: index for index, phase in enumerate(bit_model.PHASES)}
    found = np.zeros(codes.shape, np.int64)
    for n, row, column in np.ndindex(codes.shape[:3]):
        phase = phases[row % 2, column % 2]
        sums = model.bias[phase].astype(object)
        for tap, (code, (down, right)) in enumerate(bit_model.taps(len(previous))):
            y, x = row + down, column + right
            if not (0 <= y < height and 0 <= x < width):
                continue
            if code or phases[y % 2, x % 2] < phase:
                seen = (previous[code - 1] if code else codes)[n, y, x]
                sums += sum(
                    weights.astype(object) * (1 if bit else -1)
                    for weights, bit in zip(model.weights[tap], seen, strict=True)
                )
        for channel in range(channels):
            for earlier in range(channel):
                sums[channel] += int(model.weights[4, earlier, channel]) * (1 if codes[n, row, column, earlier] else -1)
        features = [min(max(value // 8, 0), 255) for value in sums[channels:]]
        mixed = features @ model.mixing.astype(object) + model.mixing_bias.astype(object)
        features = [one + min(max(value // 256, 0), 255) for one, value in zip(features, mixed, strict=True)]
        heads = features @ model.heads.astype(object) + model.heads_bias.astype(object)
        for channel in range(channels):
            gain = round(2 ** (8 + min(max(heads[channel] // 1024, -24), 23) % 8 / 8))
            gain <<= 3 + min(max(heads[channel] // 1024, -24), 23) // 8
            found[n, row, column, channel] = (sums[channel] * gain >> 11) + heads[channels + channel] // 32
    return found
