"""Published figures and ours: along the rate where it is known, else one beside the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from benchmark.report.figures.appearance import COLOURS, MARKERS
from benchmark.report.figures.chart import Chart
from benchmark.report.figures.style import MARK, MUTED, label_below, name_rows, rows_height, small_title

_LEAST = 3
"""Rates of one published codec from which a figure is a curve."""

_APART = 0.8
"""Height that the groups of one place may take together, in rows."""


@dataclass(frozen=True)
class Beside:
    """A published value and ours.

    Attributes:
        group: the name of what the value is of, such as a published codec, or what was trained on; empty where there is
            one alone.
        place: the name of its row, such as a data set.
        theirs, ours: the two; NaN where ours was not measured.
        rates: bits per pixel of the two; NaN where they are not known.
    """

    group: str
    place: str
    theirs: float
    ours: float
    rates: tuple[float, float] = (math.nan, math.nan)


@dataclass(frozen=True)
class PublishedChart(Chart):
    """Published figures, hollow and dashed, and ours, solid.

    Attributes:
        pairs: the values.
        label: the text of their axis.
        by_rate: whether they are drawn along the rate; else one place stands beside the other.
    """

    pairs: Sequence[Beside]
    label: str
    by_rate: bool

    @property
    def groups(self) -> list[str]:
        """Whose figures they are, in their order."""
        return list(dict.fromkeys(pair.group for pair in self.pairs))

    @property
    def places(self) -> list[str]:
        """What they are figures of, in their order."""
        return list(dict.fromkeys(pair.place for pair in self.pairs))

    def height(self, width: float) -> float:
        """Higher where there are many names."""
        if self.by_rate:
            return 0.72 * width + 0.12 * len(self.groups)
        return rows_height(self.places, width) + 0.11 * len(self.places) * (len(self.groups) - 1)

    def draw(self, axes: Any) -> None:
        """Draws each group in a colour of its own, with a legend where there are several."""
        if not self.by_rate:
            name_rows(axes, self.places[::-1])
            axes.set_ylim(-0.6, len(self.places) - 0.4)
        for number, group in enumerate(self.groups):
            pairs = [pair for pair in self.pairs if pair.group == group]
            look: dict[str, Any] = {"color": COLOURS[number % len(COLOURS)], "markersize": MARK}
            marker = MARKERS[number % len(MARKERS)]
            (self._curves if self.by_rate else self._rows)(axes, pairs, marker, look, number)
            axes.plot([], [], marker, color=look["color"], label=group)
        if self.by_rate:
            axes.set_xlabel("rate (bits per pixel)")
            axes.set_ylabel(self.label)
        else:
            label_below(axes, self.label)
        axes.margins(**{"y" if self.by_rate else "x": 0.08})
        small_title(axes, "hollow: published; solid: ours")
        if len(self.groups) > 1:
            axes.legend(fontsize="small", labelcolor=MUTED)

    def _curves(self, axes: Any, pairs: Sequence[Beside], marker: str, look: dict[str, Any], _: int) -> None:
        """Draws the curve of a group, and ours."""
        ordered = sorted(pairs, key=lambda pair: pair.rates)
        theirs, ours = ([pair.rates[side] for pair in ordered] for side in (0, 1))
        axes.plot(theirs, [pair.theirs for pair in ordered], marker, linestyle="--", markerfacecolor="white", **look)
        axes.plot(ours, [pair.ours for pair in ordered], marker, linestyle="-", **look)

    def _rows(self, axes: Any, pairs: Sequence[Beside], marker: str, look: dict[str, Any], number: int) -> None:
        """Draws the values of a group, each place in a row of its own, the first on top."""
        shift = ((len(self.groups) - 1) / 2 - number) * _APART / max(len(self.groups), 2)
        for pair in pairs:
            row = len(self.places) - 1 - self.places.index(pair.place) + shift
            axes.plot([pair.theirs, pair.ours], [row, row], color=look["color"], linewidth=0.7, zorder=1.8)
            axes.plot(pair.ours, row, marker, **look)
            axes.plot(pair.theirs, row, marker, markerfacecolor="white", **look)

    def table(self) -> pd.DataFrame:
        """A row for each figure."""
        return pd.DataFrame(
            [
                {"group": pair.group, "place": pair.place, "published_bpp": pair.rates[0], "bpp": pair.rates[1]}
                | {"published": pair.theirs, "ours": pair.ours}
                for pair in self.pairs
            ]
        )


def published_chart(pairs: Sequence[Beside], label: str) -> PublishedChart | None:
    """Published figures of one kind and ours; none where ours has no value of them.

    They are drawn along the rate where all groups have names, and one has at least three rates.

    Args:
        pairs: the values, all of one figure.
        label: the text of their axis.
    """
    if not any(math.isfinite(pair.ours) for pair in pairs):
        return None
    rates: dict[str, set[float]] = {}
    for pair in pairs:
        rates.setdefault(pair.group, set()).add(pair.rates[0])
    by_rate = "" not in rates and max(map(len, rates.values())) >= _LEAST and not math.isnan(pairs[0].rates[0])
    return PublishedChart(list(pairs), label, by_rate)
