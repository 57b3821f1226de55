"""Bits of the bands, by the chances that the model gives; and an encoder and a decoder of whole images.

A magnitude is made of decisions "more", which go from class to class, see ``decisions``. A sign is one more decision.
Decisions of the same number are coded for all places of a part at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmark.errors import BitstreamError
from benchmark.neural.wavelet.bands import PHASES, DecodedBands, Part
from benchmark.neural.wavelet.chances import FIRST, LATER, SIGN, Chances
from benchmark.neural.wavelet.choice import choose
from benchmark.neural.wavelet.decisions import Coder, Flags, Reader, Writer, code_within
from benchmark.neural.wavelet.feedback import Feedback
from benchmark.neural.wavelet.lowpass import code_low
from benchmark.neural.wavelet.model import BINARY, CLASSES, Logits, Model, Predictor
from benchmark.neural.wavelet.tables import LOGIT_LIMIT, TOTAL
from benchmark.neural.wavelet.transform import LEVELS, UNIT, Bands, Floats, Integers, Plane, band_shape

DEAD_ZONE = 0.4
"""What is added before a magnitude is rounded down where rates are not asked for."""


_RUN = 256
"""Lively places whose decisions are coded before the chances learn from them."""


class _Run:
    """Decisions of a run of places, coded by chances that stand still until it ends."""

    def __init__(self, coder: Coder, chances: Chances, plane: int) -> None:
        self._coder, self._chances, self._plane = coder, chances, plane
        # Whole multiples of 1/65,536: no rounding is in them.
        self._probabilities = [chances.of(family, plane) / TOTAL for family in (FIRST, LATER, SIGN)]
        self._decided: list[list[tuple[npt.NDArray[np.integer], Flags]]] = [[], [], []]

    def decide(self, family: int, logits: npt.NDArray[np.int16], bits: Flags) -> Flags:
        """Codes bits of these logits."""
        indices = logits.astype(np.int64) + LOGIT_LIMIT
        found = self._coder.decisions(bits, self._probabilities[family][indices])
        self._decided[family].append((indices, found))
        return found

    def end(self) -> None:
        """Lets the chances learn."""
        for family, pairs in enumerate(self._decided):
            if pairs:
                met, found = (np.concatenate(group) for group in zip(*pairs, strict=True))
                every, ones = self._chances.counted(met, found)
                self._coder.count(every, ones, self._probabilities[family])
                self._chances.learn(family, self._plane, every, ones)


def code_part(coder: Coder, part: Part, logits: Logits, chances: Chances, values: Integers) -> None:
    """Codes the coefficients of a part, from which the chances learn; a reader fills the coefficients in.

    Quiet places come first. Then follow runs of lively ones, after each of which the chances learn.

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
    found, signs = np.zeros(flat.size, np.int64), np.zeros(flat.size, np.bool_)
    # Chances in quiet places are the model's own: learning there was seen to give nothing.
    begun = quiet[coder.same(classes[quiet] > 0, int(chances.table[int(more[-1, 0]) + LOGIT_LIMIT]))]
    for start in range(-_RUN, len(part.lively), _RUN):
        run = _Run(coder, chances, part.plane)
        if start >= 0:
            places = part.lively[start : start + _RUN]
            begun = places[run.decide(FIRST, more[row[places], 0], classes[places] > 0)]
        found[begun] = 1
        alive = begun
        for decision in range(1, BINARY):
            if not alive.size:
                break
            alive = alive[run.decide(LATER, more[row[alive], decision], classes[alive] > decision)]
            found[alive] += 1
        if begun.size:
            signs[begun] = run.decide(SIGN, positive[row[begun]], flat[begun] > 0)
        run.end()
    busy = np.flatnonzero(found)
    found[busy] = code_within(coder, found[busy], size[busy])
    values[...] = np.where(signs, found, -found).reshape(values.shape)


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
    bands: Sequence[Bands],
    height: int,
    width: int,
    model: Model,
    step: int,
    price: float,
    seen: Seen | None = None,
    *,
    corrected: bool = False,
    shares: Sequence[float] = (1.0,) * LEVELS,
) -> Coded:
    """Codes the bands of each plane of an image.

    Args:
        bands: the bands of each plane, as ``transform.analyse`` gives them; coded bands are taken out, to save room.
        height, width: the size of the image.
        model: the model that predicts.
        step: the quantiser step, in units of 1/64.
        price: the price of a bit in squared steps; 0 rounds with a dead zone.
        seen: is told of each part, with its coefficients and what they were, in steps.
        corrected: whether later coefficients make good what earlier ones left wrong, see ``feedback``.
        shares: what the price is multiplied by at each level, from the finest on.
    """
    writer, predictor = Writer(), Predictor(model, step)
    chances = Chances(model.tables.probability)
    scale = np.float32(UNIT / step)
    low = [code_low(writer, np.rint(plane[LEVELS, 3] * scale).astype(np.int32)) for plane in bands]
    decoded = DecodedBands(height, width, step, low, model.tables)
    feedback = Feedback(height, width, step, bands, decoded.low, model.tables) if corrected else None
    for part, values in decoded.parts():
        top, left = part.first
        exact = bands[part.plane][part.level, part.orientation][top::2, left::2] * scale
        if part.phase == len(PHASES) - 1:
            del bands[part.plane][part.level, part.orientation]
        aims = exact + feedback.wanted(part) if feedback else exact
        logits = predictor(part)
        if price:
            shrink = model.tables.shrink[part.row].astype(np.float32) / UNIT
            own = price * shares[part.level - 1]
            values[...] = choose(aims.ravel(), part, logits, chances, shrink, own).reshape(values.shape)
        else:
            values[...] = np.sign(aims) * np.floor(np.abs(aims) + np.float32(DEAD_ZONE))
        code_part(writer, part, logits, chances, values)
        if feedback:
            feedback.coded(part, values, exact)
        if seen is not None:
            seen(part, values, exact)
    return Coded(decoded.low, writer.ideal, predictor.macs, writer.payload())


def decode(payload: bytes, height: int, width: int, planes: int, model: Model, step: int, last: int = 1) -> Coded:
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
