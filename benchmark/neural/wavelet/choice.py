"""The encoder's choices: which magnitudes are worth their bits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmark.neural.wavelet.bands import Part
from benchmark.neural.wavelet.chances import FIRST, LATER, SIGN, Chances, numbers
from benchmark.neural.wavelet.decisions import WIDTHS
from benchmark.neural.wavelet.model import BINARY, CLASSES, Logits
from benchmark.neural.wavelet.transform import Floats, Integers


def choose(exact: Floats, part: Part, logits: Logits, chances: Chances, shrink: Floats, price: float) -> Integers:
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
    probabilities = chances.of(part.plane)
    one, zero = -np.log2(probabilities).astype(np.float32), -np.log2(1 - probabilities).astype(np.float32)
    indices = numbers(LATER, more[places])
    indices[:, 0] = numbers(FIRST, more[places, 0])
    goes, stops = one[indices], np.zeros((len(busy), BINARY + 1), np.float32)
    stops[:, :-1] = zero[indices]
    beyond = np.zeros((len(busy), BINARY + 1), np.float32)
    np.cumsum(goes, axis=1, out=beyond[:, 1:])
    sign = numbers(SIGN, positive[places])
    signs = np.where(exact[busy] > 0, one[sign], zero[sign])
    rows = np.arange(len(busy))

    def score(candidate: npt.NDArray[np.int64]) -> Floats:
        number = np.searchsorted(CLASSES, candidate, side="right") - 1
        bits = beyond[rows, number] + stops[rows, number] + np.where(candidate > 0, signs, 0)
        bits += np.append(WIDTHS, 0)[number]
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
