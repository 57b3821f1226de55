"""A table as a paper prints it: plain data, which is written as CSV, Markdown or LaTeX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd


@dataclass(frozen=True)
class Table:
    """A table as a paper prints it.

    Attributes:
        name: the name of its files, without an ending.
        caption: data set, metric definition, averaging, versions.
        frame: its cells, with all digits.
        titles: headings of the columns, with units; a column without one keeps its name.
        forms: formats of the columns of numbers, such as ``.2f``; other columns are texts.
        best: columns whose best value is set in bold, and which end is the best.
    """

    name: str
    caption: str
    frame: pd.DataFrame
    titles: Mapping[str, str]
    forms: Mapping[str, str]
    best: Mapping[str, Literal["low", "high"]]
