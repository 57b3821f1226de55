"""Charts as pictures of pgfplots, which a paper draws in its own fonts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from functools import singledispatch

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

_AROUND = ("right", "above", "left", "below")
"""Places of names, in turn: those of neighbours differ."""


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
    body = []
    for marks in chart.joined():
        if len(marks) > 1:
            line = _places((mark.seconds, mark.rate) for mark in marks)
            body.append(f"\\addplot[{_colour(marks[0].look.colour)}] coordinates {{{line}}};")
        for mark in marks:
            name = ""
            if mark in named:
                beside = _AROUND[named.index(mark) % len(_AROUND)]
                name = f" node[{beside}, font=\\scriptsize] {{{escape(mark.name)}}}"
            body.append(f"\\addplot[{_colour(mark.look.colour)}, {_mark(mark.look)}]")
            body.append(f"  coordinates {{{_places([(mark.seconds, mark.rate)])}}}{name};")
    return _picture((mark.look.colour for mark in chart.marks), axis, body)


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
