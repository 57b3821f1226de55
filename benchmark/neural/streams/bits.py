"""Adaptive entropy coding of bit planes: the codes of binary autoencoders, whose channels and neighbours are related.

A code is ``uint8`` of zeros and ones, shape (N, H, W, C): N images or patches of H×W positions with C channels. It is
coded in 4 C groups of bits: the positions fall into four interleaved phases (:data:`PHASES`), and each phase is coded
channel by channel, one group over all its positions. What predicts a bit are the bits that the decoder has by then,
as −1 and +1 (0 outside of the image): the earlier channels at its position, all channels of those of the eight
neighbours that belong to an earlier phase, and, where there is a previous code of the same shape (a recurrent
autoencoder's level before), all channels of it at the position and its eight neighbours.

A linear model with integer weights sums them up to a logit in units of 2⁻⁸. The logit's bin indexes adaptive counts of
zeros and ones, which start from the model's and then learn from what was coded, run of bits after run of bits. The
probability is a quotient of integers.

Nothing that steers the decoder depends on rounding: weights and bits are integers, and :class:`BitModel` makes sure
that the magnitudes of all weights of a logit sum to less than 2²⁴, so that every partial sum is an integer which
``float32`` holds exactly. Matrix products of the linear algebra library are thus the same in any order of summation,
on any machine, with any number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.errors import BitstreamError, UsageError
from benchmark.neural.streams.entropy import TOTAL, decoder_of, load_constriction, payload_of
from benchmark.neural.streams.integers import load_arrays, save_arrays

PHASES = ((0, 0), (1, 1), (0, 1), (1, 0))
"""First row and column of each phase, in coding order; a phase takes every second of both."""
OFFSETS = tuple((row, column) for row in (-1, 0, 1) for column in (-1, 0, 1))
"""The position itself, in the middle, and its neighbours: rows down, columns right."""
UNITS = 256
"""Units of a logit, and so of weights, in one natural unit."""
BIN_SHIFT = 6
"""A bin is 2⁶ units wide, a quarter of a natural unit: then the logit's rounding costs less than 0.001 bit a bit."""
BINS = 96
"""Bins of a logit, centred on 0: up to ±12, odds of 160,000 to 1; the outermost take what lies beyond."""
OBSERVATION = 1 << 10
"""What one coded bit adds to a count: counts have fractions, so that they can say odds of thousands before any bit."""
STRENGTH = 256
"""Observations that the model's counts stand for when a stream starts, and those of all channels for a channel's."""
MEMORY = 512
"""Observations beyond which a bin's counts are halved after a run: the recent then outweigh the old."""
RUNS = (64, 512)
"""Bits that are coded before the counts learn from them: few at first, then twice as many each time, up to a limit."""
EXACT = 1 << 24
"""``float32`` holds all integers below this."""

_CENTRE = OFFSETS.index((0, 0))
_MAX_EXAMPLES = 1 << 16
_BATCH = 1024

Codes = npt.NDArray[np.uint8]
_Signs = npt.NDArray[Any]
_Bits = npt.NDArray[np.int32]
_Bins = npt.NDArray[np.int32]
_Probabilities = npt.NDArray[np.float64]
_Step = Callable[[int, int, slice, _Probabilities], _Bits]


@dataclass(frozen=True)
class BitModel:
    """What predicts the bits of one kind of code; integers only.

    Attributes:
        weights: ``int16``, shape (4, T, C, C): phase, tap, predicted channel, predicting channel. The first nine taps
            are :data:`OFFSETS` in the code itself, the other nine, if T is 18, those in the previous code. In the code
            itself only what is known by then counts: neighbours of earlier phases, earlier channels at the position.
        bias: ``int32``, shape (4, C).
        counts: ``int64``, shape (2, :data:`BINS`), of zeros and of ones, in units of 1/:data:`OBSERVATION`.

    Raises:
        UsageError: the arrays are not such.
    """

    weights: npt.NDArray[np.int16]
    bias: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        phases, channels = self.bias.shape if self.bias.ndim == 2 else (0, 0)
        taps = len(OFFSETS)
        kinds = [array.dtype.name for array in (self.weights, self.bias, self.counts)]
        if (
            kinds != ["int16", "int32", "int64"] or phases != len(PHASES) or channels == 0
            or self.weights.shape not in {(phases, taps, channels, channels), (phases, 2 * taps, channels, channels)}
            or self.counts.shape != (2, BINS)
        ):
            raise UsageError("not a model of bits: its arrays have other types or shapes")
        reach = np.abs(self.weights, dtype=np.int64).sum(axis=(1, 3)) + np.abs(self.bias, dtype=np.int64)
        if reach.max() >= EXACT:
            raise UsageError(f"not a model of bits: its logits reach {reach.max()}, which is not below {EXACT}")
        if self.counts.min() < 1 or self.counts.max() > MEMORY * OBSERVATION:
            raise UsageError(f"not a model of bits: its counts leave 1 to {MEMORY * OBSERVATION}")

    @property
    def channels(self) -> int:
        """Channels of the codes that it predicts."""
        return int(self.bias.shape[1])

    @property
    def uses_previous(self) -> bool:
        """Whether it predicts from a previous code, too."""
        return bool(self.weights.shape[1] > len(OFFSETS))

    def save(self, path: Path) -> None:
        """Writes an ``.npz`` file, without pickle."""
        save_arrays(path, {"weights": self.weights, "bias": self.bias, "counts": self.counts})

    @classmethod
    def load(cls, path: Path) -> BitModel:
        """Reads what :meth:`save` wrote.

        Raises:
            UsageError: the file is not such a model.
        """
        return load_arrays(
            path, "a model of bits", lambda stored: cls(stored["weights"], stored["bias"], stored["counts"])
        )


