"""What a column of the records is: the kinds of values, their text in a file, and how a summary takes them together."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, SupportsFloat

from benchmark.system.names import plain

Aggregate = Literal["", "point", "mean", "image", "most", "same", "all"]
"""What a summary makes of a column over the rows of an operating point.

``point``: it is a part of what names the operating point. ``mean``: mean and standard deviation. ``image``: the same of
the value for one image, which is the row's divided by its number of images. ``most``: the largest number of the rows
that succeeded. ``same``: the value that all rows share. ``all``: every text that occurs, joined by "and". Empty: the
summary leaves it out.
"""

Kind = Literal["text", "whole number", "number", "words", "pairs"]


@dataclass(frozen=True)
class Column:
    """One column of ``records.csv``.

    Attributes:
        name: the name of the column.
        kind: the kind of its values. ``words`` are separated by spaces, ``pairs`` are ``name:text`` separated by
            commas.
        text: what the column says, for the documentation.
        since: the schema that it came with; 1.1 was added while schema 1 was in use. A file of schema 1 may lack it.
        aggregate: what a summary makes of it.
        key: whether the figures of a row depend on it, so that it is a part of the row's key.
        exact: whether a number keeps all its digits, because it was set and not measured.
    """

    name: str
    kind: Kind
    text: str
    since: float
    aggregate: Aggregate
    key: bool
    exact: bool = False

    def read(self, cell: str) -> Any:
        """The value of a cell.

        Raises:
            ValueError: it is not of the column's kind; the message says what was expected.
        """
        if not cell and self.kind in ("whole number", "number"):
            return None
        try:
            return _KINDS[self.kind].read(cell)
        except ValueError:
            raise ValueError(
                f"{self.name}: expected {_KINDS[self.kind].expected}, got {shortened(cell)}{hint(cell)}"
            ) from None

    def write(self, value: Any) -> str:
        """The cell of a value; empty where there is none."""
        if value is None:
            return ""
        return str(float(value)) if self.exact else _KINDS[self.kind].write(value)


@dataclass(frozen=True)
class _Kind:
    expected: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]


def read_pairs(text: str) -> dict[str, str]:
    """The pairs of a text such as ``mse:1f0c2a3b,psnr:00aa11bb``.

    Raises:
        ValueError: a part has no colon.
    """
    return dict(part.split(":", 1) for part in text.split(",") if part)


def write_pairs(pairs: Mapping[str, str]) -> str:
    """The text that :func:`read_pairs` reads."""
    return ",".join(f"{name}:{value}" for name, value in pairs.items())


def read_number(cell: str) -> float:
    """The number that a cell means, in plain digits with a decimal point.

    Raises:
        ValueError: it is none.
    """
    if not cell.isascii() or "_" in cell:  # Python would take 1_0 and the digits of other scripts
        raise ValueError(f"expected a number, got {cell!r}")
    value = float(cell)
    if math.isinf(value) and "inf" not in cell.lower():  # 1e999: nobody writes it
        raise ValueError(f"expected a number, got {cell!r}: it is too large for one")
    return value


def shortened(cell: str, most: int = 80) -> str:
    """A cell in quotes for a message of one line; of a long one its beginning."""
    return repr(cell) if len(cell) <= most else f"{cell[:most]!r}…"


def hint(cell: str) -> str:
    """What to do about a cell that is no number but would be one elsewhere; empty where nothing is known."""
    return "; write a decimal point in place of the comma" if _DECIMAL_COMMA.fullmatch(cell) else ""


_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*")

DIGITS = 10
"""Significant digits of numbers in CSV files. The last of a float's 17 differ with a processor's arithmetic."""


def write_number(value: SupportsFloat) -> str:
    """A number with :data:`DIGITS` significant digits, such as ``0.1``, ``3.0``, ``1e-07`` or ``inf``.

    What was written is read, and written again, as the same text.
    """
    return str(float(f"{float(value):.{DIGITS}g}"))


def formatted(value: object, form: str) -> str:
    """A number as text, by a format such as ``{:.2f}``; a dash where there is none."""
    number = float(str(value)) if value != "" else math.nan
    return "–" if math.isnan(number) else form.format(number)


def _measured(cell: str) -> float:
    value = read_number(cell)
    if math.isnan(value):  # what is not known is an empty cell
        raise ValueError
    return value


def _whole(cell: str) -> int:
    value = read_number(cell)  # a table program may have written 3 as 3.0
    if not value.is_integer():
        raise ValueError
    return int(value)


_KINDS: Mapping[Kind, _Kind] = {
    "text": _Kind("text", str, plain),
    "whole number": _Kind("a whole number", _whole, lambda value: str(int(value))),
    "number": _Kind("a number", _measured, write_number),
    "words": _Kind("words", lambda cell: tuple(cell.split()), " ".join),
    # Most rows have the same pairs as others: they are read once, and shared.
    "pairs": _Kind("pairs such as name:text", lru_cache(1024)(read_pairs), write_pairs),
}

_KIND_OF: Mapping[str, Kind] = {
    "str": "text",
    "int": "whole number",
    "int | None": "whole number",
    "float | None": "number",
    "tuple[str, ...]": "words",
    "Mapping[str, str]": "pairs",
}
"""Kinds by the annotation of a field."""


def column(
    text: str,
    default: Any = dataclasses.MISSING,
    *,
    since: float = 1,
    aggregate: Aggregate = "",
    key: bool = False,
    exact: bool = False,
) -> Any:
    """A field of a dataclass that is a column; its kind follows from its annotation. Arguments are those of Column."""
    metadata = {"text": text, "since": since, "aggregate": aggregate, "key": key, "exact": exact}
    if default is dict:
        return dataclasses.field(default_factory=dict, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def columns_of(record: type) -> tuple[Column, ...]:
    """The columns that the fields of a dataclass are, in order."""
    return tuple(
        Column(field.name, _KIND_OF[str(field.type)], **field.metadata)
        for field in dataclasses.fields(record)
        if field.metadata
    )
