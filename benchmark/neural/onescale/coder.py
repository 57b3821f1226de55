"""Bits of latents: binary decisions about what predictions leave over, in the range coder of ``wavelet.decisions``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmark.errors import BitstreamError
from benchmark.neural.onescale.model import Model, Predictor, gather
from benchmark.neural.onescale.tables import FRACTIONS, MOST, Logits, Tables
from benchmark.neural.streams.clock import entropy_coding
from benchmark.neural.wavelet.bands import PHASES
from benchmark.neural.wavelet.chances import FIRST, LATER, SIGN, Chances, numbers
from benchmark.neural.wavelet.decisions import Coder, Reader, Writer, code_within
from benchmark.neural.wavelet.model import BINARY, CLASSES, WEIGHT_UNIT

Symbols = npt.NDArray[np.int32]
"""Latents in steps, (N, h, w, C), within ±``tables.MOST``."""

_RUN = 16
"""Channels whose decisions are coded before the chances learn from them."""

_Whole = npt.NDArray[np.int64]


@entropy_coding
def encode(symbols: Symbols, model: Model, quality: int) -> bytes:
    """Codes latents.

    Args:
        symbols: the symbols of C channels.
        model: the model of C channels.
        quality: the quality, from 0 to 63.

    Returns:
        Bytes with no length of their own, as of ``entropy.encode_symbols``.
    """
    writer = Writer()
    _code(writer, symbols, model, quality)
    return writer.payload()


@entropy_coding
def decode(payload: bytes, shape: tuple[int, int, int], model: Model, quality: int) -> Symbols:
    """Inverse of :func:`encode`.

    Args:
        payload: the payload that it gave.
        shape: how many images, rows and columns.
        model: the model that predicted.
        quality: the quality, from 0 to 63.

    Raises:
        BitstreamError: the payload is not one that the coder could have written.
    """
    try:
        return _code(Reader(payload), np.zeros((*shape, model.channels), np.int32), model, quality)
    except (AssertionError, ValueError) as error:
        raise BitstreamError(f"the entropy-coded payload is invalid: {error}") from error


def _code(coder: Coder, symbols: Symbols, model: Model, quality: int) -> Symbols:
    """Goes through all passes; what a reader is given as symbols does not count.

    Returns:
        The symbols.
    """
    count, height, width, channels = symbols.shape
    values = np.zeros((channels, count, height + 2, width + 2), np.float64)
    sizes = np.zeros(values.shape, np.float32)
    predictor, chances = Predictor(model, quality), Chances(model.tables.probability)
    given = np.moveaxis(symbols, -1, 0)
    for phase, (top, left) in enumerate(PHASES):
        part = given[:, :, top::2, left::2]
        if not part.size:
            continue
        expected, scale = predictor(phase, gather(values, phase), gather(sizes, phase))
        middle = np.clip((expected + WEIGHT_UNIT // 2) // WEIGHT_UNIT, -MOST, MOST)
        beside = (expected - middle * WEIGHT_UNIT + WEIGHT_UNIT // 2) // (WEIGHT_UNIT // FRACTIONS)
        fraction = np.clip(beside, 0, FRACTIONS - 1)  # of what is expected beyond the limits, the nearest
        found = part.reshape(channels, -1).astype(np.int64)
        for start in range(0, channels, _RUN):
            run = slice(start, start + _RUN)
            rest = (found[run] - middle[run]).ravel()
            coded = _code_rest(coder, model.tables, chances, scale[run].ravel(), fraction[run].ravel(), rest)
            found[run] = middle[run] + coded.reshape(found[run].shape)
        if np.abs(found).max() > MOST:
            raise BitstreamError("the entropy-coded payload holds absurd magnitudes")
        inside = values[:, :, 1:-1, 1:-1][:, :, top::2, left::2]
        inside[...] = found.reshape(part.shape)
        sizes[:, :, 1:-1, 1:-1][:, :, top::2, left::2] = model.tables.sizes(inside)
    return np.moveaxis(values[:, :, 1:-1, 1:-1], 0, -1).astype(np.int32)


def _code_rest(coder: Coder, tables: Tables, chances: Chances, scale: _Whole, fraction: _Whole, rest: _Whole) -> _Whole:
    """Codes what predictions leave over: whether it is zero, its sign, and class by class how far it goes.

    Args:
        coder: writer or reader.
        tables: the tables of the model.
        chances: the chances of decisions, which learn from these.
        scale, fraction: indices of the distribution of each, (n,).
        rest: the rest that is to be coded, (n,).
    """

    def decide(family: int, logits: Logits, bits: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        met = numbers(family, logits)
        probabilities = chances.of(0).take(met)
        decided = coder.decisions(bits, probabilities)
        coder.count(decided, probabilities)
        chances.learn(0, met, decided)
        return decided

    size = np.abs(rest)
    classes = np.searchsorted(CLASSES, size, side="right") - 1
    out = np.zeros(rest.size, np.int64)
    busy = np.flatnonzero(decide(FIRST, tables.nonzero[scale, fraction], classes > 0))
    if not busy.size:
        return out
    scale, fraction, size, classes = scale[busy], fraction[busy], size[busy], classes[busy]
    positive = decide(SIGN, tables.positive[scale, fraction], rest[busy] > 0)
    facing = np.where(positive, fraction, FRACTIONS - 1 - fraction)
    reached = np.ones(busy.size, np.int64)
    alive = np.arange(busy.size)
    for decision in range(1, BINARY):
        logits = tables.more[scale[alive], facing[alive], decision - 1]
        alive = alive[decide(LATER, logits, classes[alive] > decision)]
        if not alive.size:
            break
        reached[alive] += 1
    magnitude = code_within(coder, reached, size)
    out[busy] = np.where(positive, magnitude, -magnitude)
    return out
