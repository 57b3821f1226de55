"""Charts as pictures of pgfplots, which a paper draws in its own fonts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from functools import singledispatch
from typing import Any

import numpy as np

from benchmark.analysis.standing import signed
from benchmark.errors import UsageError
from benchmark.report.figures.appearance import Look
from benchmark.report.figures.bars import BETTER, WORSE, BarsChart
from benchmark.report.figures.chart import Chart
from benchmark.report.figures.rank import RankChart
from benchmark.report.figures.rd import RdChart
from benchmark.report.figures.speed import SpeedChart
from benchmark.report.tables.latex import escape

_MARKS = {"o": "*", "s": "square*", "^": "triangle*", "v": "triangle*", "D": "diamond*", "P": "+", "X": "x"}
_PLAIN = "grid=major, mark size=1.4pt"
_SIZES = f"width=\\columnwidth, {_PLAIN}"
_ROWS = "axis y line*=left, ytick style={draw=none}, y=9pt, yticklabel style={font=\\footnotesize}, scale only axis"

_LETTER, _COLUMN = 4.1, 252.0
"""Widths of a letter of the size of footnotes and of a column of a paper, in points."""

_AROUND = [
    (side, shift)
    for shift in (0, 7, -7, 14, -14, 21, -21, 28, -28)
    for side in (("right", "left", "above", "below") if not shift else ("right", "left"))
]
"""Places of names beside their marks, the best first: the side, and how many points further up."""

_SMALL, _PLOT = (3.6, 8.0), (200.0, 150.0)
"""Width of a letter and height of a line of the size of scripts, and width and height of a plot, in points."""


@singledispatch
def pgfplots(chart: Chart) -> str:
    r"""A chart as a ``tikzpicture`` of pgfplots, to be taken in by ``\input``.

    The preamble needs ``\usepackage{pgfplots}`` with ``\pgfplotsset{compat=1.15}`` or later.

    Raises:
        UsageError: there is no such picture of its kind.
    """
    raise UsageError("--out: a figure of this kind has no picture of pgfplots; expected pdf, svg, png, webp or csv")


@pgfplots.register
def _rd(chart: RdChart) -> str:
    view = chart.view
    axis = [
        f"xlabel={{{escape(chart.rate_label)}}}, ylabel={{{escape(chart.metric.axis)}}}",
        f"xmin={view.rates[0]:.6g}, xmax={view.rates[1]:.6g}, ymin={view.values[0]:.6g}, ymax={view.values[1]:.6g}",
        f"{_SIZES}, legend cell align=left",
        "legend style={font=\\footnotesize, at={(0.5,-0.22)}, anchor=north, draw=none}, legend columns=2",
        *(["xmode=log, log ticks with fixed point"] if chart.log_rate else []),
    ]
    body = []
    for line in chart.lines:
        dash = "solid" if isinstance(line.look.dash, str) else _dash(line.look.dash[1])
        body.append(f"\\addplot[{_colour(line.look.colour)}, {dash}, {_mark(line.look, hollow=line.is_hollow)}]")
        body.append(f"  coordinates {{{_places(zip(line.rates, line.values, strict=True))}}};")
        body.append(f"\\addlegendentry{{{escape(line.label)}}}")
    return _picture((line.look.colour for line in chart.lines), axis, body)


@pgfplots.register
def _bars(chart: BarsChart) -> str:
    """Bars with their values at their names; those without a value are left out, and have a dash."""
    bars, cut = chart.bars[::-1], chart.cut()
    limits = f"xmin={-cut:.6g}, xmax={cut:.6g}, " if math.isfinite(cut) else ""
    axis = [
        f"xlabel={{{escape(f'BD-rate against {chart.anchor} (%), less is better')}}}",
        f"{limits}xbar, bar width=6pt, bar shift=0pt, {_PLAIN}",
        *_row_names([f"{bar.name} ({'–' if math.isnan(bar.bd_rate) else signed(bar.bd_rate)})" for bar in bars]),
    ]
    body = []
    valued = [(place, bar) for place, bar in enumerate(bars) if math.isfinite(bar.bd_rate)]
    for colour, weak in itertools.product((BETTER, WORSE), (False, True)):
        places = [
            _interval(place, bar.bd_rate, bar.low, bar.high)
            for place, bar in valued
            if (BETTER if bar.bd_rate <= 0 else WORSE, bar.weak) == (colour, weak)
        ]
        if places:
            fill = "white" if weak else _colour(colour)
            body.append(f"\\addplot[draw={_colour(colour)}, fill={fill}, {_INTERVAL}]")
            body.append(f"  coordinates {{{' '.join(places)}}};")
    return _picture((BETTER, WORSE), axis, body)


@pgfplots.register
def _rank(chart: RankChart) -> str:
    rows = chart.ranked[::-1]
    axis = [
        f"xlabel={{{escape(chart.metric.axis)}}}, {_PLAIN}",
        *_row_names([f"{one.name} ({one.rank})" for one in rows]),
    ]
    body = []
    for place, one in enumerate(rows):
        style = f"{_colour(one.look.colour)}, only marks, {_mark(one.look, hollow=one.published)}"
        body.append(f"\\addplot[{style}, {_INTERVAL}]")
        body.append(f"  coordinates {{{_interval(place, one.value, one.low, one.high)}}};")
    return _picture((one.look.colour for one in rows), axis, body)


@pgfplots.register
def _speed(chart: SpeedChart) -> str:
    axis = [
        f"xlabel={{{chart.side} time (s per megapixel)}}, ylabel={{{escape(chart.rate_label)}}}",
        f"xmode=log, log ticks with fixed point, enlarge x limits=0.2, {_SIZES}",
    ]
    named = chart.named()
    beside = dict(zip(map(id, named), _beside(chart), strict=True))
    body = []
    for marks in chart.joined():
        if len(marks) > 1:
            line = _places((mark.seconds, mark.rate) for mark in marks)
            body.append(f"\\addplot[{_colour(marks[0].look.colour)}] coordinates {{{line}}};")
        for mark in marks:
            name = ""
            if id(mark) in beside:
                side, shift = beside[id(mark)]
                place = f"{side}, yshift={shift}pt" if shift else side
                name = f" node[{place}, font=\\scriptsize] {{{escape(mark.name)}}}"
            body.append(f"\\addplot[{_colour(mark.look.colour)}, {_mark(mark.look)}]")
            body.append(f"  coordinates {{{_places([(mark.seconds, mark.rate)])}}}{name};")
    return _picture((mark.look.colour for mark in chart.marks), axis, body)


def _beside(chart: SpeedChart) -> list[tuple[str, int]]:
    """Where the names of marks stand: of :data:`_AROUND` the first that covers neither a mark nor another name."""
    places = np.array([(math.log(mark.seconds), mark.rate) for mark in chart.marks])
    spots = (places - places.min(axis=0)) / np.maximum(np.ptp(places, axis=0), 1e-9) * _PLOT
    at = dict(zip(map(id, chart.marks), spots, strict=True))
    taken = [(x - 3, y - 3, x + 3, y + 3) for x, y in spots]
    found = []
    for mark in chart.named():
        tries = [(side, shift, _box(at[id(mark)], side, shift, mark.name)) for side, shift in _AROUND]
        covered = [sum(_common(box, other) for other in taken) for _, _, box in tries]
        side, shift, box = tries[covered.index(min(covered))]
        taken.append(box)
        found.append((side, shift))
    return found


_Box = tuple[float, float, float, float]


def _box(spot: Any, side: str, shift: int, name: str) -> _Box:
    """Left, bottom, right and top of a name beside a mark, in points."""
    width, height = _SMALL[0] * len(name), _SMALL[1]
    x, y = spot
    left = {"right": x + 4, "left": x - 4 - width}.get(side, x - width / 2)
    middle = y + shift + {"above": 8, "below": -8}.get(side, 0)
    return left, middle - height / 2, left + width, middle + height / 2


def _common(one: _Box, other: _Box) -> float:
    """The area that two boxes share."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


