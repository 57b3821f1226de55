"""Bits that an encoder decides by what they cost as well as by what they repair; the decoder knows nothing of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmark.neural.streams.bit_model import (
    CENTRE,
    PHASES,
    UNITS,
    BitCode,
    BitModel,
    Signs,
    flat,
    logits_of,
    shifted,
    signs_of,
    taps_of,
)

Floats = npt.NDArray[np.float32]

_SUREST = 16
"""Bits that the rarest bit costs in a stream."""


def decided(
    activations: Floats, feedback: Floats, prices: Floats, model: BitModel, previous: Sequence[BitCode] = ()
) -> BitCode:
    """Bits of a level, one after another in coding order: each has the sign of what it repairs less what it costs.

    The lengths of bits are those of the model, without the counts that adapt to an image: these would take as long
    again, and change next to nothing.

    Args:
        activations: the encoder's, shape (N, H, W, C); positive ones ask for a one.
        feedback: by how much each earlier bit of ±1 at a position lowers a later activation, shape (C, C), zero but
            above the diagonal.
        prices: the price of one bit of length, in units of activations, shape (N, H, W, C).
        model: the model of the bits.
        previous: the codes of the levels before, the latest first, as many as the model uses.

    Returns:
        The code, shape (N, H, W, C).
    """
    count, height, width, channels = activations.shape
    signs: Signs = np.zeros((channels, count, height + 2, width + 2), np.float32)
    before = [signs_of(code, np.float32) for code in previous]
    weights = model.weights.astype(np.float32).swapaxes(1, 2)
    for phase, (top, left) in enumerate(PHASES):
        own = shifted(signs, phase, (0, 0))
        wanted, price = (flat(np.moveaxis(part, -1, 0)[..., top::2, left::2]) for part in (activations, prices))
        bits = np.zeros_like(wanted)
        sums = np.repeat(model.bias[phase, :, np.newaxis].astype(np.float32), bits.shape[1], axis=1)
        for tap, values in taps_of(signs, before, phase):
            sums += weights[tap] @ flat(values)
        gains, offsets = model.gains(sums[channels:])
        for channel in range(channels):
            known = bits[:channel]
            total = sums[channel] + weights[CENTRE, channel, :channel] @ known
            lengths = logits_of(total, gains[channel], offsets[channel]) / (UNITS * np.log(2))
            repaired = wanted[channel] - feedback[:channel, channel] @ known
            bits[channel] = np.where(repaired + price[channel] * np.clip(lengths, -_SUREST, _SUREST) >= 0, 1, -1)
        own[...] = bits.reshape(own.shape)
    return np.ascontiguousarray(np.moveaxis(signs[:, :, 1:-1, 1:-1] > 0, 0, -1), dtype=np.uint8)
