"""Verdicts on published figures: whether ours are as good, and why not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.report.published_study import RATES, Figure

SAME, NEAR = (0.1, 0.01), (0.5, 0.05)
"""By how much ours may be worse to be called reproduced, and close: in dB, and as a share of other figures."""

_NO_QUALITY = (*RATES, "payload_bpp", "knob")
"""Figures that no verdict is on: each is of the rate that a quality is measured at, or chooses it."""


@dataclass(frozen=True)
class Compared:
    """A published figure and ours.

    Attributes:
        variant: the codec with the settings that the published row asks for.
        name: the figure's name in study files.
        figure: the figure.
        theirs, ours: its values; NaN where ours was not measured.
        group: the name of what the figure is of, such as a published codec, or what was trained on.
        place: the name of its row, such as the data set.
        rates: bits per pixel of the published value and of ours; NaN where they are not known.
    """

    variant: str
    name: str
    figure: Figure
    theirs: float
    ours: float
    group: str = ""
    place: str = ""
    rates: tuple[float, float] = (math.nan, math.nan)


@dataclass(frozen=True)
class Verdict:
    """What is to be said of a figure of a paper and of one variant of our codec.

    Attributes:
        variant, figure: see :class:`Compared`.
        count, total: how many published values have a finite one of ours beside them, of how many.
        theirs, ours: means over these; NaN where there are none.
        apart: the lowest and the highest difference, ours less theirs; NaN where there are none.
        word: ``reproduced``, ``close``, ``behind`` or ``not measured``.
    """

    variant: str
    figure: Figure
    count: int
    total: int
    theirs: float
    ours: float
    apart: tuple[float, float]
    word: str


def best_figure(compared: Sequence[Compared]) -> str:
    """Name of the figure of quality that most finite values of ours are of, the first of several; empty for none."""
    counts = Counter(one.name for one in compared if one.name not in _NO_QUALITY and math.isfinite(one.ours))
    return counts.most_common(1)[0][0] if counts else ""


def verdicts(compared: Sequence[Compared]) -> list[Verdict]:
    """One verdict for each variant and figure of quality, in their order."""
    groups: dict[tuple[str, str], list[Compared]] = {}
    for one in compared:
        if one.name not in _NO_QUALITY:
            groups.setdefault((one.variant, one.name), []).append(one)
    found = []
    for (variant, _), rows in groups.items():
        figure, both = rows[0].figure, [(row.theirs, row.ours) for row in rows if math.isfinite(row.ours)]
        nothing = [(math.nan, math.nan)]
        theirs, ours = (float(np.mean(values)) for values in zip(*(both or nothing), strict=True))
        steps = [own - other for other, own in both or nothing]
        word = _word(figure, theirs, ours)
        found.append(Verdict(variant, figure, len(both), len(rows), theirs, ours, (min(steps), max(steps)), word))
    return found


def _word(figure: Figure, theirs: float, ours: float) -> str:
    if math.isnan(ours):
        return "not measured"
    worse = ours - theirs if figure.falls else theirs - ours
    decibels = figure.unit == "dB"
    lost = worse if decibels else worse / abs(theirs) if theirs else worse
    limits = [limit[0 if decibels else 1] for limit in (SAME, NEAR)]
    return "reproduced" if lost <= limits[0] else "close" if lost <= limits[1] else "behind"
