"""Matching: the value of a codec's knob that brings one image closest to a rate or a quality, in few encodes."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmark.codec import Codec, setting_types
from benchmark.errors import Unreachable
from benchmark.record.settings import settings_text

RATES = ("bpp", "payload_bpp")
"""Columns of rate that can be matched; every column of a metric can be, too."""

Sense = Literal["<=", ">=", "~"]
"""On which side of a limit a value has to be."""

SENSES: tuple[Sense, ...] = ("<=", ">=", "~")

_STEPS = 2000
"""Parts into which the range of a knob that is not whole is cut."""


@dataclass(frozen=True)
class Target:
    """What to match: the nearest value of a column on one side of a limit, or on either.

    Attributes:
        column: the column of the records.
        limit: the limit of the column's value.
        sense: ``<=`` for the nearest value that is not above the limit, ``>=`` for the nearest that is not below it,
            ``~`` for the nearest of all.
        mean: whether one knob is chosen for the whole data set, by the mean over its images; else each image has its
            own.
    """

    column: str
    limit: float
    sense: Sense = "<="
    mean: bool = False

    def __str__(self) -> str:
        return f"{'mean ' if self.mean else ''}{self.column}{self.sense}{self.limit:.12g}"


@dataclass(frozen=True)
class Match:
    """What a search found.

    Attributes:
        knob: the value of the knob.
        value: what it gives.
        encodes: values of the knob that were tried.
    """

    knob: float
    value: float
    encodes: int


def find_knob(measure: Callable[[float], float], knobs: Sequence[float], limit: float, *, sense: Sense = "<=") -> Match:
    """The knob whose value is the nearest to a limit on one side, of all that were tried; see :func:`steps`.

    Args:
        measure: value of a knob; called once for each.
        knobs: the knobs, in the order in which the value rises.
        limit: not to be passed.
        sense: the side of the limit on which the value has to be, see :class:`Target`.

    Raises:
        Unreachable: every value visited, that of the end of the knobs among them, is on the wrong side.
    """
    asking = steps(knobs, limit, sense=sense)
    try:
        knob = next(asking)
        while True:
            knob = asking.send(measure(knob))
    except StopIteration as end:
        found: Match = end.value
        return found


def steps(knobs: Sequence[float], limit: float, *, sense: Sense = "<=") -> Generator[float, float, Match]:
    """The search itself: yields a knob to try, is sent its value, and returns what it found.

    Bisection, and regula falsi once both sides of the limit are known, until two neighbours enclose it; a step that
    leaves more than half of the bracket is followed by one of bisection, so that there are at most
    2·log₂(``len(knobs)``) + 2 steps. Where the values are not quite monotone the best that was visited is returned,
    which need not be the last; of equal ones that of the highest knob, with ``>=`` that of the lowest. A limit above
    all values is met by the end of the range, unless they have to be above it; one below all likewise.

    Arguments and errors are those of :func:`find_knob`.
    """
    visited: dict[int, float] = {}
    below, above = -1, len(knobs)
    halve = True
    while above - below > 1:
        place = (below + above) // 2
        if not halve and below in visited and above in visited:
            rise = visited[above] - visited[below]
            if math.isfinite(rise) and rise > 0:
                share = (limit - visited[below]) / rise
                place = min(max(below + round(share * (above - below)), below + 1), above - 1)
        width = above - below
        visited[place] = yield knobs[place]
        if visited[place] < limit or (visited[place] == limit and sense != ">="):
            below = place
        else:
            above = place
        halve = 2 * (above - below) > width + 1
    sign = -1 if sense == ">=" else 1
    fitting = [place for place, value in visited.items() if sense == "~" or sign * value <= sign * limit]
    if not fitting:
        closest = min(visited, key=lambda place: (sign * visited[place], place))
        raise Unreachable(f"nearest: {visited[closest]:.6g} at {knobs[closest]:g}")
    best = max(fitting, key=lambda place: (-abs(visited[place] - limit), sign * place))
    return Match(knobs[best], visited[best], len(visited))


def knob_values(codec: type[Codec], *, reverse: bool = False) -> Sequence[float]:
    """All values of a codec's knob that a search may try, in the order in which the rate rises.

    Those of a whole knob, or two thousand equal steps of its range.

    Args:
        codec: one with a knob.
        reverse: the order in which the rate falls.
    """
    knob = codec.knob
    assert knob is not None
    if setting_types(codec)[knob.field] is int:
        values: list[float] = list(range(int(knob.low), int(knob.high) + 1))
    else:
        values = [round(knob.low + (knob.high - knob.low) * step / _STEPS, 9) for step in range(_STEPS + 1)]
    return values if knob.increasing != reverse else values[::-1]


def row_settings(codec: Codec, target: Target | None) -> str:
    """The settings of a row, as canonical JSON; without the knob where a target chooses it."""
    if target is None or codec.knob is None:
        return codec.settings_json
    settings = {name: value for name, value in codec.settings.items() if name != codec.knob.field}
    return settings_text(settings)
