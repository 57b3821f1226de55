"""Learns what predicts the bits of a binary code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError
from benchmark.neural.streams.bit_model import (
    BIN_SHIFT,
    BINS,
    CENTRE,
    EXACT,
    FEATURE_LIMIT,
    FEATURE_UNITS,
    FEATURES,
    OBSERVATION,
    OCTAVES,
    PHASES,
    STRENGTH,
    UNITS,
    BitCode,
    BitModel,
    bins_of,
    flat,
    logits_of,
    shifted,
    signs_of,
    taps,
    taps_of,
)

_MAX_EXAMPLES = 1 << 17
_BATCH = 1024
_RATE, _FEATURE_RATE = 6e-3, 2e-3
"""First learning rates: of what sums up bits, and of the rest."""
_LARGEST = FEATURE_LIMIT / FEATURE_UNITS
_LINEAR = ("weights", "own", "bias")

_LOOKS, _SEEN = 24, 4096
"""How often a fit is judged, and on how many positions of each phase at most."""

_Examples = tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]
"""What positions see, (positions, T · C), and their own signs, (positions, C)."""
_Table = npt.NDArray[np.float32]
_Tables = dict[str, _Table]


def fit_bit_model(codes: BitCode, previous: Sequence[BitCode] = (), *, seed: int, steps: int = 6000) -> BitModel:
    """A model learned from codes by Adam, rounded to integers, whose bins are then counted.

    Args:
        codes: shape (N, H, W, C); at most 131,072 positions of each phase are used, drawn at random.
        previous: earlier codes of the same shape that the decoder will have, the latest first.
        seed: the seed of that draw, of the first weights and of the batches.
        steps: the number of the optimiser's steps, on 1024 positions each; phases take turns.

    Returns:
        A model whose weights were learned from the first seven eighths of the positions, in the order of the images.
        Its counts are from the last eighth, which also says when learning more began to do harm.

    Raises:
        UsageError: there are fewer than 8 positions in a phase, or the codes' shapes differ.
    """
    for earlier in previous:
        if earlier.shape != codes.shape:
            raise UsageError(f"an earlier code is of shape {earlier.shape}, the code of shape {codes.shape}")
    rng = np.random.default_rng(seed)
    phases = [_examples(codes, previous, phase, rng) for phase in range(len(PHASES))]
    held = [len(targets) // 8 for _, targets in phases]
    learned = [(inputs[:-last], targets[:-last]) for (inputs, targets), last in zip(phases, held, strict=True)]
    judged = [(inputs[-last:], targets[-last:]) for (inputs, targets), last in zip(phases, held, strict=True)]
    model = _rounded(_learn(learned, judged, rng, steps), codes.shape[-1])
    seen = np.zeros((2, BINS), np.int64)
    for phase, (inputs, targets) in enumerate(judged):
        bins = _bins(model, phase, inputs, targets)
        for bit in (0, 1):
            seen[bit] += np.bincount(bins[targets == 2 * bit - 1], minlength=BINS)
    model.counts[...] = _initial_counts(seen)
    return model


def _examples(codes: BitCode, previous: Sequence[BitCode], phase: int, rng: np.random.Generator) -> _Examples:
    """Positions of a phase: what they see through all taps, 0 where it is not known yet, and their own signs."""
    signs, before = signs_of(codes, np.int8), [signs_of(earlier, np.int8) for earlier in previous]
    own = flat(shifted(signs, phase, (0, 0)))
    channels, count = own.shape
    if count < 8:
        raise UsageError(f"a model of bits needs 8 positions in each phase, not {count}")
    chosen = np.sort(rng.permutation(count)[:_MAX_EXAMPLES])
    inputs = np.zeros((len(chosen), len(taps(len(before))), channels), np.int8)
    for tap, values in taps_of(signs, before, phase):
        inputs[:, tap] = flat(values)[:, chosen].T
    return inputs.reshape(len(chosen), -1), own[:, chosen].T


def _learn(phases: Sequence[_Examples], judged: Sequence[_Examples], rng: np.random.Generator, steps: int) -> _Tables:
    """Tables of a :class:`BitModel` in floating point and natural units, ``own`` for the tap of the position itself.

    Few examples are soon known by heart, so the best tables on the way are what counts, as ``judged`` tells.
    """
    size, channels = phases[0][0].shape[1], phases[0][1].shape[1]

    def drawn(*shape: int) -> _Table:
        return rng.uniform(-1, 1, shape).astype(np.float32) / np.float32(np.sqrt(shape[0]))

    def zeros(*shape: int) -> _Table:
        return np.zeros(shape, np.float32)

    tables = {
        "weights": np.concatenate([zeros(size, channels), drawn(size, FEATURES)], axis=1),
        "own": zeros(channels, channels),
        "bias": zeros(len(PHASES), channels + FEATURES),
        "mixing": drawn(FEATURES, FEATURES),
        "mixing_bias": zeros(FEATURES),
        "heads": zeros(FEATURES, 2 * channels),
        "heads_bias": zeros(2 * channels),
    }
    mean, square = ({name: np.zeros_like(table) for name, table in tables.items()} for _ in range(2))
    best, lowest = tables, np.inf
    for step in range(steps):
        phase = step % len(PHASES)
        inputs, targets = phases[phase]
        batch = rng.integers(0, len(inputs), _BATCH)
        slopes = _slopes(tables, phase, inputs[batch].astype(np.float32), targets[batch].astype(np.float32))
        # Adam (Kingma and Ba, 2015), whose steps do not depend on the gradient's scale; a half cosine to zero.
        decline = (1 + np.cos(np.pi * step / steps)) / 2
        for name, slope in slopes.items():
            mean[name] += 0.1 * (slope - mean[name])
            square[name] += 0.001 * (slope**2 - square[name])
            spread = np.sqrt(square[name] / (1 - 0.999 ** (step + 1))) + 1e-8
            rate = decline * (_RATE if name in _LINEAR else _FEATURE_RATE)
            tables[name] -= rate * mean[name] / (1 - 0.9 ** (step + 1)) / spread
        if step == steps - 1 or step % max(1, steps // _LOOKS) == 0:
            cost = sum(_length(tables, phase, *examples) for phase, examples in enumerate(judged))
            if cost < lowest:
                best, lowest = {name: table.copy() for name, table in tables.items()}, cost
    return best


def _length(tables: _Tables, phase: int, inputs: npt.NDArray[np.int8], targets: npt.NDArray[np.int8]) -> float:
    """The mean of the bits' lengths, in nats, on the first of some examples."""
    signs = targets[:_SEEN].astype(np.float32)
    *_, logits = _forward(tables, phase, inputs[:_SEEN].astype(np.float32), signs)
    return float(np.logaddexp(0, -logits * signs).mean())