def encode_bits(codes: Codes, model: BitModel, previous: Codes | None = None) -> bytes:
    """Range-codes codes of shape (N, H, W, C).

    Args:
        codes: the codes to be coded.
        model: a model of the same number of channels.
        previous: codes of the same shape that the decoder will have, exactly if the model uses them.

    Returns:
        Bytes with no length of their own, as of ``entropy.encode_symbols``.
    """
    _check_shapes(codes.shape, model, previous)
    stream = load_constriction().stream
    coder, family = stream.queue.RangeEncoder(), stream.model.Bernoulli(perfect=False)
    phases = [_flat(np.moveaxis(codes, -1, 0)[..., top::2, left::2]).astype(np.int32) for top, left in PHASES]

    def encode(phase: int, channel: int, run: slice, probabilities: _Probabilities) -> _Bits:
        bits: _Bits = phases[phase][channel, run]
        coder.encode(bits, family, probabilities)
        return bits

    _traverse(codes.shape, model, previous, encode)
    return payload_of(coder)


def decode_bits(payload: bytes, shape: tuple[int, ...], model: BitModel, previous: Codes | None = None) -> Codes:
    """Inverse of :func:`encode_bits`, given the shape (N, H, W, C) of the codes.

    Raises:
        BitstreamError: the payload is not one that the coder could have written.
    """
    _check_shapes(shape, model, previous)
    if 8 * len(payload) > 17 * math.prod(shape) + 64:  # the rarest bit takes 16 bits and a bit of rounding
        raise BitstreamError(f"an entropy-coded payload of {len(payload)} bytes is too long for codes of shape {shape}")
    coder, family = decoder_of(payload), load_constriction().stream.model.Bernoulli(perfect=False)

    def decode(phase: int, channel: int, run: slice, probabilities: _Probabilities) -> _Bits:
        return np.asarray(coder.decode(family, probabilities))

    try:
        signs = _traverse(shape, model, previous, decode)
    except (AssertionError, ValueError) as error:
        raise BitstreamError(f"the entropy-coded payload is invalid: {error}") from error
    return np.ascontiguousarray(np.moveaxis(signs[:, :, 1:-1, 1:-1] > 0, 0, -1), dtype=np.uint8)


def fit_bit_model(codes: Codes, previous: Codes | None = None, *, seed: int, steps: int = 2000) -> BitModel:
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
    signs = _signs(codes, np.int8)
    before = None if previous is None else _signs(previous, np.int8)
    weights = np.zeros((len(PHASES), len(OFFSETS) * (1 if before is None else 2), channels, channels), np.int16)
    bias = np.zeros((len(PHASES), channels), np.int32)
    seen = np.zeros((2, BINS), np.int64)
    for phase in range(len(PHASES)):
        own = _flat(_shifted(signs, phase, (0, 0)))
        if own.shape[1] < 8:
            raise UsageError(f"a model of bits needs 8 positions in each phase, not {own.shape[1]}")
        chosen = np.sort(rng.permutation(own.shape[1])[:_MAX_EXAMPLES])
        targets = own[:, chosen].T
        taps = [*_taps(signs, before, phase), (_CENTRE, _shifted(signs, phase, (0, 0)))]
        inputs = np.concatenate([_flat(values)[:, chosen].T for _, values in taps], axis=1)
        held = len(chosen) // 8
        fitted, offset = _regress(inputs[:-held], targets[:-held], rng, steps)
        weights[phase, [tap for tap, _ in taps]] = fitted.reshape(len(taps), channels, channels).swapaxes(1, 2)
        bias[phase] = offset
        bins = _bins(inputs[-held:].astype(np.float32) @ fitted.astype(np.float32) + offset)
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


def _check_shapes(shape: tuple[int, ...], model: BitModel, previous: Codes | None) -> None:
    if len(shape) != 4 or shape[-1] != model.channels:
        raise UsageError(f"the model of bits is for codes of shape (N, H, W, {model.channels}), not {shape}")
    if (previous is not None) != model.uses_previous:
        raise UsageError("a previous code must be given exactly if the model of bits uses one")
    if previous is not None and previous.shape != shape:
        raise UsageError(f"the previous code is of shape {previous.shape}, the code of shape {shape}")


