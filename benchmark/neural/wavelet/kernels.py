"""Compiled loops of decisions: done with NumPy elsewhere, to the last bit, see :mod:`benchmark.neural.wavelet.loops`.

The range decoder is that of constriction's queue: 64 bits of state, words of 32 bits, probabilities in 24 bits. All of
it is whole numbers, or ``float64`` where numerators and quotients are exact, see
:mod:`benchmark.neural.wavelet.chances`.

It is imported only by those who have Numba. It compiles as it is imported, and the result is kept beside this file, or
in the user's cache. Numba compiles anew where this file has changed. The numbers of other modules that are
compiled in are looked at here: with earlier ones streams would be lost.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.neural.wavelet.chances import CENTRE, EDGE, FIRST, LATER, MEMORY, PRIOR, ROW, SIGN, UNIT, WIDTH
from benchmark.neural.wavelet.decisions import MOST_DIGITS
from benchmark.neural.wavelet.tables import TOTAL
from benchmark.system.compiled import compiled, renew

_Array = npt.NDArray[Any]

_LOWER, _RANGE, _POINT, _PLACE = range(4)
"""What the state of a decoder holds: the coder's interval, the point in it that is read, and the next word."""

_TABLES = "(int64[::1], int64[:,::1], float64[:,::1], float64[:,::1], int64[:,::1])"
_PLANE = "(int64[:,::1], float64[::1], float64[::1], float64[:,::1])"
_LOGITS = "int16[:,::1], int16[::1], boolean, int64"


