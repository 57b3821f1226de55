"""How the order of codecs changes with the metric and the data set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from benchmark.analysis.orders import agreement
from benchmark.report.figures.appearance import Look
from benchmark.report.figures.chart import Chart
from benchmark.report.figures.style import MARK, folded, small_title

_TIE = "#D0D0D0"
_SLANT: Mapping[str, Any] = {"rotation": 40, "ha": "left", "rotation_mode": "anchor"}
"""How heads of columns are written that have no room side by side."""
_SIZE = 8.0
"""Of the letters of figures that are written to files, in points."""
_COLUMN = 0.2
"""Least width of a column, in inches."""
_LETTER, _GAP = 0.54, 0.12
"""Width of a letter of a name over its size, about, and of the place around a name, in inches."""

_BESIDE = 0.04
"""How far apart thin lines are drawn, in inches; of four neighbours none hides another."""


@dataclass(frozen=True)
class Place:
    """A codec in an order.

    Attributes:
        name: what the figure calls the series.
        look: how it is drawn.
        rank: from 1, the same for values that print alike.
        bd_rate: in percent.
        rank_low, rank_high: ranks on most single images; NaN where there is none.
        tied: whether nothing tells it from the one before it.
    """

    name: str
    look: Look
    rank: int
    bd_rate: float
    rank_low: float
    rank_high: float
    tied: bool


@dataclass(frozen=True)
class Order:
    """The order by one metric on one data set.

    Attributes:
        title: both in words.
        places: the best first.
        agreement: Kendall's τ with the first order; NaN for that one.
    """

    title: str
    places: Sequence[Place]
    agreement: float

    @property
    def parts(self) -> list[str]:
        """What stands above its column: its title, and how much it is like the first."""
        return [self.title] if math.isnan(self.agreement) else [self.title, f"τ {self.agreement:.2f}"]

    @property
    def head(self) -> str:
        """The same on one line."""
        return ", ".join(self.parts)


@dataclass(frozen=True)
class OrdersChart(Chart):
    """Orders side by side.

    Attributes:
        orders: the first is that which the others are compared with.
        title: what the figure covers.
    """

    orders: Sequence[Order]
    title: str

    def height(self, width: float) -> float:
        """A line for each codec, and room for heads that are slanted."""
        column, _ = self._widths(width, _SIZE)
        heads = (
            max(len(order.head) for order in self.orders) * _LETTER * _SIZE / 72
            if self._slanted(column, _SIZE)
            else 0.4
        )
        return (
            0.7
            + math.sin(math.radians(_SLANT["rotation"])) * heads
            + 0.21 * max(len(order.places) for order in self.orders)
        )

    def draw(self, axes: Any) -> None:
        """Draws a column of markers for each order, the best on top, and lines that join those of a codec.

        Ties are joined by a grey bar; thin lines have the ranks on most images.
        """
        most = max(len(order.places) for order in self.orders)
        size = axes.xaxis.label.get_fontsize()
        wide, room = self._widths(axes.get_window_extent().width / axes.get_figure(root=True).dpi, size)
        for column, order in enumerate(self.orders):
            for row, place in enumerate(order.places, 1):
                if place.tied:
                    axes.plot(
                        [column] * 2, [row - 1, row], color=_TIE, linewidth=2.2 * MARK, solid_capstyle="round", zorder=1
                    )
                if math.isfinite(place.rank_low):
                    ends = [place.rank_low, place.rank_high]
                    beside = column + (1.0 + (row - 1) % 4) * _BESIDE / wide
                    axes.plot([beside] * 2, ends, color=place.look.colour, linewidth=0.9, zorder=1.5)
        for name, look, path in self._paths():
            columns, rows = zip(*path, strict=True)
            axes.plot(columns, rows, color=look.colour, linestyle=look.dash, linewidth=1.0, zorder=2)
            marks = {"color": look.colour, "markersize": MARK, "markeredgecolor": "white"}
            axes.plot(columns, rows, look.marker, linestyle="none", zorder=3, **marks)
            far = 4 * _BESIDE / wide
            for end, side, shift in self._ends(path, far):
                axes.annotate(
                    name,
                    end,
                    xytext=(shift, 0),
                    textcoords="offset points",
                    ha=side,
                    va="center",
                    color=look.colour,
                )
        if self._slanted(wide, size):
            axes.set_xticks(range(len(self.orders)), [order.head for order in self.orders], **_SLANT)
        else:
            heads = ["\n".join(folded(part, wide, size) for part in order.parts) for order in self.orders]
            axes.set_xticks(range(len(self.orders)), heads)
        axes.xaxis.tick_top()
        axes.tick_params(axis="both", length=0)
        axes.set_yticks(range(1, most + 1), [""] * most)
        axes.set_xlim(-room / wide, len(self.orders) - 1 + room / wide)
        axes.set_ylim(most + 0.6, 0.4)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        told = [self.title]
        if any(place.tied for order in self.orders for place in order.places):
            told.append("grey: nothing tells them apart")
        if any(math.isfinite(place.rank_low) for order in self.orders for place in order.places):
            told.append("thin lines: ranks on 80 % of the images")
        if len(self.orders) > 1:
            told.append("τ: Kendall's, with the first column")
        small_title(axes, "; ".join(told))

    def _slanted(self, wide: float, size: float) -> bool:
        """Whether a word of a head is wider than its column, in inches, in letters of a size in points."""
        return max(len(word) for order in self.orders for word in order.title.split()) * _LETTER * size / 72 > wide

    def _widths(self, whole: float, size: float) -> tuple[float, float]:
        """The width of a column, and that of the names at either end, of a plot of a width, all in inches."""
        longest = max(len(place.name) for order in self.orders for place in order.places)
        room = longest * _LETTER * size / 72 + 4 * _BESIDE + _GAP
        return max((whole - 2 * room) / max(len(self.orders) - 1, 1), _COLUMN), room

    def _ends(self, path: Sequence[tuple[int, int]], far: float) -> list[tuple[tuple[float, float], str, int]]:
        """Where the name of a line stands, on which side, and by how many points off: before it, behind it, or both."""
        first, last = path[0], path[-1]
        before: tuple[tuple[float, float], str, int] = (first, "right", -8)
        behind: tuple[tuple[float, float], str, int] = ((last[0] + far, last[1]), "left", 5)
        # Between two columns a name would stand on others' marks.
        found = [
            end for end, is_free in ((before, first[0] == 0), (behind, last[0] == len(self.orders) - 1)) if is_free
        ]
        return found or [behind]

    def _paths(self) -> list[tuple[str, Look, list[tuple[int, int]]]]:
        """Of each codec its columns and rows; where an order lacks it the line goes on to the next that has it."""
        found: dict[str, tuple[Look, list[tuple[int, int]]]] = {}
        for column, order in enumerate(self.orders):
            for row, place in enumerate(order.places, 1):
                found.setdefault(place.name, (place.look, []))[1].append((column, row))
        return [(name, look, path) for name, (look, path) in found.items()]

    def table(self) -> pd.DataFrame:
        """A row for each codec and order."""
        rows = []
        for order in self.orders:
            for place in order.places:
                told = asdict(place)
                del told["look"]
                rows.append({"order": order.title, "agreement": order.agreement, "series": told.pop("name"), **told})
        return pd.DataFrame(rows)


def orders_chart(
    table: pd.DataFrame,
    titles: Mapping[tuple[str, str], str],
    title: str,
    names: Mapping[str, str],
    looks: Mapping[str, Look],
) -> OrdersChart | None:
    """The orders of codecs by metrics and data sets; none where no order has two codecs.

    Args:
        table: see :func:`benchmark.analysis.orders.order_table`.
        titles: the head of each column, by data set and metric, in their order.
        title: what the figure covers.
        names: what the figure calls the series that it shows; others are left out.
        looks: how all series are drawn.
    """
    found: list[Order] = []
    first = None
    for (dataset, metric), head in titles.items():
        rows = table[(table["dataset"] == dataset) & (table["metric"] == metric) & table["series"].isin(list(names))]
        if len(rows) < 2:
            continue
        figures = (rows[name] for name in ("series", "rank", "bd_rate", "rank_low", "rank_high", "tied"))
        places = [
            Place(names[series], looks[series], int(rank), float(rate), float(low), float(high), bool(tied))
            for series, rank, rate, low, high, tied in zip(*figures, strict=True)
        ]
        found.append(Order(head, places, math.nan if first is None else agreement(first, rows)))
        first = rows if first is None else first
    return OrdersChart(found, title) if found else None