def _forward(tables: _Tables, phase: int, inputs: _Table, targets: _Table) -> tuple[_Table, ...]:
    """What :class:`BitModel` computes: sums, raw features, features, mixed, both added, octaves, gains, logits."""
    channels = targets.shape[1]
    sums, raw = np.split(inputs @ tables["weights"] + tables["bias"][phase], [channels], axis=1)
    sums += targets @ np.triu(tables["own"], 1)
    features = np.clip(raw, 0, _LARGEST)
    mixed = features @ tables["mixing"] + tables["mixing_bias"]
    both = features + np.clip(mixed, 0, _LARGEST)
    octaves, offsets = np.split(both @ tables["heads"] + tables["heads_bias"], 2, axis=1)
    gains = np.exp2(np.clip(octaves, -OCTAVES, OCTAVES))
    return sums, raw, features, mixed, both, octaves, gains, sums * gains + offsets


def _slopes(tables: _Tables, phase: int, inputs: _Table, targets: _Table) -> _Tables:
    """The gradient of the mean of the bits' lengths, in nats."""
    sums, raw, features, mixed, both, octaves, gains, logits = _forward(tables, phase, inputs, targets)
    of_logits = (np.tanh(logits / 2) - targets) / 2 / targets.size
    of_sums = of_logits * gains
    of_octaves = of_sums * sums * np.float32(np.log(2)) * (np.abs(octaves) < OCTAVES)
    of_heads = np.concatenate([of_octaves, of_logits], axis=1)
    of_both = of_heads @ tables["heads"].T
    of_mixed = of_both * ((mixed > 0) & (mixed < _LARGEST))
    of_features = (of_both + of_mixed @ tables["mixing"].T) * ((raw > 0) & (raw < _LARGEST))
    of_first = np.concatenate([of_sums, of_features], axis=1)
    of_bias = np.zeros_like(tables["bias"])
    of_bias[phase] = of_first.sum(axis=0)
    return {
        "weights": inputs.T @ of_first,
        "own": np.triu(targets.T @ of_sums, 1),
        "bias": of_bias,
        "mixing": features.T @ of_mixed,
        "mixing_bias": of_mixed.sum(axis=0),
        "heads": both.T @ of_heads,
        "heads_bias": of_heads.sum(axis=0),
    }


