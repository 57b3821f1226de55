"""Tables in the terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from benchmark.cli.console import VERBOSE, asked, open_console

if TYPE_CHECKING:
    import rich.console
    import rich.table

_NUMERIC = {
    "images",
    "bpp",
    "enc s",
    "dec s",
    "BD-rate %",
    "overlap",
    "95 % CI",
    "its 95 % CI",
    "mean curve %",
    "rank",
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


_LEAST_PROSE = 24
"""Columns that a text of several words gets at least; it is broken between words."""


@dataclass
class Table:
    """A table that fits a console: no number and no name is ever cut.

    Where the console is too narrow, columns are left out, and a line below the table says which.

    Attributes:
        columns: the titles, each once.
        numbers: those of columns of numbers, which are flush right.
        drop: those that may be left out, the first one first.
        prose: those of texts that may be broken between words.
        title: what stands above it; may be empty.
        rows: the cells.
    """

    columns: Sequence[str]
    numbers: Collection[str]
    drop: Sequence[str]
    prose: Collection[str]
    title: str = ""
    rows: list[Sequence[str]] = field(default_factory=list)

    def add_row(self, *cells: str) -> None:
        """Adds a row, with a cell for each column."""
        self.rows.append(cells)

    def print(self) -> None:
        """Prints it on the console of the command."""
        console = open_console()
        widths = dict(zip(self.columns, self._widths(), strict=True))
        least = widths | {name: min(widths[name], max(_LEAST_PROSE, self._word(name))) for name in self.prose}
        kept = list(self.columns)
        for name in self.drop:
            if asked(VERBOSE) or _whole(least, kept) <= console.width:
                break
            if name in kept:
                kept.remove(name)
        console.width = max(console.width, _whole(least, kept))
        if self.title:
            line = self.title.center(min(console.width, _whole(widths, kept))).rstrip()
            console.print(line, style="italic", soft_wrap=True)
        if _whole(widths, kept) <= console.width and not any("\n" in cell for row in self.rows for cell in row):
            self._print_lines(console, {name: widths[name] for name in kept})
        else:
            console.print(self._drawn(kept))
        left = [name for name in self.columns if name not in kept]
        if left:
            text = f"not shown, for the terminal is too narrow: {', '.join(left)}; --verbose shows all"
            console.print(text, soft_wrap=True)

    def _word(self, name: str) -> int:
        """How long the longest word of a column is."""
        from rich.cells import cell_len

        place = self.columns.index(name)
        return max(cell_len(word) for line in (self.columns, *self.rows) for word in line[place].split() or [""])

    def _widths(self) -> list[int]:
        """How wide each column is, on one line."""
        from rich.cells import cell_len

        lines = [self.columns, *self.rows]
        return [
            max(cell_len(part) for line in lines for part in line[place].split("\n"))
            for place in range(len(self.columns))
        ]

    def _is_right(self, name: str) -> bool:
        return name in _NUMERIC or name in self.numbers

    def _print_lines(self, console: rich.console.Console, widths: Mapping[str, int]) -> None:
        """Prints what has a line for each row, as Rich would draw it, which takes a hundred times as long."""
        from rich.cells import cell_len

        places = [(self.columns.index(name), width, self._is_right(name)) for name, width in widths.items()]

        def line(cells: Sequence[str]) -> str:
            room = [(cells[place], " " * (width - cell_len(cells[place])), right) for place, width, right in places]
            return "  " + "   ".join(space + cell if right else cell + space for cell, space, right in room) + "  "

        rule = "-" if console.options.ascii_only else "─"
        blank = " " * _whole(widths, list(widths))
        console.print(blank, soft_wrap=True)
        console.print(line(self.columns), style="bold", soft_wrap=True)
        console.print(f" {rule * (len(blank) - 2)} ", soft_wrap=True)
        console.print("\n".join([*map(line, self.rows), blank]), soft_wrap=True)

    def _drawn(self, kept: Sequence[str]) -> rich.table.Table:
        import rich.table
        from rich import box

        drawn = rich.table.Table(box=box.SIMPLE_HEAD)
        places = [self.columns.index(name) for name in kept]
        for name in kept:
            justify: Literal["left", "right"] = "right" if self._is_right(name) else "left"
            drawn.add_column(name, justify=justify, no_wrap=name not in self.prose)
        for row in self.rows:
            drawn.add_row(*(row[place] for place in places))
        return drawn


def _whole(widths: Mapping[str, int], kept: Sequence[str]) -> int:
    """How wide a table of some columns is: each has a space on both sides, and one more is at both ends and between."""
    return sum(widths[name] + 3 for name in kept) + 1


def table_of(
    *columns: str, numbers: Collection[str] = (), drop: Sequence[str] = (), prose: Collection[str] = ()
) -> Table:
    """An empty table; see :class:`Table`. Columns of numbers are known by their names, or named in ``numbers``."""
    return Table(columns, numbers, drop, prose)
