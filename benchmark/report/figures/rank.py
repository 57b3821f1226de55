"""Ranks at one rate: the value of each codec with its interval, the best on top."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmark.errors import counted
from benchmark.metric import Metric
from benchmark.report.figures.appearance import Look
from benchmark.report.figures.chart import Chart
from benchmark.report.figures.style import MARK, MUTED, label_below, name_rows, rows_height, small_title


@dataclass(frozen=True)
class Ranked:
    """A codec at the rate.

    Attributes:
        name: what the figure calls the series.
        look: how it is drawn.
        rank: from 1, the same for equal values.
        value: the value of the metric, as figures draw it.
        low, high: its interval; NaN where there is none.
        published: whether it is a curve of others.
    """

    name: str
    look: Look
    rank: int
    value: float
    low: float
    high: float
    published: bool


@dataclass(frozen=True)
class RankChart(Chart):
    """The codecs of one data set at one rate.

    Attributes:
        ranked: the best first.
        metric: the metric of the values.
        title: what the figure covers.
        lacking: names of the series that have no value there.
    """

    ranked: Sequence[Ranked]
    metric: Metric
    title: str
    lacking: Sequence[str] = ()

    def height(self, width: float) -> float:
        """A place for each codec, a higher one where names have several lines."""
        return rows_height([one.name for one in self.ranked], width)

    def draw(self, axes: Any) -> None:
        """Draws a marker for each value, a line for its interval and its rank beside it, the best on top."""
        rows = self.ranked[::-1]
        for place, one in enumerate(rows):
            colour = one.look.colour
            axes.plot([one.low, one.high], [place, place], color=colour, solid_capstyle="butt")
            faces = {"markerfacecolor": "white"} if one.published else {"markeredgecolor": "white"}
            axes.plot(one.value, place, one.look.marker, color=colour, markersize=MARK, **faces)
            axes.annotate(
                str(one.rank),
                (1, place),
                xycoords=("axes fraction", "data"),
                xytext=(12, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize="small",
                color=MUTED,
            )
        name_rows(axes, [one.name for one in rows])
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.margins(x=0.06)
        label_below(axes, self.metric.axis)
        lacking = f"; not reached: {', '.join(self.lacking)}" if self.lacking else ""
        small_title(axes, self.title + lacking)

    def table(self) -> pd.DataFrame:
        """A row for each codec, the best first, those without a value last."""
        names = ("rank", "value", "low", "high", "published")
        rows = [{"series": one.name, **{name: getattr(one, name) for name in names}} for one in self.ranked]
        return pd.DataFrame([*rows, *({"series": name} for name in self.lacking)]).astype({"rank": "Int64"})


def rank_chart(
    ranks: pd.DataFrame,
    metric: Metric,
    title: str,
    names: Mapping[str, str],
    looks: Mapping[str, Look],
    published: Collection[str] = (),
) -> RankChart | None:
    """The codecs of one data set at the rate of a ranking; none where no codec has a value there.

    Args:
        ranks: rows of ``analysis.ranking.ranking`` at one rate, of one data set.
        metric: their metric.
        title: the data set.
        names: what the figure calls the series that it shows; others are left out.
        looks: how all series are drawn.
        published: labels of curves of others.
    """
    rows = ranks[ranks["series"].isin(list(names))]
    there = rows[np.isfinite(rows["value"].astype(float))]
    if there.empty:
        return None
    figures = zip(there["series"], there["rank"], there["value"], there["ci_low"], there["ci_high"], strict=True)
    ranked = [
        Ranked(names[series], looks[series], int(place), float(value), float(low), float(high), series in published)
        for series, place, value, low, high in figures
    ]
    images = counted(int(there["images"].max()), "image")
    lacking = [names[series] for series in rows["series"] if series not in set(there["series"])]
    title = f"{title}, at {ranks['target'].iloc[0]}, mean of {images}"
    if there["ci_low"].notna().any():
        title += ", lines: 95 % interval"
    return RankChart(ranked, metric, title, lacking)
