"""Bars and heat maps: what BD-rates look like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.delta import SMALL_OVERLAP
from benchmark.analysis.standing import headline, headline_title, signed
from benchmark.report.figures.style import (
    CHARTS,
    COLOURS,
    REFUSED,
    WIDTHS,
    figure_of,
    save,
    small_title,
)

_Values = npt.NDArray[np.float64]
_BETTER, _WORSE = COLOURS[0], COLOURS[1]
_PALE = "#FFFFFF"
_TALLEST = 9.0
"""A figure is not higher than this, in inches: a page."""


def draw_bars(
    bd: pd.DataFrame,
    title: str,
    path: Path,
    *,
    width: float = WIDTHS["double"],
    forms: Sequence[str] = CHARTS,
) -> list[Path]:
    """Draws the BD-rates of one data set and metric as bars, the best first, with their intervals.

    A bar is hollow where the two curves have less than half of their range in common. Series without a rank stand below
    the others, hatched.

    Args:
        bd: rows of ``analysis.bdrate.bd_table`` of a data set and metric; those of single images are not looked at.
        title: what it covers.
        path: without an ending.
        width: the width of the figure in inches.
        forms: see :func:`benchmark.report.figures.style.save`.

    Returns:
        The files written; none where there is no BD-rate but the anchor's.
    """
    rows = bd[(bd["image"] == "") & (bd["series"] != bd["anchor"])]
    if rows["rank"].isna().all():
        return []
    average = headline_title(rows)
    rows = rows.assign(**headline(rows))[::-1]  # the best on top
    refused = list(rows.loc[rows["rank"].isna(), "series"])
    rates, low, high = (rows[name].to_numpy(float) for name in ("headline", "headline_low", "headline_high"))
    weak = rows["overlap"].to_numpy(float) < SMALL_OVERLAP
    with figure_of(width, 0.7 + (0.2 if width >= WIDTHS["double"] else 0.165) * len(rows)) as figure:
        axes = figure.add_subplot()
        _draw_lengths(axes, rates, weak)
        _draw_intervals(axes, rates, low, high)
        for place, rate in enumerate(rates):
            if math.isnan(rate):
                axes.axhspan(place - 0.33, place + 0.33, **REFUSED)
            else:
                _write_rate(axes, place, rate, low[place], high[place])
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_yticks(np.arange(len(rows)), rows["series"])
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        axes.margins(x=0.14, y=0.02)
        axes.set_xlabel(f"BD-rate against {rows['anchor'].iloc[0]} (%), {average}, less is better")
        hollow = "; hollow: little range in common" if weak[np.isfinite(rates)].any() else ""
        small_title(axes, title + hollow + ("; hatched: refused, not ranked" if refused else ""))
        return save(figure, path, forms)


def _draw_lengths(axes: Any, rates: _Values, weak: npt.NDArray[np.bool_]) -> None:
    """Draws the bars themselves, hollow where they are weak."""
    colours = [_BETTER if rate <= 0 else _WORSE for rate in rates]
    axes.barh(
        np.arange(len(rates)),
        rates,
        height=0.66,
        edgecolor=colours,
        linewidth=0.8,
        color=[_PALE if pale else colour for pale, colour in zip(weak, colours, strict=True)],
    )


def _draw_intervals(axes: Any, rates: _Values, low: _Values, high: _Values) -> None:
    known = np.isfinite(low) & np.isfinite(high)
    axes.errorbar(
        rates[known],
        np.flatnonzero(known),
        fmt="none",
        ecolor="black",
        elinewidth=0.8,
        capsize=1.8,
        capthick=0.8,
        xerr=np.maximum([rates[known] - low[known], high[known] - rates[known]], 0),
    )


def _write_rate(axes: Any, place: int, rate: float, low: float, high: float) -> None:
    """Writes a BD-rate beyond the end of its bar or of its interval."""
    ends = [rate, *(end for end in (low, high) if math.isfinite(end))]
    outer = min(ends) if rate <= 0 else max(ends)
    axes.annotate(
        signed(rate),
        (outer, place),
        xytext=(-3 if rate <= 0 else 3, 0),
        va="center",
        textcoords="offset points",
        ha="right" if rate <= 0 else "left",
        fontsize="small",
    )


def draw_heat_map(
    bd: pd.DataFrame,
    title: str,
    path: Path,
    *,
    width: float = WIDTHS["double"],
    forms: Sequence[str] = CHARTS,
) -> list[Path]:
    """Draws the BD-rate of every codec on every image of one data set and metric, codecs in the order of their ranks.

    Values are written where there is room for them. Where a BD-rate was refused, the cell is hatched.

    Args:
        bd: rows of ``analysis.bdrate.bd_table`` of a data set and metric, with those of single images.
        title: what it covers.
        path: without an ending.
        width: the width of the figure in inches.
        forms: see :func:`benchmark.report.figures.style.save`.

    Returns:
        The files written; none where there is no single image, or no codec but the anchor.
    """
    rows = bd[(bd["image"] != "") & (bd["series"] != bd["anchor"])]
    table = rows.pivot(index="image", columns="series", values="bd_rate")
    if table.notna().sum().sum() == 0:
        return []
    table = table.loc[sorted(table.index), list(dict.fromkeys(rows["series"]))]
    values = table.to_numpy(float)
    count, codecs = values.shape
    limit = min(100.0, 10 * math.ceil(np.nanmax(np.abs(values)) / 10) or 10)
    cell = min(0.145, (_TALLEST - 1.2) / count)
    with figure_of(width, 1.1 + cell * count) as figure:
        axes = figure.add_subplot()
        drawn = _draw_cells(axes, values, limit)
        steep = width < WIDTHS["double"]
        axes.set_xticks(
            np.arange(codecs) + 0.5,
            list(table.columns),
            rotation=90 if steep else 45,
            rotation_mode="anchor",
            ha="right",
            va="center" if steep else "top",
        )
        named = cell >= 0.09
        axes.set_yticks(np.arange(count) + 0.5 if named else [], list(table.index) if named else [])
        if not named:
            axes.set_ylabel(f"{count} images")
        bar = figure.colorbar(drawn, ax=axes, pad=0.02, fraction=0.05, aspect=35, extend=_extend(values, limit))
        bar.set_label(f"BD-rate against {rows['anchor'].iloc[0]} (%)")
        bar.outline.set_visible(False)
        # A number of four signs needs a quarter of an inch at five points.
        if cell >= 0.12 and (width - 1.4) / codecs >= 0.25:
            _write_values(axes, values, limit)
        small_title(axes, title + ("; hatched: refused" if np.isnan(values).any() else ""))
        return save(figure, path, forms)


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
        text = f"{round(value)}".replace("-", "−") if math.isfinite(value) else ""
        axes.text(
            column + 0.5,
            row + 0.5,
            text,
            ha="center",
            va="center",
            fontsize=5.2,
            color="white" if dark else "#333333",
        ).set_in_layout(False)  # they lie in their cells: nothing to lay out


def _extend(values: Any, limit: float) -> str:
    below, above = bool(np.nanmin(values) < -limit), bool(np.nanmax(values) > limit)
    return {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[below, above]
