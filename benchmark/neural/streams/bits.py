"""Adaptive entropy coding of bit planes: the codes of binary autoencoders, whose channels and neighbours are related.

A code is ``uint8`` of zeros and ones, shape (N, H, W, C): N images or patches of H×W positions with C channels. It is
coded in 4 C groups of bits: the positions fall into four interleaved phases (:data:`PHASES`), and each phase is coded
channel by channel, one group over all its positions. What predicts a bit are the bits that the decoder has by then,
as −1 and +1 (0 outside of the image): the earlier channels at its position, all channels of those of the eight
neighbours that belong to an earlier phase, and, where there are earlier codes of the same shape (a recurrent
autoencoder's levels before), all channels of these at the position and its eight neighbours.

A model with integer weights makes a logit of them. The logit's bin indexes adaptive counts of zeros and ones, which
start from the model's and then learn from what was coded, run of bits after run of bits. The probability is a quotient
of integers.

Nothing that steers the decoder depends on rounding, see :mod:`benchmark.neural.streams.bit_model`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from benchmark.errors import BitstreamError, UsageError
from benchmark.neural.streams.bit_model import (
    BINS,
    CENTRE,
    MEMORY,
    OBSERVATION,
    PHASES,
    STRENGTH,
    Bins,
    BitCode,
    BitModel,
    Bits,
    Signs,
    bins_of,
    flat,
    logits_of,
    shifted,
    signs_of,
    taps_of,
)
from benchmark.neural.streams.entropy import TOTAL, decoder_of, load_constriction, payload_of

RUNS = (64, 512)
"""Bits that are coded before the counts learn from them: few at first, then twice as many each time, up to a limit."""

_Probabilities = npt.NDArray[np.float64]
_Step = Callable[[int, int, slice, _Probabilities], Bits]


def encode_bits(codes: BitCode, model: BitModel, previous: Sequence[BitCode] = ()) -> bytes:
    """Range-codes codes of shape (N, H, W, C).

    Args:
        codes: the codes to be coded.
        model: a model of the same number of channels.
        previous: earlier codes of the same shape that the decoder will have, the latest first, as many as the model
            uses.

    Returns:
        Bytes with no length of their own, as of ``entropy.encode_symbols``.
    """
    _check_shapes(codes.shape, model, previous)
    stream = load_constriction().stream
    coder, family = stream.queue.RangeEncoder(), stream.model.Bernoulli(perfect=False)
    phases = [flat(np.moveaxis(codes, -1, 0)[..., top::2, left::2]).astype(np.int32) for top, left in PHASES]

    def encode(phase: int, channel: int, run: slice, probabilities: _Probabilities) -> Bits:
        bits: Bits = phases[phase][channel, run]
        coder.encode(bits, family, probabilities)
        return bits

    _traverse(codes.shape, model, previous, encode)
    return payload_of(coder)


def decode_bits(payload: bytes, shape: tuple[int, ...], model: BitModel, previous: Sequence[BitCode] = ()) -> BitCode:
    """Inverse of :func:`encode_bits`, given the shape (N, H, W, C) of the codes.

    Raises:
        BitstreamError: the payload is not one that the coder could have written.
    """
    _check_shapes(shape, model, previous)
    if 8 * len(payload) > 17 * math.prod(shape) + 64:  # the rarest bit takes 16 bits and a bit of rounding
        raise BitstreamError(f"an entropy-coded payload of {len(payload)} bytes is too long for codes of shape {shape}")
    coder, family = decoder_of(payload), load_constriction().stream.model.Bernoulli(perfect=False)

    def decode(phase: int, channel: int, run: slice, probabilities: _Probabilities) -> Bits:
        return np.asarray(coder.decode(family, probabilities))

    try:
        signs = _traverse(shape, model, previous, decode)
    except (AssertionError, ValueError) as error:
        raise BitstreamError(f"the entropy-coded payload is invalid: {error}") from error
    return np.ascontiguousarray(np.moveaxis(signs[:, :, 1:-1, 1:-1] > 0, 0, -1), dtype=np.uint8)


def _check_shapes(shape: tuple[int, ...], model: BitModel, previous: Sequence[BitCode]) -> None:
    if len(shape) != 4 or shape[-1] != model.channels:
        raise UsageError(f"the model of bits is for codes of shape (N, H, W, {model.channels}), not {shape}")
    if len(previous) != model.depth:
        raise UsageError(f"the model of bits uses {model.depth} earlier codes, not {len(previous)}")
    for earlier in previous:
        if earlier.shape != shape:
            raise UsageError(f"an earlier code is of shape {earlier.shape}, the code of shape {shape}")


def _traverse(shape: tuple[int, ...], model: BitModel, previous: Sequence[BitCode], step: _Step) -> Signs:
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
    signs: Signs = np.zeros((channels, count, height + 2, width + 2), np.float32)
    before = [signs_of(earlier, np.float32) for earlier in previous]
    counter = _Counter(model)
    weights = model.weights.astype(np.float32).swapaxes(1, 2)
    for phase in range(len(PHASES)):
        own = shifted(signs, phase, (0, 0))
        coded = flat(own).copy()
        sums = np.repeat(model.bias[phase, :, np.newaxis].astype(np.float32), coded.shape[1], axis=1)
        for tap, values in taps_of(signs, before, phase):
            sums += weights[tap] @ flat(values)
        gains, offsets = model.gains(sums[channels:])
        for channel in range(channels if coded.size else 0):
            total = sums[channel] + weights[CENTRE, channel, :channel] @ coded[:channel]
            bins = bins_of(logits_of(total, gains[channel], offsets[channel]))
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
        self._own = np.zeros((model.channels, 2, BINS), np.int64)
        self._all = model.counts.copy()
        self._weigh()

    def _weigh(self) -> None:
        """What the counts of all channels together add to those of a channel: to the ones, in units of a share."""
        self._prior = self._all[1] * TOTAL // (self._all[0] + self._all[1]) * (STRENGTH * OBSERVATION)

    def probabilities(self, channel: int) -> _Probabilities:
        """Of a one, for each bin: multiples of 2⁻¹⁶ strictly between 0 and 1.

        They are exact in floating point, and so is their product with 2²⁴ − 2, of which the library makes fixed point.
        """
        zeros, ones = self._own[channel]
        shares = (ones * TOTAL + self._prior) // (zeros + ones + STRENGTH * OBSERVATION)
        np.minimum(np.maximum(shares, 1, out=shares), TOTAL - 1, out=shares)
        return np.asarray(shares / TOTAL)

    def learn(self, channel: int, bins: Bins, bits: Bits) -> None:
        """Counts bits that were coded in these bins of a channel."""
        seen = np.bincount(bits * BINS + bins, minlength=2 * BINS).reshape(2, BINS) * OBSERVATION
        for counts in (self._own[channel], self._all):
            np.add(counts, seen, out=counts)
            full = counts[0] + counts[1] > MEMORY * OBSERVATION
            if full.any():
                counts[:, full] = (counts[:, full] + 1) >> 1
        self._weigh()


def _runs(size: int) -> Iterator[slice]:
    """Cuts a group of that many bits into runs, see :data:`RUNS`."""
    first, largest = RUNS
    start = 0
    while start < size:
        stop = min(start + min(max(start, first), largest), size)
        yield slice(start, stop)
        start = stop
