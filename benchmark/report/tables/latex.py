r"""Tables in LaTeX: booktabs for the rules, siunitx for the columns of numbers, best values in bold.

A file holds one ``table``, or ``longtable`` where it is longer than a page, to be taken in by ``\input``. The preamble
needs ``\usepackage{booktabs,longtable,siunitx}``, siunitx of version 2 or 3.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from benchmark.report.tables.table import Table
from benchmark.report.tables.text import best_rows, formatted

_PAGE = 45
"""Rows that fit on a page; a table of more runs over several."""

_ESCAPES = (
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "%": r"\%",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        "×": r"$\times$",
        "·": r"$\cdot$",
        "−": r"$-$",
        "–": "--",
        "—": "---",
        "≤": r"$\leq$",
        "≥": r"$\geq$",
        "∞": r"$\infty$",
        "σ": r"$\sigma$",
        "μ": r"$\mu$",
        "…": r"\dots{}",
        "’": "'",
        "√": r"$\surd$",
        "→": r"$\rightarrow$",
        "Δ": r"$\Delta$",
    }
    | {mark: f"$_{digit}$" for digit, mark in enumerate("₀₁₂₃₄₅₆₇₈₉")}
    | {mark: f"$^{digit}$" for digit, mark in zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True)}
)


def escape(text: str) -> str:
    """A text as LaTeX prints it; characters that it knows no command for stay as they are."""
    # A quotation mark needs an encoding that not every preamble has: one of the text's own does.
    return "".join(_ESCAPES.get(sign, sign) for sign in text).replace(r"\textquotedbl{}", "''")


def latex(table: Table) -> str:
    """A table in LaTeX, labelled ``tab:NAME``.

    Columns of numbers are aligned at their decimal points; a value that is not there is a dash.
    """
    names = [str(name) for name in table.frame.columns]
    cells = formatted(table.frame, table.forms)
    bold = best_rows(table)
    kinds, columns = [], []
    for place, name in enumerate(names):
        column = [line[place] for line in cells]
        shape = _shape(column) if name in table.forms else None
        kinds.append(f"S[table-format={shape}]" if shape else "l")
        columns.append(
            [_number(cell, row in bold.get(name, ())) if shape else escape(cell) for row, cell in enumerate(column)]
        )
    header = " & ".join(_heading(table.titles.get(name, name), kind) for name, kind in zip(names, kinds, strict=True))
    lines = [" & ".join(line) + r" \\" for line in zip(*columns, strict=True)]
    caption = rf"\caption[{escape(_first_sentence(table.caption))}]{{{escape(table.caption)}}}"
    label = rf"\label{{tab:{table.name}}}"
    # Bold figures are as wide as others only where siunitx prints them as text.
    setup = r"\sisetup{detect-weight=true,detect-family=true,mode=text}\setlength{\tabcolsep}{3pt}\footnotesize"
    head = [r"\toprule", rf"{header} \\", r"\midrule"]
    spec = "".join(kinds)
    if len(lines) > _PAGE:
        body = [
            "{" + setup + r"\setlength{\LTcapwidth}{\textwidth}",
            rf"\begin{{longtable}}{{{spec}}}",
            rf"{caption}{label}\\",
            *head,
            r"\endfirsthead",
            *head,
            r"\endhead",
            r"\bottomrule",
            r"\endfoot",
            *lines,
            r"\end{longtable}",
            "}",
        ]
    else:
        body = [
            r"\begin{table}",
            r"\centering" + setup,
            r"\setlength{\belowcaptionskip}{4pt}",
            caption + label,
            rf"\begin{{tabular}}{{{spec}}}",
            *head,
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    return "\n".join([r"% \usepackage{booktabs,longtable,siunitx}", *body]) + "\n"


def _heading(title: str, kind: str) -> str:
    r"""A heading, in lines that break before a unit and after a comma; braces keep siunitx from reading it."""
    lines = [escape(line) for line in re.sub(r",? (?=\()|(?<=,) ", "\n", title).split("\n")]
    text = r"\shortstack{" + r"\\".join(lines) + "}" if len(lines) > 1 else lines[0]
    return f"{{{text}}}" if kind != "l" else text


def _shape(column: Sequence[str]) -> str | None:
    """What siunitx reserves room for, such as ``-2.1``; None for a column without a decimal number."""
    found = [match for cell in column if (match := re.fullmatch(r"([+-]?)(\d+)(?:\.(\d+))?", cell))]
    if not found or any(re.search(r"\de[+-]?\d", cell) for cell in column):
        return None
    sign = "+" if any(match[1] == "+" for match in found) else "-" if any(match[1] for match in found) else ""
    whole, part = (max(len(match[group] or "") for match in found) for group in (2, 3))
    return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"


def _number(cell: str, bold: bool) -> str:
    try:
        finite = math.isfinite(float(cell))
    except ValueError:
        return f"{{{escape(cell)}}}"
    if not finite:
        return f"{{{escape(cell.replace('inf', '∞').replace('-', '−').replace('nan', '–'))}}}"
    return rf"\bfseries {cell}" if bold else cell


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")
