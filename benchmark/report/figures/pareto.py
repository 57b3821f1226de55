"""The plane of rate and time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.report.figures.style import (
    CHARTS,
    COLOURS,
    MUTED,
    REFERENCE,
    WIDTHS,
    figure_of,
    log_ticks,
    save,
    small_title,
)

_FRONT = COLOURS[0]


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
            color=_FRONT,
            linewidth=1.0,
            zorder=1.8,
        )
        for chosen, colour in ((best, _FRONT), (~best, REFERENCE)):
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
