"""A table as a paper prints it: plain data, which is written as CSV, Markdown or LaTeX."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd


@dataclass(frozen=True)
class Table:
    """A table as a paper prints it.

    Attributes:
        name: the name of its files, without an ending.
        caption: what it shows and on which data, in two sentences at most.
        frame: its cells, with all digits.
        titles: headings of the columns, with units; a column without one keeps its name.
        forms: formats of the columns of numbers, such as ``.2f``; other columns are texts.
        best: columns whose best value is set in bold, and which end is the best.
        notes: what to know of it, by topic: definitions, averages, versions. Tables of a report share most of them.
        names: what print calls texts of its cells, such as series.
        unprinted: columns that LaTeX leaves out, for a page has no room for them.
    """

    name: str
    caption: str
    frame: pd.DataFrame
    titles: Mapping[str, str]
    forms: Mapping[str, str]
    best: Mapping[str, Literal["low", "high"]]
    notes: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    unprinted: Collection[str] = ()

    @property
    def told(self) -> str:
        """The caption with all notes."""
        return " ".join([self.caption, *(f"{topic}: {text}" for topic, text in self.notes.items())])
