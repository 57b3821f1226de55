"""Bars: the BD-rates of codecs with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from benchmark.analysis.delta import SMALL_OVERLAP
from benchmark.analysis.standing import headline, headline_title, signed
from benchmark.report.figures.chart import Chart
from benchmark.report.figures.style import COLOURS, REFUSED, label_below, name_rows, rows_height, small_title

BETTER, WORSE = COLOURS[0], COLOURS[1]
_PALE = "#FFFFFF"

_DIGIT = 0.64
"""Width of a letter of a value beside a bar, in heights of its font."""

_AWAY = 3.0
"""Distance of a value from the end of its bar, in points."""

_LEAST = 0.3
"""Share of the plot's width that is left to the bars where it is narrow."""

_OUTLIER = 2.0
"""A bar that is longer than all others, times this, is cut: it would leave the others no room."""
_CUT = 1.15
"""Where it is cut: at the longest of the others, times this."""


@dataclass(frozen=True)
class Bar:
    """A BD-rate.

    Attributes:
        name: what the figure calls the series.
        bd_rate: in percent; NaN where it was refused.
        low, high: its interval; NaN where there is none.
        weak: whether the curves have little range in common.
    """

    name: str
    bd_rate: float
    low: float
    high: float
    weak: bool


@dataclass(frozen=True)
class BarsChart(Chart):
    """The BD-rates of one data set and metric.

    Attributes:
        bars: the best first.
        anchor: what the figure calls the series that they are against.
        title: what it covers.
    """

    bars: Sequence[Bar]
    anchor: str
    title: str

    def height(self, width: float) -> float:
        """A place for each bar, a higher one where names have several lines."""
        return rows_height([bar.name for bar in self.bars], width)

    def cut(self) -> float:
        """The length at which bars are cut, in percent; infinite where none is much longer than the others."""
        lengths = sorted((abs(bar.bd_rate) for bar in self.bars if math.isfinite(bar.bd_rate)), reverse=True)
        if len(lengths) > 2 and lengths[0] > _OUTLIER * lengths[1] > 0:
            return _CUT * lengths[1]
        return math.inf

    def draw(self, axes: Any) -> None:
        """Draws the best on top. Bars without a value are hatched, weak ones hollow; one that is cut has a gap."""
        bars, cut = self.bars[::-1], self.cut()
        for place, bar in enumerate(bars):
            if math.isnan(bar.bd_rate):
                axes.axhspan(place - 0.33, place + 0.33, **REFUSED)
            else:
                _draw_bar(axes, place, bar, cut)
        axes.axvline(0, color="black", linewidth=0.8)
        name_rows(axes, [bar.name for bar in bars])
        label_below(axes, f"BD-rate against {self.anchor} (%), less is better")
        known = [bar for bar in bars if math.isfinite(bar.bd_rate)]
        axes.margins(x=_room(axes, [signed(bar.bd_rate) for bar in known]), y=0.02)
        told = [
            self.title,
            "hollow: little range in common" if any(bar.weak for bar in known) else "",
            "broken: beyond the scale" if any(abs(bar.bd_rate) > cut for bar in known) else "",
            "hatched: refused, not ranked" if len(known) < len(bars) else "",
        ]
        small_title(axes, "; ".join(filter(None, told)))

    def table(self) -> pd.DataFrame:
        """A row for each bar, the best first."""
        return pd.DataFrame([asdict(bar) for bar in self.bars]).rename(columns={"name": "series"})


def bars_chart(bd: pd.DataFrame, title: str, names: Mapping[str, str], anchor: str) -> BarsChart | None:
    """The bars of one data set and metric; none where there is no BD-rate but the anchor's.

    Args:
        bd: rows of ``analysis.bdrate.bd_table`` of a data set and metric; those of single images are not looked at.
        title: what it covers.
        names: what the figure calls the series that it shows; others are left out.
        anchor: what it calls the anchor.
    """
    rows = bd[(bd["image"] == "") & (bd["series"] != bd["anchor"]) & bd["series"].isin(list(names))]
    if rows["rank"].isna().all():
        return None
    rates = headline(rows)
    figures = [rates[name] for name in ("headline", "headline_low", "headline_high")]
    weak = rows["overlap"].astype(float) < SMALL_OVERLAP
    found = [
        Bar(names[series], float(rate), float(low), float(high), bool(pale))
        for series, rate, low, high, pale in zip(rows["series"], *figures, weak, strict=True)
    ]
    return BarsChart(found, anchor, f"{title}, {headline_title(rows)}")


def _room(axes: Any, values: Sequence[str]) -> float:
    """What bars leave at both ends of a plot to the values beside them, as a share of their own range."""
    from matplotlib.font_manager import FontProperties

    points = FontProperties(size="small").get_size_in_points()
    letters = (max(map(len, values), default=0) * _DIGIT * points + _AWAY) / 72
    width = axes.get_window_extent().width / axes.get_figure(root=True).dpi
    bars = max(width - 2 * letters, _LEAST * width)
    return float((width - bars) / 2 / bars)


def _draw_bar(axes: Any, place: int, bar: Bar, cut: float) -> None:
    """Draws a bar with its interval and its value; one that is longer than the cut is broken, without an interval."""
    colour = BETTER if bar.bd_rate <= 0 else WORSE
    shown = min(max(bar.bd_rate, -cut), cut)
    axes.barh(place, shown, height=0.66, edgecolor=colour, linewidth=0.8, color=_PALE if bar.weak else colour)
    if shown != bar.bd_rate:
        _draw_gap(axes, place, shown)
        _write_rate(axes, place, bar.bd_rate, [shown])
        return
    if math.isfinite(bar.low) and math.isfinite(bar.high):
        ends = [[max(bar.bd_rate - bar.low, 0)], [max(bar.high - bar.bd_rate, 0)]]
        axes.errorbar(
            bar.bd_rate, place, xerr=ends, fmt="none", ecolor="black", elinewidth=0.8, capsize=1.8, capthick=0.8
        )
    _write_rate(axes, place, bar.bd_rate, [bar.bd_rate, bar.low, bar.high])


def _draw_gap(axes: Any, place: int, end: float) -> None:
    """Breaks a bar that is cut: a slanted strip of paper across it, near its end."""
    middle, slant = 0.88 * end, 0.012 * abs(end)
    axes.plot(
        [middle - slant, middle + slant],
        [place - 0.5, place + 0.5],
        color=_PALE,
        linewidth=2.4,
        solid_capstyle="butt",
        zorder=3,
    )


def _write_rate(axes: Any, place: int, rate: float, ends: Iterable[float]) -> None:
    """Writes a BD-rate beyond the ends of its bar and of its interval."""
    known = [end for end in ends if math.isfinite(end)]
    axes.annotate(
        signed(rate),
        (min(known) if rate <= 0 else max(known), place),
        xytext=(-_AWAY if rate <= 0 else _AWAY, 0),
        va="center",
        textcoords="offset points",
        ha="right" if rate <= 0 else "left",
        fontsize="small",
    )
