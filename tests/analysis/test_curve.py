"""A curve and its hull."""

from __future__ import annotations

import dataclasses
import math

from tests.analysis.examples import curve


def test_the_hull_keeps_points_that_no_mixture_beats() -> None:
    points = ((1.0, 30.0), (2.0, 32.0), (3.0, 36.0), (3.0, 35.0), (5.0, 38.0), (4.0, 37.5), (6.0, 38.0), (9, math.inf))
    hull = dataclasses.replace(curve(points), points=tuple(range(8))).hull()
    assert list(zip(hull.rates, hull.qualities, strict=True)) == [(1, 30), (3, 36), (4, 37.5), (5, 38)]
    assert hull.points == (0, 2, 5, 4)
    assert list(curve(()).hull().rates) == []
