"""The encoder's choices: which magnitudes are worth their bits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmark.neural.wavelet.bands import Part
from benchmark.neural.wavelet.chances import FIRST, LATER, SIGN, Chance, Chances
from benchmark.neural.wavelet.decisions import WIDTHS
from benchmark.neural.wavelet.model import BINARY, CLASSES, Logits
from benchmark.neural.wavelet.tables import LOGIT_LIMIT, TOTAL
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


def _bits(chance: Chance) -> tuple[Floats, Floats]:
    """Bits that a 1 and a 0 take, for each logit."""
    shares = chance / TOTAL
    return -np.log2(shares).astype(np.float32), -np.log2(1 - shares).astype(np.float32)
