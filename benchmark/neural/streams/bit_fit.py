"""Learns what predicts the bits of a binary code."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError
from benchmark.neural.streams.bit_model import (
    BIN_SHIFT,
    BINS,
    CENTRE,
    EXACT,
    OBSERVATION,
    OFFSETS,
    PHASES,
    STRENGTH,
    UNITS,
    BitCode,
    BitModel,
    bins_of,
    flat,
    shifted,
    signs_of,
    taps_of,
)

_MAX_EXAMPLES = 1 << 16
_BATCH = 1024


def fit_bit_model(codes: BitCode, previous: BitCode | None = None, *, seed: int, steps: int = 2000) -> BitModel:
    """A model learned from codes: logistic regressions by Adam, rounded to integers, then counted.

    Args:
        codes: shape (N, H, W, C); at most 65,536 positions of each phase are used, drawn at random.
        previous: codes of the same shape that the decoder will have, if any.
        seed: the seed of that draw and of the batches.
        steps: the number of the optimiser's steps for each phase, on 1024 positions each.

    Returns:
        A model whose weights were learned from the first seven eighths of the positions, in the order of the images,
        and whose counts from the last.

    Raises:
        UsageError: there are fewer than 8 positions in a phase, or the two codes' shapes differ.
    """
    if previous is not None and previous.shape != codes.shape:
        raise UsageError(f"the previous code is of shape {previous.shape}, the code of shape {codes.shape}")
    rng = np.random.default_rng(seed)
    channels = codes.shape[-1]
    signs = signs_of(codes, np.int8)
    before = None if previous is None else signs_of(previous, np.int8)
    weights = np.zeros((len(PHASES), len(OFFSETS) * (1 if before is None else 2), channels, channels), np.int16)
    bias = np.zeros((len(PHASES), channels), np.int32)
    seen = np.zeros((2, BINS), np.int64)
    for phase in range(len(PHASES)):
        own = flat(shifted(signs, phase, (0, 0)))
        if own.shape[1] < 8:
            raise UsageError(f"a model of bits needs 8 positions in each phase, not {own.shape[1]}")
        chosen = np.sort(rng.permutation(own.shape[1])[:_MAX_EXAMPLES])
        targets = own[:, chosen].T
        taps = [*taps_of(signs, before, phase), (CENTRE, shifted(signs, phase, (0, 0)))]
        inputs = np.concatenate([flat(values)[:, chosen].T for _, values in taps], axis=1)
        held = len(chosen) // 8
        fitted, offset = _regress(inputs[:-held], targets[:-held], rng, steps)
        weights[phase, [tap for tap, _ in taps]] = fitted.reshape(len(taps), channels, channels).swapaxes(1, 2)
        bias[phase] = offset
        bins = bins_of(inputs[-held:].astype(np.float32) @ fitted.astype(np.float32) + offset)
        for bit in (0, 1):
            seen[bit] += np.bincount(bins[targets[-held:] == 2 * bit - 1], minlength=BINS)
    return BitModel(weights, bias, _initial_counts(seen))


def _regress(
    inputs: npt.NDArray[np.int8], targets: npt.NDArray[np.int8], rng: np.random.Generator, steps: int
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int32]]:
    """Logistic regressions of signs on signs, all at once, in integer units.

    The last C inputs are the targets themselves: of these a target sees the earlier ones.

    Returns:
        Weights of shape (inputs, C) and the bias of shape (C,).
    """
    size, channels = inputs.shape[1], targets.shape[1]
    known = np.ones((size + 1, channels), np.float32)
    known[size - channels : size] = np.triu(known[:channels], 1)
    weights, mean, square = (np.zeros_like(known) for _ in range(3))
    for step in range(steps):
        batch = rng.integers(0, len(inputs), _BATCH)
        values = np.ones((_BATCH, size + 1), np.float32)
        values[:, :size] = inputs[batch]
        slope = np.tanh(values @ weights / 2) - targets[batch]  # of the loss in nats, twice over
        gradient = known * (values.T @ slope) / _BATCH
        # Adam (Kingma and Ba, 2015), whose steps do not depend on the gradient's scale; a half cosine to zero.
        mean += 0.1 * (gradient - mean)
        square += 0.01 * (gradient**2 - square)
        rate = 0.005 * (1 + np.cos(np.pi * step / steps))
        weights -= rate * (mean / (1 - 0.9 ** (step + 1))) / (np.sqrt(square / (1 - 0.99 ** (step + 1))) + 1e-8)
    limit = min((EXACT - 1) // (size + 1), np.iinfo(np.int16).max)
    rounded = np.clip(np.rint(weights * UNITS), -limit, limit)
    return rounded[:size].astype(np.int16), rounded[size].astype(np.int32)


def _initial_counts(seen: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Counts of :data:`STRENGTH` observations in each bin, in the proportion of those seen and some of the logistic."""
    centres = (np.arange(BINS) - BINS // 2 + 0.5) * (1 << BIN_SHIFT) / UNITS
    ones = 1 / (1 + np.exp(-centres))
    mixed = seen + 16 * np.stack([1 - ones, ones])
    shares = mixed / mixed.sum(axis=0)
    return np.asarray(np.maximum(np.rint(shares * (STRENGTH * OBSERVATION)), 1), dtype=np.int64)
