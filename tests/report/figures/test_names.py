"""Names beside points."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

from benchmark.report.figures.names import name_points


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
