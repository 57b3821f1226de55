"""Bits of the bands: a range coder of binary decisions, whose chances the model gives; and the encoder's choices.

A magnitude belongs to a class, see ``model.CLASSES``: decisions "more" go from class to class, and where a class holds
several magnitudes, the place in it follows as plain bits; beyond the last class Elias' γ code. A sign is one more
decision. Decisions of the same number are coded for all places of a part at once.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.errors import BitstreamError
from benchmark.neural.streams.entropy import decoder_of, load_constriction, payload_of
from benchmark.neural.wavelet.bands import PHASES, DecodedBands, Part
from benchmark.neural.wavelet.chances import FIRST, LATER, SIGN, Chance, Chances
from benchmark.neural.wavelet.model import BINARY, CLASSES, Model, Predictor
from benchmark.neural.wavelet.tables import LOGIT_LIMIT, TOTAL
from benchmark.neural.wavelet.transform import LEVELS, UNIT, Bands, Floats, Integers, Plane, band_shape

MOST = 1 << 20
"""Largest magnitude of a coefficient."""
DEAD_ZONE = 0.4
"""What is added before a magnitude is rounded down where rates are not asked for."""

_WIDTHS = np.log2(np.diff(CLASSES)).astype(np.int64)
"""Plain bits in each class but the last."""
_RICE_LIMIT = 24

Logits = npt.NDArray[np.int16]
_Flags = npt.NDArray[np.bool_]


class Coder(ABC):
    """Codes decisions: a writer writes bits, a reader reads as many as it is given."""

    writes: ClassVar[bool]

    def __init__(self) -> None:
        self._family = load_constriction().stream.model.Bernoulli
        self._many = self._family(perfect=False)
        self.ideal = 0.0
        """Bits by the probabilities of what was coded."""

    def decisions(self, bits: npt.NDArray[Any], probabilities: npt.NDArray[np.float64]) -> _Flags:
        """Codes bits of these probabilities to be 1; :meth:`count` counts them."""
        return self._code(bits, self._many, probabilities)

    def count(self, values: _Flags, probabilities: npt.NDArray[np.float64]) -> None:
        """Adds the ideal bits of decisions, of these probabilities to be 1."""
        self.ideal -= float(np.log2(np.where(values, probabilities, 1 - probabilities)).sum())

    def same(self, bits: npt.NDArray[Any], chance: int) -> _Flags:
        """Codes bits that all have one chance to be 1."""
        if not bits.size:
            return np.zeros(0, np.bool_)
        values = self._code(bits, self._family(chance / TOTAL, perfect=False), bits.size)
        ones = int(values.sum())
        self.ideal -= ones * math.log2(chance / TOTAL) + (bits.size - ones) * math.log2(1 - chance / TOTAL)
        return values

    @abstractmethod
    def _code(self, bits: npt.NDArray[Any], model: Any, extent: Any) -> _Flags:
        """Codes bits by a model of the library; ``extent`` is their probabilities, or their number."""


class Writer(Coder):
    """Writes decisions."""

    writes = True

    def __init__(self) -> None:
        super().__init__()
        self._encoder = load_constriction().stream.queue.RangeEncoder()

    def _code(self, bits: npt.NDArray[Any], model: Any, extent: Any) -> _Flags:
        values = bits.astype(np.int32)
        if model is self._many:
            self._encoder.encode(values, model, extent)
        else:
            self._encoder.encode(values, model)
        return values > 0

    def payload(self) -> bytes:
        """All that was written."""
        return payload_of(self._encoder)


class Reader(Coder):
    """Reads decisions.

    Args:
        payload: the payload that a writer gave.
    """

    writes = False

    def __init__(self, payload: bytes) -> None:
        super().__init__()
        self._decoder = decoder_of(payload)

    def _code(self, bits: npt.NDArray[Any], model: Any, extent: Any) -> _Flags:
        return np.asarray(self._decoder.decode(model, extent)) > 0


def code_plain(coder: Coder, values: npt.NDArray[np.int64], bits: int) -> npt.NDArray[np.int64]:
    """Codes the lowest bits of values as they are, the highest of them first."""
    out = np.zeros(values.shape, np.int64)
    for place in reversed(range(bits)):
        out |= coder.same(values >> place & 1, TOTAL // 2).astype(np.int64) << place
    return out


def code_gamma(coder: Coder, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Codes non-negative values by Elias' γ code.

    Raises:
        BitstreamError: a value that is read is absurd.
    """
    raised = values + 1
    # frexp gives the number of binary digits of whole numbers exactly.
    digits = np.frexp(raised.astype(np.float64))[1] - 1
    length = np.zeros(values.shape, np.int64)
    alive = np.arange(len(values))
    while alive.size:
        alive = alive[coder.same(digits[alive] > length[alive], TOTAL // 2)]
        length[alive] += 1
        if alive.size and length.max() > 20:
            raise BitstreamError("the entropy-coded payload holds absurd magnitudes")
    out = np.ones(values.shape, np.int64)
    for place in range(int(length.max(initial=0))):
        long = np.flatnonzero(length > place)
        shift = length[long] - 1 - place
        out[long] = out[long] << 1 | coder.same(raised[long] >> shift & 1, TOTAL // 2)
    return out - 1


def code_within(
    coder: Coder, classes: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Codes where in their classes magnitudes lie; a reader is told the classes alone.

    Returns:
        The magnitudes.
    """
    out = CLASSES[classes]
    for number in np.flatnonzero(_WIDTHS):
        places = np.flatnonzero(classes == number)
        out[places] += code_plain(coder, sizes[places] - CLASSES[number], int(_WIDTHS[number]))
    places = np.flatnonzero(classes == BINARY)
    out[places] += code_gamma(coder, sizes[places] - CLASSES[-1])
    return out


def code_part(
    coder: Coder, part: Part, logits: tuple[Logits, Logits], chances: Chances, values: Integers
) -> None:
    """Codes the coefficients of a part, from which the chances then learn; a reader fills the coefficients in.

    Args:
        coder: writer or reader.
        part: the part of a band.
        logits: the logits of its lively and of its quiet places, see ``Predictor``.
        chances: the chances of decisions.
        values: the part's coefficients, a view into the band.
    """
    more, positive = logits
    flat = values.reshape(-1).astype(np.int64)
    size = np.abs(flat)
    row = part.rows()
    quiet = np.flatnonzero(row == len(part.lively))
    classes = np.searchsorted(CLASSES, size, side="right") - 1
    found = np.zeros(flat.size, np.int64)
    # Whole multiples of 1/65,536: no rounding is in them.
    probabilities = [chances.of(family, part.plane) / TOTAL for family in (FIRST, LATER, SIGN)]
    decided: list[list[tuple[npt.NDArray[np.integer], _Flags]]] = [[], [], []]

    def decide(family: int, indices: npt.NDArray[np.integer], bits: _Flags) -> _Flags:
        found = coder.decisions(bits, probabilities[family][indices])
        decided[family].append((indices, found))
        return found

    indices = more[:-1, 0].astype(np.int64) + LOGIT_LIMIT
    begun = [
        part.lively[decide(FIRST, indices, classes[part.lively] > 0)],
        # Chances in quiet places are the model's own: learning there was seen to give nothing.
        quiet[coder.same(classes[quiet] > 0, int(chances.table[int(more[-1, 0]) + LOGIT_LIMIT]))],
    ]
    busy = alive = np.sort(np.concatenate(begun))
    found[alive] = 1
    for decision in range(1, BINARY):
        if not alive.size:
            break
        indices = more[row[alive], decision].astype(np.int64) + LOGIT_LIMIT
        alive = alive[decide(LATER, indices, classes[alive] > decision)]
        found[alive] += 1
    out = np.zeros(flat.size, np.int64)
    out[busy] = code_within(coder, found[busy], size[busy])
    signs = decide(SIGN, positive[row[busy]].astype(np.int64) + LOGIT_LIMIT, flat[busy] > 0)
    out[busy] = np.where(signs, out[busy], -out[busy])
    values[...] = out.reshape(values.shape)
    for family, pairs in enumerate(decided):
        if pairs:
            met, found_bits = (np.concatenate(group) for group in zip(*pairs, strict=True))
            coder.count(found_bits, probabilities[family][met])
            chances.learn(family, part.plane, met, found_bits)


def code_low(coder: Coder, plane: Integers) -> Integers:
    """Codes a low-pass band: what is left over by a median predictor, in a Golomb–Rice code of the best parameter.

    The predictor is that of LOCO-I (Weinberger et al. 2000).
    """
    left = np.zeros(plane.size, np.int64)
    if coder.writes:
        left = (plane - _predictions(plane)).ravel().astype(np.int64)
    folded = np.where(left < 0, -2 * left - 1, 2 * left)
    costs = [(folded >> bits).sum() + (1 + bits) * folded.size for bits in range(_RICE_LIMIT)]
    parameter = int(code_plain(coder, np.array([int(np.argmin(costs))]), 5)[0])
    if parameter >= _RICE_LIMIT:
        raise BitstreamError("the low-pass band has an absurd Golomb–Rice parameter")
    high = np.zeros(plane.size, np.int64)
    alive = np.arange(plane.size)
    while alive.size:
        alive = alive[coder.same((folded >> parameter)[alive] > high[alive], TOTAL // 2)]
        high[alive] += 1
        if alive.size and high.max() > 4 * plane.size + 64:  # the best parameter makes all of it less than 3 a sample
            raise BitstreamError("the entropy-coded payload holds absurd magnitudes")
    value = high << parameter | code_plain(coder, folded, parameter)
    if value.max(initial=0) > MOST:
        raise BitstreamError("the entropy-coded payload holds absurd magnitudes")
    return _predicted(np.where(value & 1, -(value + 1 >> 1), value >> 1).reshape(plane.shape))


def _predictions(plane: Integers) -> Integers:
    left = np.zeros_like(plane)
    left[:, 1:], left[1:, 0] = plane[:, :-1], plane[:-1, 0]
    up = left.copy()
    up[1:, 1:] = plane[:-1, 1:]
    corner = left.copy()
    corner[1:, 1:] = plane[:-1, :-1]
    low, high = np.minimum(left, up), np.maximum(left, up)
    return np.asarray(np.clip(left + up - corner, low, high), dtype=np.int32)


def _predicted(rest: npt.NDArray[np.int64]) -> Integers:
    rows = rest.tolist()
    for row, values in enumerate(rows):
        for column in range(len(values)):
            left = values[column - 1] if column else (rows[row - 1][0] if row else 0)
            if row and column:
                up, corner = rows[row - 1][column], rows[row - 1][column - 1]
                left = max(min(left, up), min(max(left, up), left + up - corner))
            values[column] += left
    return np.array(rows, np.int64).reshape(rest.shape).clip(-MOST, MOST).astype(np.int32)


def choose(
    exact: Floats, part: Part, logits: tuple[Logits, Logits], chances: Chances, shrink: Floats, price: float
) -> Integers:
    """For each coefficient the best of its magnitude rounded, one less, and zero.

    The best has the least squared error + price · bits, in steps.

    Args:
        exact: coefficients in steps, (n,).
        part: the part that they belong to.
        logits: the logits of its lively and of its quiet places, see ``Predictor``.
        chances: the chances of decisions.
        shrink: how much magnitudes 0, 1, 2, 3 or more are reconstructed below themselves, in steps.
        price: the price of a bit, in squared steps.
    """
    size = np.abs(exact)
    rounded = np.floor(size + np.float32(0.5)).astype(np.int64)
    out = np.zeros(len(exact), np.int32)
    busy = np.flatnonzero(rounded)
    if not busy.size:
        return out
    more, positive = logits
    size, rounded, places = size[busy], rounded[busy], part.rows()[busy]
    (first_more, first_stop), (later_more, later_stop), (plus, minus) = (
        _bits(chances.of(family, part.plane)) for family in (FIRST, LATER, SIGN)
    )
    indices = more[places].astype(np.int64) + LOGIT_LIMIT
    goes, stops = later_more[indices], np.zeros((len(busy), BINARY + 1), np.float32)
    goes[:, 0] = first_more[indices[:, 0]]
    stops[:, :-1] = later_stop[indices]
    stops[:, 0] = first_stop[indices[:, 0]]
    beyond = np.zeros((len(busy), BINARY + 1), np.float32)
    np.cumsum(goes, axis=1, out=beyond[:, 1:])
    sign = positive[places].astype(np.int64) + LOGIT_LIMIT
    signs = np.where(exact[busy] > 0, plus[sign], minus[sign])
    rows = np.arange(len(busy))

    def score(candidate: npt.NDArray[np.int64]) -> Floats:
        number = np.searchsorted(CLASSES, candidate, side="right") - 1
        bits = beyond[rows, number] + stops[rows, number] + np.where(candidate > 0, signs, 0)
        bits += np.append(_WIDTHS, 0)[number]
        last = np.flatnonzero(number == BINARY)
        bits[last] += 2 * np.floor(np.log2(candidate[last] - CLASSES[-1] + 1)) + 1
        error = size - candidate + shrink[np.minimum(candidate, 3)]
        return np.asarray(error**2 + price * bits, dtype=np.float32)

    best, least = rounded, score(rounded)
    for candidate in (rounded - 1, np.zeros_like(rounded)):
        found = score(candidate)
        best, least = np.where(found < least, candidate, best), np.minimum(found, least)
    out[busy] = np.where(exact[busy] > 0, best, -best)
    return out


def _bits(chance: Chance) -> tuple[Floats, Floats]:
    """Bits that a 1 and a 0 take, for each logit."""
    shares = chance / TOTAL
    return -np.log2(shares).astype(np.float32), -np.log2(1 - shares).astype(np.float32)


Seen = Callable[[Part, Integers, Floats], None]


@dataclass(frozen=True)
class Coded:
    """What coding an image gave.

    Attributes:
        planes: as the decoder has them, before they are repaired, in units of 1/64.
        ideal_bits: the code length of all decisions by their probabilities, in bits.
        macs: multiply–accumulates of the networks.
        payload: all decisions.
    """

    planes: list[Plane]
    ideal_bits: float
    macs: int
    payload: bytes


def encode(
    bands: Sequence[Bands], height: int, width: int, model: Model, step: int, price: float, seen: Seen | None = None
) -> Coded:
    """Codes the bands of each plane of an image.

    Args:
        bands: the bands of each plane, as ``transform.analyse`` gives them; coded bands are taken out, to save room.
        height, width: the size of the image.
        model: the model that predicts.
        step: the quantiser step, in units of 1/64.
        price: the price of a bit in squared steps; 0 rounds with a dead zone.
        seen: is told of each part, with its coefficients and what they were, in steps.
    """
    writer, predictor = Writer(), Predictor(model, step)
    chances = Chances(model.tables.probability)
    scale = np.float32(UNIT / step)
    low = [code_low(writer, np.rint(plane[LEVELS, 3] * scale).astype(np.int32)) for plane in bands]
    decoded = DecodedBands(height, width, step, low, model.tables)
    for part, values in decoded.parts():
        top, left = part.first
        exact = bands[part.plane][part.level, part.orientation][top::2, left::2] * scale
        if part.phase == len(PHASES) - 1:
            del bands[part.plane][part.level, part.orientation]
        logits = predictor(part)
        if price:
            shrink = model.tables.shrink[part.row].astype(np.float32) / UNIT
            values[...] = choose(exact.ravel(), part, logits, chances, shrink, price).reshape(values.shape)
        else:
            values[...] = np.sign(exact) * np.floor(np.abs(exact) + np.float32(DEAD_ZONE))
        code_part(writer, part, logits, chances, values)
        if seen is not None:
            seen(part, values, exact)
    return Coded(decoded.low, writer.ideal, predictor.macs, writer.payload())


def decode(
    payload: bytes, height: int, width: int, planes: int, model: Model, step: int, last: int = 1
) -> Coded:
    """Inverse of :func:`encode`; or the planes of a smaller image.

    Args:
        payload: the payload that the writer gave.
        height, width, planes: the size of the image and the number of its planes.
        model: the model that predicted.
        step: the quantiser step, in units of 1/64.
        last: level at which to stop; each one left out halves the image.

    Raises:
        BitstreamError: the payload is not one that :func:`encode` could have written.
    """
    predictor = Predictor(model, step)
    chances = Chances(model.tables.probability)
    try:
        reader = Reader(payload)
        shape = band_shape(height, width, LEVELS, 3)
        low = [code_low(reader, np.zeros(shape, np.int32)) for _ in range(planes)]
        decoded = DecodedBands(height, width, step, low, model.tables)
        for part, values in decoded.parts(last):
            code_part(reader, part, predictor(part), chances, values)
    except (AssertionError, ValueError) as error:
        raise BitstreamError(f"the entropy-coded payload is invalid: {error}") from error
    return Coded(decoded.low, reader.ideal, predictor.macs, payload)
