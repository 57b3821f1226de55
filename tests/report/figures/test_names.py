"""Names beside points."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

from benchmark.report.figures.names import lead, name_points


def test_names_of_points_that_lie_on_each_other_part() -> None:
    axes = Figure(figsize=(4, 3), layout="constrained").add_subplot()
    places = np.array([(1.0, 1.0), (1.0, 1.0), (1.02, 1.0), (3.0, 3.0)])
    axes.plot(*places.T, "o")
    name_points(axes, ["one", "other", "third", "far"], places, marks=places, steps=places[:0])
    found = [Text.get_window_extent(text) for text in axes.texts]
    assert [text.get_text() for text in axes.texts] == ["one", "other", "third", "far"]
    assert not any(one.overlaps(other) for place, one in enumerate(found) for other in found[:place])
    inside = axes.get_window_extent()
    assert all(inside.x0 - 1 <= box.x0 and box.x1 <= inside.x1 + 1 for box in found)


def test_a_line_to_a_name_takes_no_room_and_begins_at_the_end_of_its_curve() -> None:
    figure = Figure(figsize=(4, 3), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlim=(0, 2), ylim=(0, 2))
    figure.draw_without_rendering()
    before = axes.get_window_extent().bounds
    lead(axes, (1.0, 1.0), (1.5, 0.5), "red")
    figure.draw_without_rendering()
    assert axes.get_window_extent().bounds == before
    (line,) = axes.patches
    box = line.get_window_extent()
    point = figure.dpi / 72
    middle, right = axes.transAxes.transform([(0.5, 0.5), (1.5, 0.5)])
    assert abs(box.x0 - middle[0]) <= 2 * point and abs(box.x1 - right[0]) <= 2 * point
    assert box.y0 <= middle[1] <= box.y1
