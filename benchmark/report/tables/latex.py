r"""Tables in LaTeX: booktabs for the rules, siunitx for the columns of numbers, best values in bold.

They are made for IEEEtran in two columns, and fit into other classes whose columns are as wide. A file holds one
``table`` where it fits into a column, else ``table*``; a long one holds several parts. The preamble needs
``\usepackage{booktabs,siunitx}``, siunitx of version 2 or 3.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from benchmark.report.tables.table import Table
from benchmark.report.tables.text import best_rows, formatted

_PAGE = 55
"""Rows that fit on a page; a table of more stands on several."""

COLUMN, PAGE = 252.0, 516.0
"""Widths of a column and of a page of IEEEtran, in points."""

_NARROW, _LETTER, _CAPITAL, _GAP = 2.5, 3.95, 5.4, 6.0
"""Widths in points of signs of Times of the size of footnotes, and of what parts two columns."""

_SPARE = 0.97
"""Share of a width that may be taken, for the widths of letters are known roughly."""

_ESCAPES = {
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

_SHIFTED = {"_": "₀₁₂₃₄₅₆₇₈₉", "^": "⁰¹²³⁴⁵⁶⁷⁸⁹"}
"""Digits below and above the line, by the sign that LaTeX has for that."""


def escape(text: str) -> str:
    """A text as LaTeX prints it; characters that it knows no command for stay as they are."""
    digits = "|".join(f"[{shifted}]+" for shifted in _SHIFTED.values())
    return "".join(_escaped(part) for part in re.split(f"({digits})", text) if part)


def _escaped(text: str) -> str:
    """A text that is all digits off the line, or has none."""
    for sign, digits in _SHIFTED.items():
        if text[0] in digits:
            return f"${sign}{{{''.join(str(digits.index(digit)) for digit in text)}}}$"
    # A quotation mark needs an encoding that not every preamble has: one of the text's own does.
    return "".join(_ESCAPES.get(sign, sign) for sign in text).replace(r"\textquotedbl{}", "''")


@dataclass(frozen=True)
class _Column:
    """A column as LaTeX takes it: its head and cells escaped, its kind, and its width in points."""

    head: str
    kind: str
    cells: Sequence[str]
    width: float


def latex(table: Table) -> str:
    """A table in LaTeX, labelled ``tab:NAME``.

    Columns of numbers are aligned at their decimal points; a value that is not there is a dash. Long texts are folded.
    """
    columns = _columns(table)
    stars = "" if _total(columns) <= _SPARE * COLUMN else "*"
    columns = _narrowed(columns, _SPARE * (COLUMN if not stars else PAGE))
    head = " & ".join(column.head for column in columns)
    lines = [" & ".join(line) + r" \\" for line in zip(*(column.cells for column in columns), strict=True)]
    spec = "".join(column.kind for column in columns)
    parts = [lines[start : start + _PAGE] for start in range(0, len(lines), _PAGE)] or [[]]
    short, label = escape(_first_sentence(table.caption)), rf"\label{{tab:{table.name}}}"
    text = [r"% \usepackage{booktabs,siunitx}"]
    for number, part in enumerate(parts):
        caption = rf"\caption[{short}]{{{escape(table.caption)}}}{label}"
        if number:
            caption = rf"\addtocounter{{table}}{{-1}}\caption[]{{{short} (continued)}}"
        text += [
            rf"\begin{{table{stars}}}",
            # Bold figures are as wide as others only where siunitx prints them as text.
            r"\centering\sisetup{detect-weight=true,detect-family=true,mode=text,retain-explicit-plus=true}",
            r"\setlength{\tabcolsep}{3pt}\footnotesize\setlength{\belowcaptionskip}{4pt}",
            caption,
            rf"\begin{{tabular}}{{@{{}}{spec}@{{}}}}",
            r"\toprule",
            rf"{head} \\",
            r"\midrule",
            *part,
            r"\bottomrule",
            r"\end{tabular}",
            rf"\end{{table{stars}}}",
        ]
    return "\n".join(text) + "\n"


def latex_notes(tables: Sequence[Table]) -> str:
    r"""The notes on tables, each once, as paragraphs to be taken in by ``\input``."""
    told: dict[str, dict[str, None]] = {}
    for table in tables:
        for topic, text in table.notes.items():
            told.setdefault(topic, {})[text] = None
    return latex_paragraphs({topic: " ".join(texts) for topic, texts in told.items()})


def latex_paragraphs(texts: Mapping[str, str]) -> str:
    r"""Paragraphs that begin with their topics; an empty topic is none. Long words may stretch their lines."""
    lines = [
        (rf"\textit{{{escape(topic)}.}} " if topic else "") + escape(text) for topic, text in texts.items() if text
    ]
    return "\n".join([r"{\sloppy", "\n\n".join(lines), r"\par}", ""])


def _columns(table: Table) -> list[_Column]:
    names = [str(name) for name in table.frame.columns]
    cells = formatted(table.frame, table.forms)
    bold = best_rows(table)
    columns = []
    for place, name in enumerate(names):
        if name in table.unprinted:
            continue
        texts = [table.names.get(line[place], line[place]) for line in cells]
        shape = _shape(texts) if name in table.forms else None
        kind = f"S[table-format={shape}]" if shape else "l"
        head = _head_lines(table.titles.get(name, name))
        width = max((_width(text) for text in (*head, *texts)), default=0)
        if shape:  # a minus is as wide as a plus
            width = max(_width(text.replace("-", "−")) for text in (*head, *texts))
            texts = [_number(text, row in bold.get(name, ())) for row, text in enumerate(texts)]
        else:
            texts = [escape(text) for text in texts]
        columns.append(_Column(_heading(head, kind), kind, texts, width))
    return columns


def _narrowed(columns: Sequence[_Column], room: float) -> list[_Column]:
    """Columns whose texts are folded where all together are wider than there is room, in points: the widest first."""
    over = _total(columns) - room
    widest = max((column for column in columns if column.kind == "l"), key=lambda column: column.width, default=None)
    if over <= 0 or widest is None:
        return list(columns)
    width = max(widest.width - over, 60.0)
    folded = replace(widest, kind=rf">{{\raggedright\arraybackslash}}p{{{width:.0f}pt}}", width=width)
    return [folded if column is widest else column for column in columns]


def _total(columns: Sequence[_Column]) -> float:
    """The width of columns beside each other, in points."""
    return sum(column.width for column in columns) + _GAP * (len(columns) - 1)


def _width(text: str) -> float:
    """The width of a text of the size of footnotes, in points, about."""
    return sum(
        _CAPITAL if sign.isupper() or sign in "+−%mw" else _NARROW if sign in _THIN else _LETTER for sign in text
    )


_THIN = frozenset("fijlrstI .,:;-()[]/'")


def _head_lines(title: str) -> list[str]:
    """A heading in lines that break before a unit and after a comma."""
    return re.sub(r",? (?=\()|(?<=,) ", "\n", title).split("\n")


def _heading(lines: Sequence[str], kind: str) -> str:
    """A heading; braces keep siunitx from reading it."""
    escaped = [escape(line) for line in lines]
    text = r"\begin{tabular}[b]{@{}c@{}}" + r"\\".join(escaped) + r"\end{tabular}" if len(escaped) > 1 else escaped[0]
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
