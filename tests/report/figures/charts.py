"""What tests of charts look at: rows of BD-rates, and the texts of a figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.text import Text

from benchmark.report.figures.chart import Chart
from benchmark.report.figures.style import STYLES, figure_of

NAMES = {"a": "A", "b": "B", "c": "C", "x": "X", "jpeg": "JPEG"}


def deltas(rates: dict[str, float], *, overlap: float = 0.9) -> pd.DataFrame:
    """Rows of a table of BD-rates, in the order of their ranks; those that are NaN were refused."""
    values = np.array(list(rates.values()))
    ranks = [place + 1 if np.isfinite(value) else None for place, value in enumerate(values)]
    return pd.DataFrame(
        {
            "dataset": "set",
            "metric": "psnr_rgb",
            "series": list(rates),
            "image": "",
            "anchor": "jpeg",
            "rank": pd.Series(ranks, dtype="Int64"),
            "ranked_by": "image_mean",
            "image_mean": values,
            "ci_low": values - 5,
            "ci_high": values + 5,
            "bd_rate": -95.0,
            "curve_ci_low": np.nan,
            "curve_ci_high": np.nan,
            "overlap": overlap,
            "flags": "",
        }
    )


def drawn(chart: Chart, width: float = 3.5) -> tuple[Any, list[str]]:
    """The axes of a figure of a width in inches, laid out, and all texts on it."""
    with figure_of(width, chart.height(width), STYLES["ieee"].settings) as figure:
        axes = figure.add_subplot()
        chart.draw(axes)
        figure.draw_without_rendering()
    texts = [text.get_text().replace("\n", " ") for text in figure.findobj(Text) if text.get_visible()]
    return axes, [text for text in texts if text]


def boxes(axes: Any, texts: list[Any]) -> list[Any]:
    """The boxes of texts, without the lines that lead to them."""
    return [Text.get_window_extent(text) for text in texts]


def outside(axes: Any) -> list[str]:
    """Texts that reach beyond the figure by more than a dot."""
    figure = axes.get_figure(root=True)
    found = []
    left, right = axes.get_xlim()
    ticks = [text for text in axes.get_xticklabels() if left <= text.get_position()[0] <= right]
    for text in [*axes.texts, *axes.get_yticklabels(), *ticks, axes.title, axes.xaxis.label]:
        box = Text.get_window_extent(text)
        if text.get_text() and (box.x0 < -1 or box.x1 > figure.bbox.x1 + 1 or box.y0 < -1):
            found.append(text.get_text())
    return found