@compiled()
def _learn(tables: Any, plane: Any, met: _Array, bits: _Array, count: int) -> None:
    facing, expected, in_favour, against, ends = tables
    counts, up, down, probabilities = plane
    bins = counts.shape[1]
    each, more = np.zeros((bins, WIDTH), np.int64), np.zeros(bins, np.int64)
    for i in range(count):
        number = facing[met[i]]
        one = bits[i] != (number != met[i])
        number -= EDGE
        each[number // WIDTH, number % WIDTH] += 1
        more[number // WIDTH] += one
    reached = np.zeros(bins + 1, np.bool_)
    for b in range(bins):
        every, hoped = 0, 0
        for w in range(WIDTH):
            every += each[b, w]
            hoped += each[b, w] * expected[b, w] >> 8
        if every == 0:
            continue
        reached[b] = reached[b + 1] = True
        seen = counts[0, b] + more[b] * UNIT
        hoped += counts[1, b]
        every = counts[2, b] + every * UNIT
        most = max(every, MEMORY)
        seen, hoped, every = seen * MEMORY // most, hoped * MEMORY // most, every * MEMORY // most
        counts[0, b], counts[1, b], counts[2, b] = seen, hoped, every
        up[b] = (seen + PRIOR) * (every - hoped + PRIOR) >> 8
        down[b] = (every - seen + PRIOR) * (hoped + PRIOR) >> 8
    for row in range(bins):
        if reached[row]:
            first, last = ends[0, row], ends[1, row]
            for w in range(WIDTH):
                chance, other = in_favour[row, w], against[row, w]
                raised = chance * up[first]
                before = np.floor(raised / np.floor((raised + other * down[first]) * (1 / TOTAL)))
                raised = chance * up[last]
                after = np.floor(raised / np.floor((raised + other * down[last]) * (1 / TOTAL)))
                found = before + np.floor((after - before) * (w / WIDTH) + 0.5)
                probabilities[row, w] = min(max(found, 1.0), TOTAL - 1.0) * (1 / TOTAL)
    sign = probabilities.reshape(-1)[SIGN * ROW :]
    for place in range(1, CENTRE):
        sign[place] = 1 - sign[ROW - place]


@compiled()
def _read(words: _Array, state: _Array, probability: float) -> int:
    """Reads one decision; −1 where no writer can have written what is there."""
    # As the library has it: both values have a probability of at least 2⁻²⁴.
    zero = np.uint64(1 + (np.int64((1 - probability) * TOTAL) * ((1 << 24) - 2) >> 16))
    scale = state[_RANGE] >> np.uint64(24)
    offset = state[_POINT] - state[_LOWER]
    if offset >= scale << np.uint64(24):
        return -1
    if offset < scale * zero:
        bit = 0
        state[_RANGE] = scale * zero
    else:
        bit = 1
        state[_LOWER] += scale * zero
        state[_RANGE] = scale * (np.uint64(1 << 24) - zero)
    if state[_RANGE] < np.uint64(1 << 32):
        state[_LOWER] <<= np.uint64(32)
        state[_RANGE] <<= np.uint64(32)
        state[_POINT] <<= np.uint64(32)
        if state[_PLACE] < np.uint64(words.size):
            state[_POINT] |= np.uint64(words[state[_PLACE]])
            state[_PLACE] += np.uint64(1)
    return bit


@compiled("float64(uint32[::1], uint64[::1], float64[::1], boolean[::1])", nogil=True, cache=True)
def read_each(words: _Array, state: _Array, probabilities: _Array, bits: _Array) -> float:
    """Reads decisions of these probabilities to be 1.

    Args:
        words: the payload.
        state: the state of the decoder, which goes on.
        probabilities: (N,), whole multiples of 1/65,536 between 0 and 1.
        bits: (N,), filled.

    Returns:
        Their ideal bits; NaN where no writer can have written what is there.
    """
    ideal = 0.0
    for i in range(probabilities.size):
        bit = _read(words, state, probabilities[i])
        if bit < 0:
            return math.nan
        bits[i] = bit == 1
        ideal -= math.log2(probabilities[i] if bit else 1 - probabilities[i])
    return ideal


@compiled()
def _decide(words: _Array, state: _Array, known: _Array, number: int, decided: Any, count: int) -> int:
    """Reads the decision of a number, and keeps it with those before it; −1 as of :func:`_read`."""
    met, bits = decided
    bit = _read(words, state, known[number])
    met[count], bits[count] = number, bit == 1
    return bit


@compiled()
def _read_run(
    words: _Array, state: _Array, known: _Array, logits: Any, begun: bool, places: Any, decided: Any, out: Any
) -> int:
    """Reads the decisions of a run; the number of them, or −1 as of :func:`_read`."""
    more, positive = logits
    start, stop, alive, busy = places
    found, signs = out
    decisions = more.shape[1]
    count, size = 0, 0
    for i in range(start, stop):
        if not begun:
            bit = _decide(words, state, known, more[i, 0] + FIRST * ROW + CENTRE, decided, count)
            if bit < 0:
                return -1
            count += 1
            if bit == 0:
                continue
        alive[size] = busy[size] = i
        size += 1
    going = size
    for decision in range(1, decisions + 1):
        left = 0
        for a in range(going):
            i = alive[a]
            found[i] = decision
            if decision < decisions:
                bit = _decide(words, state, known, more[i, decision] + LATER * ROW + CENTRE, decided, count)
                if bit < 0:
                    return -1
                count += 1
                if bit:
                    alive[left] = i
                    left += 1
        going = left
    for b in range(size):
        bit = _decide(words, state, known, positive[busy[b]] + SIGN * ROW + CENTRE, decided, count)
        if bit < 0:
            return -1
        signs[busy[b]] = bit == 1
        count += 1
    return count


@compiled(
    f"float64(uint32[::1], uint64[::1], Tuple({_TABLES}), Tuple({_PLANE}), {_LOGITS}, uint8[::1], boolean[::1])",
    nogil=True,
    cache=True,
)
def read_runs(
    words: _Array,
    state: _Array,
    tables: Any,
    plane: Any,
    more: _Array,
    positive: _Array,
    begun: bool,
    run: int,
    found: _Array,
    signs: _Array,
) -> float:
    """Reads the decisions of places, run by run; the chances of the plane learn from each.

    Args:
        words, state: see :func:`read_each`.
        tables, plane: see :class:`benchmark.neural.wavelet.chances.Chances`.
        more, positive: the logits of the places, (N, 16) and (N,).
        begun: whether the first decision is made already: none is zero.
        run: places of a run.
        found: (N,), zeros: the classes of magnitudes, filled.
        signs: (N,), zeros: which are above zero, filled.

    Returns:
        As :func:`read_each`.
    """
    known = plane[3].reshape(-1)
    most = min(run, len(more))
    met, bits = np.empty(most * (more.shape[1] + 1), np.int64), np.empty(most * (more.shape[1] + 1), np.bool_)
    alive, busy = np.empty(most, np.int64), np.empty(most, np.int64)
    ideal = 0.0
    for start in range(0, len(more), run):
        places = (start, min(start + run, len(more)), alive, busy)
        count = _read_run(words, state, known, (more, positive), begun, places, (met, bits), (found, signs))
        if count < 0:
            return math.nan
        for i in range(count):
            ideal -= math.log2(known[met[i]] if bits[i] else 1 - known[met[i]])
        _learn(tables, plane, met, bits, count)
    return ideal


@compiled(
    f"int64(Tuple({_TABLES}), Tuple({_PLANE}), {_LOGITS}, uint8[::1], boolean[::1], float64[::1], boolean[::1])",
    nogil=True,
    cache=True,
)
def decide_runs(
    tables: Any,
    plane: Any,
    more: _Array,
    positive: _Array,
    begun: bool,
    run: int,
    classes: _Array,
    above: _Array,
    used: _Array,
    decided: _Array,
) -> int:
    """Makes the decisions of places that are to be written, run by run; the chances of the plane learn from each.

    Args:
        tables, plane, more, positive, begun, run: see :func:`read_runs`.
        classes, above: (N,), the classes of magnitudes, and which are above zero.
        used: (17 N,), filled: the probability to be 1 of each decision, in the order in which they are written.
        decided: (17 N,), filled: the decisions.

    Returns:
        The number of decisions.
    """
    decisions = more.shape[1]
    probabilities = plane[3].reshape(-1)
    most = min(run, len(more))
    met, bits = np.empty(most * (decisions + 1), np.int64), np.empty(most * (decisions + 1), np.bool_)
    total = 0
    for start in range(0, len(more), run):
        stop = min(start + run, len(more))
        count = 0
        if not begun:
            for i in range(start, stop):
                met[count], bits[count] = more[i, 0] + FIRST * ROW + CENTRE, classes[i] > 0
                count += 1
        for decision in range(1, decisions):
            before = count
            for i in range(start, stop):
                if classes[i] >= decision:
                    met[count], bits[count] = more[i, decision] + LATER * ROW + CENTRE, classes[i] > decision
                    count += 1
            if count == before:
                break
        for i in range(start, stop):
            if classes[i] > 0:
                met[count], bits[count] = positive[i] + SIGN * ROW + CENTRE, above[i]
                count += 1
        for i in range(count):
            used[total], decided[total] = probabilities[met[i]], bits[i]
            total += 1
        _learn(tables, plane, met, bits, count)
    return total


@compiled()
def _read_plain(words: _Array, state: _Array, bits: int, places: _Array, out: _Array) -> int:
    """Adds numbers of so many plain bits at places, the highest bit of all first; how many bits, or −1."""
    for bit in range(bits - 1, -1, -1):
        for place in places:
            value = _read(words, state, 0.5)
            if value < 0:
                return -1
            out[place] += value << bit
    return bits * len(places)


@compiled()
def _read_gamma(words: _Array, state: _Array, places: _Array, out: _Array) -> int:
    """Adds numbers in Elias' γ code at places; how many bits, −1, or −2 where a number is absurd."""
    lengths = np.zeros(len(places), np.int64)
    read, longest, going = 0, 0, len(places)
    while going:  # how many digits follow the first one
        going = 0
        for i in range(len(places)):
            if lengths[i] == longest:
                value = _read(words, state, 0.5)
                if value < 0:
                    return -1
                lengths[i] += value
                going += value
                read += 1
        longest += 1
        if going and longest > MOST_DIGITS:
            return -2
    for digit in range(longest - 1):
        for i in range(len(places)):
            if lengths[i] > digit:
                value = _read(words, state, 0.5)
                if value < 0:
                    return -1
                # A number is one less than its digits say, the first of which is 1.
                out[places[i]] += (value << lengths[i] - 1 - digit) + ((1 << lengths[i]) - 1 if digit == 0 else 0)
                read += 1
    return read


@compiled("int64(uint32[::1], uint64[::1], int64[::1], int64[::1], int64[::1], int64[::1])", nogil=True, cache=True)
def read_within(words: _Array, state: _Array, classes: _Array, firsts: _Array, widths: _Array, out: _Array) -> int:
    """Reads where in their classes magnitudes lie, as :func:`benchmark.neural.wavelet.decisions.code_within` does.

    Args:
        words, state: see :func:`read_each`.
        classes: (N,), the classes.
        firsts: the first magnitude of each class.
        widths: plain bits in each class but the last.
        out: (N,), filled: the magnitudes.

    Returns:
        How many bits were read; −1 where no writer can have written what is there, −2 where a magnitude is absurd.
    """
    for i in range(classes.size):
        out[i] = firsts[classes[i]]
    read = 0
    for number in range(firsts.size):
        places = np.flatnonzero(classes == number)
        if number < widths.size:
            more = _read_plain(words, state, widths[number], places, out)
        else:
            more = _read_gamma(words, state, places, out)
        if more < 0:
            return more
        read += more
    return read


@compiled("UniTuple(int64, 12)()", cache=True)
def _numbers() -> tuple[int, ...]:
    """The numbers of other modules that are compiled in."""
    return CENTRE, EDGE, FIRST, LATER, MEMORY, MOST_DIGITS, PRIOR, ROW, SIGN, TOTAL, UNIT, WIDTH


renew(_numbers, read_each, read_runs, read_within, decide_runs)
