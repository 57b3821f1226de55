"""Binary codes, and the logits that a model gives them by its definition."""

from __future__ import annotations

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


def logits(codes: BitCode, model: BitModel, previous: BitCode | None = None) -> npt.NDArray[np.int64]:
    """The logit of each bit, position by position in Python's integers: the definition that the module makes fast."""
    _, height, width, channels = codes.shape
    phases = {phase: index for index, phase in enumerate(bit_model.PHASES)}
    sums = np.zeros(codes.shape, np.int64)
    for n, row, column, channel in np.ndindex(codes.shape):
        phase = phases[row % 2, column % 2]
        total = int(model.bias[phase, channel])
        for tap, (down, right) in enumerate(bit_model.OFFSETS):
            y, x = row + down, column + right
            if 0 <= y < height and 0 <= x < width:
                known = channel if (y, x) == (row, column) else channels * (phases[y % 2, x % 2] < phase)
                total += sum(
                    int(weight) * (1 if bit else -1)
                    for weight, bit in zip(model.weights[phase, tap, channel], codes[n, y, x, :known], strict=False)
                )
                if previous is not None:
                    weights = model.weights[phase, 9 + tap, channel].tolist()
                    total += sum(w * (1 if bit else -1) for w, bit in zip(weights, previous[n, y, x], strict=True))
        sums[n, row, column, channel] = total
    return sums