def _traverse(shape: tuple[int, ...], model: BitModel, previous: Codes | None, step: _Step) -> _Signs:
    """Goes through all groups in coding order; encoder and decoder differ in the step alone.

    Args:
        shape: the shape of the codes.
        model: what predicts.
        previous: as of :func:`encode_bits`.
        step: codes a run of the bits of a phase and a channel, given their probabilities to be 1, and returns them.

    Returns:
        All bits as signs, shape (C, N, H + 2, W + 2) with a border of zeros.
    """
    count, height, width, channels = shape
    signs: _Signs = np.zeros((channels, count, height + 2, width + 2), np.float32)
    before = None if previous is None else _signs(previous, np.float32)
    counter = _Counter(model)
    for phase in range(len(PHASES)):
        weights = model.weights[phase].astype(np.float32)
        own = _shifted(signs, phase, (0, 0))
        coded = _flat(own).copy()
        logits = np.repeat(model.bias[phase, :, np.newaxis].astype(np.float32), coded.shape[1], axis=1)
        for tap, values in _taps(signs, before, phase):
            logits += weights[tap] @ _flat(values)
        for channel in range(channels if coded.size else 0):
            bins = _bins(logits[channel] + weights[_CENTRE, channel, :channel] @ coded[:channel])
            for run in _runs(len(bins)):
                bits = step(phase, channel, run, counter.probabilities(channel)[bins[run]])
                coded[channel, run] = 2 * bits - 1
                counter.learn(channel, bins[run], bits)
        own[...] = coded.reshape(own.shape)
    return signs


class _Counter:
    """Adaptive counts of zeros and ones in each bin: those of a channel add to those of all channels together.

    Args:
        model: the model with whose counts all channels together start.
    """

    def __init__(self, model: BitModel) -> None:
        self.counts = np.zeros((model.channels + 1, 2, BINS), np.int64)
        self.counts[-1] = model.counts

    def probabilities(self, channel: int) -> _Probabilities:
        """Of a one, for each bin: multiples of 2⁻¹⁶ strictly between 0 and 1.

        They are exact in floating point, and so is their product with 2²⁴ − 2, of which the library makes fixed point.
        """
        (zeros, ones), (all_zeros, all_ones) = self.counts[[channel, -1]]
        prior = STRENGTH * OBSERVATION
        shares = (ones * TOTAL + all_ones * TOTAL // (all_zeros + all_ones) * prior) // (zeros + ones + prior)
        return np.asarray(np.clip(shares, 1, TOTAL - 1) / TOTAL)

    def learn(self, channel: int, bins: _Bins, bits: _Bits) -> None:
        """Counts bits that were coded in these bins of a channel."""
        seen = OBSERVATION * np.bincount(2 * bins + bits, minlength=2 * BINS).reshape(BINS, 2).T
        grown = self.counts[[channel, -1]] + seen
        full = grown.sum(axis=1, keepdims=True) > MEMORY * OBSERVATION
        self.counts[[channel, -1]] = np.where(full, (grown + 1) >> 1, grown)


def _runs(size: int) -> Iterator[slice]:
    """Cuts a group of that many bits into runs, see :data:`RUNS`."""
    first, largest = RUNS
    start = 0
    while start < size:
        stop = min(start + min(max(start, first), largest), size)
        yield slice(start, stop)
        start = stop


def _taps(signs: _Signs, before: _Signs | None, phase: int) -> list[tuple[int, _Signs]]:
    """What a phase's positions see besides themselves: numbers of taps, each with its signs of shape (C, N, h, w)."""
    top, left = PHASES[phase]
    taps = [
        (tap, _shifted(signs, phase, offset)) for tap, offset in enumerate(OFFSETS)
        if PHASES.index(((top + offset[0]) % 2, (left + offset[1]) % 2)) < phase
    ]
    if before is not None:
        taps += [(len(OFFSETS) + tap, _shifted(before, phase, offset)) for tap, offset in enumerate(OFFSETS)]
    return taps


def _shifted(signs: _Signs, phase: int, offset: tuple[int, int]) -> _Signs:
    """A view of the signs at an offset from each position of a phase."""
    top, left = (1 + first + shift for first, shift in zip(PHASES[phase], offset, strict=True))
    bottom, right = (size - 1 + shift for size, shift in zip(signs.shape[2:], offset, strict=True))
    return signs[:, :, top:bottom:2, left:right:2]


def _signs(codes: Codes, kind: type[np.float32] | type[np.int8]) -> _Signs:
    """Bits as −1 and +1, shape (C, N, H + 2, W + 2) with a border of zeros."""
    count, height, width, channels = codes.shape
    signs: _Signs = np.zeros((channels, count, height + 2, width + 2), kind)
    signs[:, :, 1:-1, 1:-1] = 2 * np.moveaxis(codes, -1, 0).astype(np.int8) - 1
    return signs


def _flat(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return values.reshape(len(values), -1)


def _bins(logits: npt.NDArray[np.floating[Any]]) -> _Bins:
    """The bin of each logit; an arithmetic shift rounds down on every machine."""
    return np.asarray(np.clip((logits.astype(np.int32) >> BIN_SHIFT) + BINS // 2, 0, BINS - 1))
