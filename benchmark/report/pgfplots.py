"""Figures as pictures of pgfplots, which a paper draws in its own fonts."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.report.figures.lines import Line, View
from benchmark.report.tables.latex import escape

_PGF_MARKS = {
    "o": "*",
    "s": "square*",
    "^": "triangle*",
    "v": "triangle*, mark options={rotate=180}",
    "D": "diamond*",
    "P": "oplus*",
    "X": "otimes*",
}


def pgfplots(lines: Sequence[Line], view: View, x_label: str, y_label: str, *, log_rate: bool) -> str:
    r"""The figure as a ``tikzpicture`` of pgfplots, to be taken in by ``\input``.

    The preamble needs ``\usepackage{pgfplots}`` with ``\pgfplotsset{compat=1.15}`` or later.
    """
    axis = [
        f"xlabel={{{escape(x_label)}}}, ylabel={{{escape(y_label)}}}",
        f"xmin={view.rates[0]:.6g}, xmax={view.rates[1]:.6g}, ymin={view.values[0]:.6g}, ymax={view.values[1]:.6g}",
        "width=\\columnwidth, grid=major, mark size=1.4pt, legend cell align=left",
        "legend style={font=\\footnotesize, at={(0.5,-0.22)}, anchor=north, draw=none}, legend columns=2",
        *(["xmode=log, log ticks with fixed point"] if log_rate else []),
    ]
    colours = {line.look.colour: f"rd{line.look.colour[1:]}" for line in lines}
    text = [f"\\definecolor{{{name}}}{{HTML}}{{{colour[1:]}}}" for colour, name in colours.items()]
    text += ["\\begin{tikzpicture}", "\\begin{axis}[", *(f"  {entry}," for entry in axis), "]"]
    for line in lines:
        dash = "solid" if isinstance(line.look.dash, str) else _pgf_dash(line.look.dash[1])
        hollow = ", mark options={fill=white}" if line.is_published else ""
        text.append(f"\\addplot[{colours[line.look.colour]}, {dash}, mark={_PGF_MARKS[line.look.marker]}{hollow}]")
        places = [f"({rate:.10g},{value:.10g})" for rate, value in zip(line.rates, line.values, strict=True)]
        text.append("  coordinates {" + " ".join(places) + "};")
        text.append(f"\\addlegendentry{{{escape(line.label)}}}")
    return "\n".join([*text, "\\end{axis}", "\\end{tikzpicture}", ""])


def _pgf_dash(parts: Sequence[float]) -> str:
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return "dash pattern={" + " ".join(f"on {on:g}pt off {off:g}pt" for on, off in pairs) + "}"