def _rounded(tables: _Tables, channels: int) -> BitModel:
    """The model in integers, with counts of nothing yet; sums are kept exact by a limit on single weights."""
    fine = UNITS * FEATURE_UNITS

    def whole(table: _Table, units: int, inputs: int, most: int) -> npt.NDArray[np.int16]:
        limit = min((EXACT - 1) // (inputs * most) // 2, np.iinfo(np.int16).max)
        return np.clip(np.rint(table * units), -limit, limit).astype(np.int16)

    def offset(table: _Table, units: int) -> npt.NDArray[np.int32]:
        return np.clip(np.rint(table * units), -EXACT // 4, EXACT // 4).astype(np.int32)

    first = tables["weights"].copy().reshape(-1, channels, channels + FEATURES)
    first[CENTRE, :, :channels] = np.triu(tables["own"], 1)
    first[CENTRE, :, channels:] = 0
    return BitModel(
        whole(first, UNITS, first.shape[0] * channels, 1),
        offset(tables["bias"], UNITS),
        whole(tables["mixing"], UNITS, FEATURES, FEATURE_LIMIT),
        offset(tables["mixing_bias"], fine),
        whole(tables["heads"], UNITS, FEATURES, 2 * FEATURE_LIMIT),
        offset(tables["heads_bias"], fine),
        np.ones((2, BINS), np.int64),
    )


def _bins(
    model: BitModel, phase: int, inputs: npt.NDArray[np.int8], targets: npt.NDArray[np.int8]
) -> npt.NDArray[np.int64]:
    """The bins of examples, (positions, C), as the coder finds them."""
    outputs = model.weights.shape[2]
    weights = model.weights.astype(np.float32)
    sums = inputs.astype(np.float32) @ weights.reshape(-1, outputs) + model.bias[phase].astype(np.float32)
    gains, offsets = model.gains(np.ascontiguousarray(sums[:, model.channels :].T))
    own = targets.astype(np.float32) @ weights[CENTRE, :, : model.channels]
    return bins_of(logits_of(sums[:, : model.channels] + own, gains.T, offsets.T))


def _initial_counts(seen: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Counts of :data:`STRENGTH` observations in each bin, in the proportion of those seen and some of the logistic."""
    centres = (np.arange(BINS) - BINS // 2 + 0.5) * (1 << BIN_SHIFT) / UNITS
    ones = 1 / (1 + np.exp(-centres))
    mixed = seen + 16 * np.stack([1 - ones, ones])
    shares: npt.NDArray[Any] = mixed / mixed.sum(axis=0)
    return np.asarray(np.maximum(np.rint(shares * (STRENGTH * OBSERVATION)), 1), dtype=np.int64)
