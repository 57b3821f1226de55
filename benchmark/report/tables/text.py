"""Tables for papers and spreadsheets."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.errors import UsageError
from benchmark.record.frames import csv_text
from benchmark.report.tables.table import Table


def markdown(header: Sequence[str], lines: Iterable[Sequence[str]], right: Collection[int] = ()) -> str:
    """A table in Markdown, without a line break at its end.

    Args:
        header: the headings.
        lines: the cells of each row.
        right: places of the columns that are aligned at the right: those of numbers.
    """
    cells = [[_escaped(cell) for cell in line] for line in (header, *lines)]
    cells.insert(1, ["---:" if place in right else "---" for place in range(len(header))])
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _escaped(cell: str) -> str:
    """A cell whose text neither ends it nor begins a tag of HTML; what stands in backticks is no tag."""
    parts = _CODE.split(cell.replace("|", "\\|"))
    return "".join(part if place % 2 else _TAG.sub(r"\\<", part) for place, part in enumerate(parts))


_CODE = re.compile(r"(`[^`]*`)")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def number(value: object, form: str) -> str:
    """A number in a format, a dash where there is none."""
    if value is None or value is pd.NA or value == "" or math.isnan(float(str(value))):
        return "–"
    return format(float(str(value)), form)


def formatted(frame: pd.DataFrame, forms: Mapping[str, str]) -> list[list[str]]:
    """The cells of a table as texts.

    Args:
        frame: any.
        forms: the format of each column of numbers, such as ``.2f``; the others are taken as they are.
    """
    return [
        [number(value, forms[str(name)]) if name in forms else str(value) for name, value in row.items()]
        for row in frame.to_dict("records")
    ]


def table_text(frame: pd.DataFrame, path: Path, forms: Mapping[str, str]) -> str:
    """A table in the form that a file's ending names: CSV with ten digits of a number, or Markdown with ``forms``.

    Raises:
        UsageError: the ending is neither ``.csv`` nor ``.md``.
    """
    if path.suffix == ".csv":
        return csv_text(frame)
    if path.suffix == ".md":
        names = [str(name) for name in frame.columns]
        right = [place for place, name in enumerate(names) if name in forms]
        return markdown(names, formatted(frame, forms), right) + "\n"
    raise UsageError(f"{path}: expected a name that ends in .csv or .md")


def best_rows(table: Table) -> dict[str, set[int]]:
    """Which rows have the best value of a column, by column: all that print alike."""
    cells = formatted(table.frame, table.forms)
    found: dict[str, set[int]] = {}
    for name, end in table.best.items():
        values = pd.to_numeric(table.frame[name]).to_numpy(float)
        if not np.isfinite(values).any():
            continue
        best = (np.nanmin if end == "low" else np.nanmax)(np.where(np.isinf(values), np.nan, values))
        place = list(table.frame.columns).index(name)
        text = number(best, table.forms[name])
        found[name] = {row for row, line in enumerate(cells) if line[place] == text}
    return found


def markdown_table(table: Table) -> str:
    """A table in Markdown with its caption above and its notes below it, best values in bold."""
    cells = [[table.names.get(cell, cell) for cell in line] for line in formatted(table.frame, table.forms)]
    names = [str(name) for name in table.frame.columns]
    for name, rows in best_rows(table).items():
        for row in rows:
            cells[row][names.index(name)] = f"**{cells[row][names.index(name)]}**"
    header = [table.titles.get(name, name) for name in names]
    right = [place for place, name in enumerate(names) if name in table.forms]
    notes = [f"*{topic}.* {text}" for topic, text in table.notes.items()]
    return "\n\n".join([table.caption, markdown(header, cells, right), *notes]) + "\n"
