"""Heat map: on which images a codec does better or worse than it does on the mean."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.standing import headline, signed
from benchmark.errors import counted
from benchmark.report.figures.chart import Chart
from benchmark.report.figures.style import REFUSED, folded, label_below, small_title

_TALLEST = 9.0
"""A figure is not higher than this, in inches: a page."""
_CELL = 0.145
"""Height of a cell, in inches, where they have room."""
_NAMED, _WRITTEN = 0.09, 0.12
"""Cells at least so high have the names of their images; so high, their values."""
_VALUE = 0.25
"""Width of a cell with a value, in inches: four signs at five points."""

_SHARE = 95.0
"""Percentage of all deviations that the scale holds; few that are far off would leave the others pale."""

_Values = npt.NDArray[np.float64]


_LONGEST = 32
"""Letters of an image's name beside its row."""


@dataclass(frozen=True)
class HeatMapChart(Chart):
    """The BD-rate of every codec on every image, as deviation from that of its mean.

    Attributes:
        rates: BD-rates in percent, a row for each image, by name, and a column for each series, in the order of their
            ranks; NaN where one was refused.
        means: the BD-rate of each series that is the mean over these images, in percent; NaN where it was refused.
        names: what the figure calls the series.
        anchor: what it calls the series that they are against.
        title: what it covers.
    """

    rates: pd.DataFrame
    means: pd.Series
    names: Mapping[str, str]
    anchor: str
    title: str

    def height(self, width: float) -> float:
        """Cells of one height, as long as a page has room for them."""
        names = max(len(line) for name in self._columns() for line in name.split("\n"))
        deep = {0: 0.2, 45: 0.04 * names, 90: 0.055 * names}[self._turned(width)]
        return 1.0 + deep + self._cell() * len(self.rates)

    def draw(self, axes: Any) -> None:
        """Draws a cell for each deviation: blue where the codec does better, red where it does worse."""
        values = self.deviations().to_numpy(float)
        count, codecs = values.shape
        limit, figure = self.limit(), axes.get_figure(root=True)
        drawn = _draw_cells(axes, values, limit)
        turned = self._turned(figure.bbox.width / figure.dpi)
        sides = {0: ("center", "top"), 45: ("right", "top"), 90: ("right", "center")}[turned]
        axes.set_xticks(
            np.arange(codecs) + 0.5, self._columns(), rotation=turned, rotation_mode="anchor", ha=sides[0], va=sides[1]
        )
        named = self._cell() >= _NAMED
        axes.set_yticks([])
        if named:
            axes.set_yticks(np.arange(count) + 0.5, [_shortened(name) for name in self.rates.index])
        else:
            axes.set_ylabel(f"{counted(count, 'image')}")
        bar = figure.colorbar(drawn, ax=axes, pad=0.02, fraction=0.05, aspect=35, extend=_extend(values, limit))
        bar.set_label("image − mean (points)")
        bar.outline.set_visible(False)
        label_below(axes, f"codec, with its mean BD-rate against {self.anchor} (%)")
        small_title(axes, self.title + ("; hatched: refused" if np.isnan(values).any() else ""))
        box = axes.get_window_extent()
        if self._cell() >= _WRITTEN and box.width / figure.dpi / codecs >= _VALUE:
            _write_values(axes, values, limit)

    def deviations(self) -> pd.DataFrame:
        """Points by which an image's BD-rate is above the mean of its codec."""
        return self.rates - self.means[self.rates.columns]

    def limit(self) -> float:
        """The end of the scale, in points: most deviations are within it."""
        sizes = self.deviations().abs().to_numpy(float)
        return max(5.0, 5 * math.ceil(float(np.nanpercentile(sizes, _SHARE)) / 5))

    def table(self) -> pd.DataFrame:
        """A row for each codec and image."""
        long = self.rates.rename_axis("image").reset_index().melt("image", var_name="series", value_name="bd_rate")
        mean = long["series"].map(self.means)
        return long.assign(series=long["series"].map(self.names), mean=mean, deviation=long["bd_rate"] - mean)[
            ["series", "image", "bd_rate", "mean", "deviation"]
        ]

    def _columns(self) -> list[str]:
        """The name of each series, in lines of about 24 letters at most, and its mean."""
        told = [signed(mean) if math.isfinite(mean) else "–" for mean in self.means[self.rates.columns]]
        return [
            folded(f"{self.names[str(series)]} {mean}", 1.6, 8) for series, mean in zip(self.rates, told, strict=True)
        ]

    def _turned(self, width: float) -> int:
        """By how many degrees names of columns are turned in a figure of a width in inches, to have room."""
        room = (width - 1.4) / self.rates.shape[1]
        return 0 if room > 1.2 else 90 if room < 0.25 else 45

    def _cell(self) -> float:
        return min(_CELL, (_TALLEST - 1.2) / len(self.rates))


def _shortened(name: str) -> str:
    """The name of an image, of a long one both ends: what lies between would leave the plot no room."""
    half = _LONGEST // 2
    return name if len(name) <= _LONGEST else f"{name[:half]}…{name[-half:]}"


def heat_map_chart(bd: pd.DataFrame, title: str, names: Mapping[str, str], anchor: str) -> HeatMapChart | None:
    """The heat map of one data set and metric; none where there is no single image, or no codec but the anchor.

    Args:
        bd: rows of ``analysis.bdrate.bd_table`` of a data set and metric, with those of single images.
        title: what it covers.
        names: what the figure calls the series that it shows; others are left out.
        anchor: what it calls the anchor.
    """
    rows = bd[(bd["series"] != bd["anchor"]) & bd["series"].isin(list(names))]
    single = rows[rows["image"] != ""]
    table = single.pivot(index="image", columns="series", values="bd_rate")
    if table.notna().sum().sum() == 0:
        return None
    whole = rows[rows["image"] == ""]
    means = pd.Series(headline(whole)["headline"].to_numpy(float), index=list(whole["series"]))
    table = table.loc[sorted(table.index), list(dict.fromkeys(single["series"]))]
    return HeatMapChart(table, means, names, anchor, title)


def _draw_cells(axes: Any, values: _Values, limit: float) -> Any:
    """Draws a cell for each value, blue where it is below zero and red where it is above, hatched where there is none.

    Returns:
        What a colour bar describes.
    """
    import matplotlib as mpl

    axes.patch.set(**REFUSED)  # seen where there is no value
    drawn = axes.pcolormesh(
        np.ma.masked_invalid(values),
        cmap=mpl.colormaps["RdBu_r"].with_extremes(bad=(1, 1, 1, 0)),
        vmin=-limit,
        vmax=limit,
        edgecolors="white",
        linewidth=0.4,
    )
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)
    return drawn


def _write_values(axes: Any, values: _Values, limit: float) -> None:
    """Writes each value into its cell."""
    for (row, column), value in np.ndenumerate(values):
        dark = abs(value) > 0.62 * limit
        text = f"{round(value):+d}".replace("-", "−") if math.isfinite(value) else ""
        axes.text(
            column + 0.5,
            row + 0.5,
            "0" if text == "+0" else text,
            ha="center",
            va="center",
            fontsize=5.2,
            color="white" if dark else "#333333",
        ).set_in_layout(False)  # they lie in their cells: nothing to lay out


def _extend(values: _Values, limit: float) -> str:
    below, above = bool(np.nanmin(values) < -limit), bool(np.nanmax(values) > limit)
    return {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[below, above]
