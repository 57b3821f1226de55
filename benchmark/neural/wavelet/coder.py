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
from benchmark.neural.wavelet.chances import FIRST, LATER, SIGN, Chances, Flags, Numbers, numbers
from benchmark.neural.wavelet.choice import choose
from benchmark.neural.wavelet.decisions import Coder, Reader, Writer, code_within
from benchmark.neural.wavelet.feedback import Feedback
from benchmark.neural.wavelet.loop_coder import Classes, LoopCoder, LoopReader, LoopWriter
from benchmark.neural.wavelet.loops import loops_for
from benchmark.neural.wavelet.lowpass import code_low
from benchmark.neural.wavelet.model import BINARY, CLASSES, Logits, Model, Predictor
from benchmark.neural.wavelet.tables import LOGIT_LIMIT
from benchmark.neural.wavelet.transform import LEVELS, UNIT, Bands, Floats, Integers, Plane, band_shape

DEAD_ZONE = 0.4
"""What is added before a magnitude is rounded down where rates are not asked for."""


_RUN = 256
"""Lively places whose decisions are coded before the chances learn from them."""
_CLASS_OF = (np.searchsorted(CLASSES, np.arange(CLASSES[-1] + 1), side="right") - 1).astype(np.uint8)
"""The class of each magnitude up to the first one of the last class."""


def _code_runs(
    coder: Coder, chances: Chances, plane: int, logits: Logits, wanted: tuple[Classes, Flags], run: int, *, begun: bool
) -> tuple[Classes, Flags]:
    """Codes the decisions of places run by run, see :meth:`benchmark.neural.wavelet.loop_coder.LoopCoder.runs`."""
    if isinstance(coder, LoopCoder):
        return coder.runs(chances, plane, logits, wanted, run, begun=begun)
    size = len(logits[0])
    found, signs = np.zeros(size, np.uint8), np.zeros(size, np.bool_)
    for start in range(0, size, run):
        own = slice(start, min(start + run, size))
        part = (logits[0][own], logits[1][own]), (wanted[0][own], wanted[1][own])
        found[own], signs[own] = _code_run(coder, chances, plane, *part, begun=begun)
    return found, signs


def _code_run(
    coder: Coder, chances: Chances, plane: int, logits: Logits, wanted: tuple[Classes, Flags], *, begun: bool
) -> tuple[Classes, Flags]:
    """Codes a run of places by chances that stand still until it ends, and then learn from it.

    Args:
        coder: writer or reader.
        chances: the chances of decisions.
        plane: the plane of the places.
        logits: the logits of each place.
        wanted: what a writer writes: classes of magnitudes, and which coefficients are above zero.
        begun: whether the first decision is made already: none is zero.

    Returns:
        What was written or read.
    """
    more, positive = logits
    probabilities = chances.of(plane)
    met: list[Numbers] = []
    decided: list[Flags] = []

    def decide(family: int, logits: npt.NDArray[np.int16], bits: Flags) -> Flags:
        met.append(numbers(family, logits))
        decided.append(coder.decisions(bits, probabilities.take(met[-1])))
        return decided[-1]

    classes, above = wanted
    busy = np.arange(len(more)) if begun else np.flatnonzero(decide(FIRST, more[:, 0], classes > 0))
    found, signs = np.zeros(len(more), np.uint8), np.zeros(len(more), np.bool_)
    alive = busy
    for decision in range(1, BINARY + 1):
        if not alive.size:
            break
        found[alive] = decision
        if decision < BINARY:
            alive = alive[decide(LATER, more[alive, decision], classes[alive] > decision)]
    if busy.size:
        signs[busy] = decide(SIGN, positive[busy], above[busy])
    every, bits = np.concatenate(met), np.concatenate(decided)
    coder.count(bits, probabilities.take(every))
    chances.learn(plane, every, bits)
    return found, signs


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
    flat = values.reshape(-1)
    size, above = np.abs(flat), flat > 0
    classes = _CLASS_OF.take(size, mode="clip")
    found, signs = np.zeros(flat.size, np.uint8), np.zeros(flat.size, np.bool_)
    # Chances in quiet places are the model's own: learning there was seen to give nothing.
    quiet = part.quiet()
    quiet = quiet[coder.same(classes[quiet] > 0, int(chances.table[int(more[-1, 0]) + LOGIT_LIMIT]))]
    if quiet.size:
        same = np.repeat(more[-1:], quiet.size, axis=0), np.repeat(positive[-1:], quiet.size)
        wanted = classes[quiet], above[quiet]
        found[quiet], signs[quiet] = _code_runs(coder, chances, part.plane, same, wanted, quiet.size, begun=True)
    own, wanted = (more[:-1], positive[:-1]), (classes[part.lively], above[part.lively])
    found[part.lively], signs[part.lively] = _code_runs(coder, chances, part.plane, own, wanted, _RUN, begun=False)
    busy = np.flatnonzero(found)
    magnitudes = np.zeros(flat.size, np.int32)
    own_classes = found[busy].astype(np.int64)
    if isinstance(coder, LoopReader):
        magnitudes[busy] = coder.within(own_classes)
    else:
        magnitudes[busy] = code_within(coder, own_classes, size[busy].astype(np.int64))
    values[...] = np.where(signs, magnitudes, -magnitudes).reshape(values.shape)


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
    loops = loops_for(height * width)
    writer, predictor = LoopWriter(loops) if loops else Writer(), Predictor(model, step, loops)
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
    loops = loops_for(height * width)
    predictor = Predictor(model, step, loops)
    chances = Chances(model.tables.probability)
    try:
        reader = LoopReader(payload, loops) if loops else Reader(payload)
        shape = band_shape(height, width, LEVELS, 3)
        low = [code_low(reader, np.zeros(shape, np.int32)) for _ in range(planes)]
        decoded = DecodedBands(height, width, step, low, model.tables)
        for part, values in decoded.parts(last):
            code_part(reader, part, predictor(part), chances, values)
    except (AssertionError, ValueError) as error:
        raise BitstreamError(f"the entropy-coded payload is invalid: {error}") from error
    return Coded(decoded.low, reader.ideal, predictor.macs, payload)