_INTERVAL = "error bars/.cd, x dir=both, x explicit, error bar style={black}"


def _interval(place: int, value: float, low: float, high: float) -> str:
    """A value at a row, with what pgfplots draws to both sides of it."""
    below, above = (0.0 if math.isnan(end) else abs(value - end) for end in (low, high))
    return f"({value:.10g},{place}) += ({above:.6g},0) -= ({below:.6g},0)"


def _row_names(names: Sequence[str]) -> list[str]:
    """The names of rows, the first at the bottom; what they leave of a column is the plot's."""
    texts = ",".join(f"{{{escape(name)}}}" for name in names)
    ticks = ",".join(str(place) for place in range(len(names)))
    width = max(1 - (_LETTER * max(map(len, names)) + 20) / _COLUMN, 0.3)
    return [
        f"ytick={{{ticks}}}, yticklabels={{{texts}}}, ymin=-0.7, ymax={len(names) - 0.3:.1f}",
        f"{_ROWS}, width={width:.2f}\\columnwidth",
    ]


def _picture(colours: Iterable[str], axis: Sequence[str], body: Sequence[str]) -> str:
    text = [f"\\definecolor{{{_colour(colour)}}}{{HTML}}{{{colour[1:]}}}" for colour in dict.fromkeys(colours)]
    text += ["\\begin{tikzpicture}", "\\begin{axis}[", *(f"  {entry}," for entry in axis), "]"]
    return "\n".join([*text, *body, "\\end{axis}", "\\end{tikzpicture}", ""])


def _mark(look: Look, *, hollow: bool = False) -> str:
    """The marker of a look, whose outline is solid on dashed lines, too."""
    options = ["solid", *(["rotate=180"] if look.marker == "v" else []), *(["fill=white"] if hollow else [])]
    if look.marker in "PX":
        options.append("thick")
    return f"mark={_MARKS[look.marker]}, mark options={{{', '.join(options)}}}"


def _colour(colour: str) -> str:
    """The name that a picture gives a colour ``#RRGGBB``."""
    return f"rd{colour[1:]}"


def _places(pairs: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"({first:.10g},{second:.10g})" for first, second in pairs)


def _dash(parts: Sequence[float]) -> str:
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return "dash pattern={" + " ".join(f"on {on:g}pt off {off:g}pt" for on, off in pairs) + "}"
