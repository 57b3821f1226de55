"""Names beside points of a plot, which cover as little of it as may be."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.report.figures.style import lay_out

_AROUND = [
    (5, 0, "left", "center"),
    (-5, 0, "right", "center"),
    (0, 5, "center", "bottom"),
    (0, -5, "center", "top"),
    (4, 4, "left", "bottom"),
    (4, -4, "left", "top"),
    (-4, 4, "right", "bottom"),
    (-4, -4, "right", "top"),
    *((x, y, "left" if x > 0 else "right", "bottom" if y > 0 else "top") for x in (12, -12) for y in (12, -12)),
    *((x, y, "center", "bottom" if y > 0 else "top") for x in (0,) for y in (14, -14, 24, -24)),
    *((x, y, "left" if x > 0 else "right", "bottom" if y > 0 else "top") for x in (20, -20) for y in (22, -22)),
]
"""Places of a name: how many points to the right and up of its own, and which of its sides is there."""
_NEAR = 8
"""The first places are next to their point; to others a thin line leads."""

_Places = npt.NDArray[np.float64]


def name_points(axes: Any, names: Sequence[str], places: _Places, *, marks: _Places, steps: _Places) -> None:
    """Writes names beside points, each where it covers least of what is there.

    Args:
        axes: the axes, of matplotlib.
        names: the names.
        places: (names, 2), where their points are, in data.
        marks: (N, 2), all markers.
        steps: (N, 2), the corners of the front, in the order of the first column.
    """
    from matplotlib.transforms import Bbox

    figure = axes.get_figure(root=True)
    lay_out(figure)
    size = figure.dpi / 72
    spots = axes.transData.transform(marks)
    taken = [Bbox.from_extents(x - 3 * size, y - 3 * size, x + 3 * size, y + 3 * size) for x, y in spots]
    for (x0, y0), (x1, y1) in itertools.pairwise(axes.transData.transform(steps) if len(steps) else []):
        taken += [Bbox.from_extents(x0, y0 - size, x1, y0 + size), Bbox.from_extents(x1 - size, y1, x1 + size, y0)]
    inside = axes.get_window_extent()
    for name, place in zip(names, places, strict=True):
        tries = []
        for number, (right, up, horizontal, vertical) in enumerate(_AROUND):
            text = axes.annotate(
                name,
                place,
                xytext=(right, up),
                textcoords="offset points",
                ha=horizontal,
                va=vertical,
                fontsize="small",
                arrowprops=_LEADER if number >= _NEAR else None,
            )
            text.set_in_layout(False)  # it lies in the plot: nothing to lay out
            box = _extent(text)
            covered = sum(_common(box, other) for other in taken) + 9 * (_area(box) - _common(box, inside))
            tries.append((covered, number, text, box))
        _, _, kept, box = min(tries, key=lambda entry: entry[:2])
        for _, _, other, _ in tries:
            if other is not kept:
                other.remove()
        taken.append(box)


def lead(axes: Any, end: tuple[float, float], place: tuple[float, float], colour: str) -> None:
    """Draws a thin line from the end of a curve to its name beside the plot.

    Args:
        axes: the axes, of matplotlib.
        end: where the curve ends, in data.
        place: where the name begins, in widths and heights of the plot.
        colour: the colour of the curve.
    """
    from matplotlib.patches import ConnectionPatch

    line = ConnectionPatch(
        end,
        place,
        "data",
        "axes fraction",
        axesA=axes,
        axesB=axes,
        color=colour,
        linewidth=0.5,
        alpha=0.55,
        zorder=3,  # above the curves that it crosses
        shrinkA=1,
        shrinkB=1,
    )
    line.set_annotation_clip(False)
    line.set_in_layout(False)  # it needs no room that its name has not
    axes.add_artist(line)
    line.set_clip_on(False)


_LEADER = {"arrowstyle": "-", "color": "#777777", "linewidth": 0.4, "shrinkA": 0, "shrinkB": 2}


def _extent(text: Any) -> Any:
    """The box of the letters alone, without the line that leads to them."""
    from matplotlib.text import Text

    text.get_window_extent()  # moves the letters to where they are drawn
    return Text.get_window_extent(text)


def _area(box: Any) -> float:
    return float(box.width * box.height)


def _common(one: Any, other: Any) -> float:
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return float(max(width, 0) * max(height, 0))
