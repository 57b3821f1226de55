"""What all kinds of charts have in common: plain data that is drawn on axes, or written as a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.report.figures.style import WIDTHS, figure_of, save


class Chart(ABC):
    """A figure as plain data."""

    @abstractmethod
    def height(self, width: float) -> float:
        """How high it is drawn where it is so wide, both in inches."""

    @abstractmethod
    def draw(self, axes: Any) -> None:
        """Draws it on axes of matplotlib, in the style that holds."""

    @abstractmethod
    def table(self) -> pd.DataFrame:
        """What it shows, and what it leaves out: a row for each mark."""


def write(
    charts: Sequence[Chart],
    path: Path,
    *,
    width: float,
    forms: Sequence[str],
    settings: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Draws charts as one figure: side by side where it has the width of two columns, else one below the other.

    Args:
        charts: what to draw; nothing is written where there is none.
        path: without an ending.
        width: the width of the figure in inches.
        forms: see :func:`benchmark.report.figures.style.save`.
        settings: see :func:`benchmark.report.figures.style.figure_of`.

    Returns:
        The files written.
    """
    if not charts:
        return []
    across = len(charts) if width >= WIDTHS["double"] else 1
    heights = [chart.height(width / across) for chart in charts]
    with figure_of(width, max(heights) if across > 1 else sum(heights), settings) as figure:
        places = figure.subplots(len(charts) // across, across, squeeze=False).flat
        for chart, axes in zip(charts, places, strict=True):
            chart.draw(axes)
        return save(figure, path, forms)
