"""Tables in the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich import box
from rich.table import Table

_NUMERIC = {
    "images",
    "bpp",
    "enc s",
    "dec s",
    "BD-rate %",
    "overlap",
    "of images %",
    "95 % CI",
    "p",
    "n",
    "quality",
    "rows",
    "worse",
    "better",
    "changed",
    "missing",
    "new",
    "encode s",
    "decode s",
    "baseline",
    "current",
    "change",
    "allowed",
    "pairs",
    "ratio",
    "bits",
    "ceiling",
    "header B",
    "of 1×1",
    "threads",
}


def table_of(*columns: str, numbers: Sequence[str] = ()) -> Table:
    """An empty table; columns of numbers, by their names or those in ``numbers``, are flush right."""
    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, justify="right" if column in _NUMERIC or column in numbers else "left")
    return table


def formatted(value: object, form: str) -> str:
    """A number as text, by a format such as ``{:.2f}``; a dash where there is none."""
    number = float(str(value)) if value != "" else float("nan")
    return "–" if math.isnan(number) else form.format(number)
