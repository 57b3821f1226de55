"""Bars, heat maps and the plane of rate and time: what BD-rates look like."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmark.analysis.delta import SMALL_OVERLAP
from benchmark.analysis.standing import headline, headline_title, signed
from benchmark.report.figures.style import (
    CHARTS,
    COLOURS,
    MUTED,
    REFERENCE,
    REFUSED,
    WIDTHS,
    figure_of,
    log_ticks,
    save,
    small_title,
)

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
        places = np.arange(len(rows))
        colours = [_BETTER if rate <= 0 else _WORSE for rate in rates]
        axes.barh(
            places,
            rates,
            height=0.66,
            edgecolor=colours,
            linewidth=0.8,
            color=[_PALE if pale else colour for pale, colour in zip(weak, colours, strict=True)],
        )
        known = np.isfinite(low) & np.isfinite(high)
        axes.errorbar(
            rates[known],
            places[known],
            fmt="none",
            ecolor="black",
            elinewidth=0.8,
            capsize=1.8,
            capthick=0.8,
            xerr=np.maximum([rates[known] - low[known], high[known] - rates[known]], 0),
        )
        for place, rate in enumerate(rates):
            if math.isnan(rate):
                axes.axhspan(place - 0.33, place + 0.33, **REFUSED)
                continue
            ends = [rate, *(end for end in (low[place], high[place]) if math.isfinite(end))]
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
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_yticks(places, rows["series"])
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        axes.margins(x=0.14, y=0.02)
        axes.set_xlabel(f"BD-rate against {rows['anchor'].iloc[0]} (%), {average}, less is better")
        hollow = "; hollow: little range in common" if weak[np.isfinite(rates)].any() else ""
        small_title(axes, title + hollow + ("; hatched: refused, not ranked" if refused else ""))
        return save(figure, path, forms)


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
        import matplotlib as mpl

        axes = figure.add_subplot()
        colours = mpl.colormaps["RdBu_r"].with_extremes(bad=(1, 1, 1, 0))
        axes.patch.set(**REFUSED)  # seen where there is no value
        drawn = axes.pcolormesh(
            np.ma.masked_invalid(values),
            cmap=colours,
            vmin=-limit,
            vmax=limit,
            edgecolors="white",
            linewidth=0.4,
        )
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.tick_params(length=0)
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
        if named and cell >= 0.12 and (width - 1.4) / codecs >= 0.25:
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
        small_title(axes, title + ("; hatched: refused" if np.isnan(values).any() else ""))
        return save(figure, path, forms)


def _extend(values: Any, limit: float) -> str:
    below, above = bool(np.nanmin(values) < -limit), bool(np.nanmax(values) > limit)
    return {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[below, above]


def draw_pareto(
    points: pd.DataFrame,
    labels: tuple[str, str],
    title: str,
    path: Path,
    *,
    width: float = WIDTHS["double"],
    forms: Sequence[str] = CHARTS,
) -> list[Path]:
    """Draws BD-rate against decode time, each codec a point with its name, and the front that none is better than.

    Args:
        points: the points of one data set and metric, see :func:`benchmark.analysis.cost.rate_time`; points without
            BD-rate or time are not drawn.
        labels: the texts of the axes: time, then BD-rate.
        title: what it covers.
        path: without an ending.
        width: the width of the figure in inches.
        forms: see :func:`benchmark.report.figures.style.save`.

    Returns:
        The files written; none where fewer than two codecs have both values. Files of an earlier report, whose times
        are no longer to be published, are then removed.
    """
    points = points.rename(columns={"decode_s_per_mp": "time"})
    points = points[points["bd_rate"].notna() & (points["time"] > 0)]
    if len(points) < 2:
        for form in forms:
            path.with_name(f"{path.name}.{form}").unlink(missing_ok=True)
        return []
    best = points["front"].to_numpy(bool)
    wide = width >= WIDTHS["double"]
    with figure_of(width, 3.4 if wide else 2.7) as figure:
        axes = figure.add_subplot()
        log_ticks(axes.set_xscale, axes.xaxis)
        axes.margins(x=0.09, y=0.09)
        along = points[best].sort_values("time")
        axes.plot(
            along["time"],
            along["bd_rate"],
            drawstyle="steps-post",
            color=_BETTER,
            linewidth=1.0,
            zorder=1.8,
        )
        for chosen, colour in ((best, _BETTER), (~best, REFERENCE)):
            axes.plot(
                points["time"][chosen],
                points["bd_rate"][chosen],
                linestyle="none",
                marker="o",
                color=colour,
                markersize=4.5 if wide else 3.6,
                markeredgecolor="white",
                markeredgewidth=0.4,
            )
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        small_title(axes, title)
        figure.draw_without_rendering()
        _label_points(figure, axes, points, best)
        return save(figure, path, forms)


def _label_points(figure: Any, axes: Any, points: pd.DataFrame, best: Any) -> None:
    """Writes names beside points, each where it covers least of the points and names that are there."""
    from matplotlib.transforms import Bbox

    renderer = figure.canvas.get_renderer()
    spots = axes.transData.transform(points[["time", "bd_rate"]].to_numpy(float))
    size = figure.dpi / 72
    taken = [Bbox.from_extents(x - 3 * size, y - 3 * size, x + 3 * size, y + 3 * size) for x, y in spots]
    steps = sorted((x, y) for (x, y), on_front in zip(spots, best, strict=True) if on_front)
    for (x0, y0), (x1, y1) in itertools.pairwise(steps):
        taken += [Bbox.from_extents(x0, y0 - size, x1, y0 + size), Bbox.from_extents(x1 - size, y1, x1 + size, y0)]
    inside = axes.get_window_extent(renderer)
    around = [
        (5, 0, "left", "center"),
        (-5, 0, "right", "center"),
        (0, 5, "center", "bottom"),
        (0, -5, "center", "top"),
        (4, 4, "left", "bottom"),
        (4, -4, "left", "top"),
        (-4, 4, "right", "bottom"),
        (-4, -4, "right", "top"),
        (12, 12, "left", "bottom"),
        (12, -12, "left", "top"),
        (-12, 12, "right", "bottom"),
        (-12, -12, "right", "top"),
    ]
    for (_, point), on_front in zip(points.iterrows(), best, strict=True):
        tries = []
        for place, (right, up, horizontal, vertical) in enumerate(around):
            text = axes.annotate(
                point["series"],
                (point["time"], point["bd_rate"]),
                xytext=(right, up),
                textcoords="offset points",
                ha=horizontal,
                va=vertical,
                fontsize="small",
                color="black" if on_front else MUTED,
            )
            box = text.get_window_extent(renderer)
            covered = sum(_common(box, other) for other in taken) + 9 * (_area(box) - _common(box, inside))
            tries.append((covered, place, text, box))
        _, place, text, box = min(tries, key=lambda entry: entry[:2])
        for other in tries:
            if other[2] is not text:
                other[2].remove()
        taken.append(box)


def _area(box: Any) -> float:
    return float(box.width * box.height)


def _common(one: Any, other: Any) -> float:
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return float(max(width, 0) * max(height, 0))
