"""Which codec is smallest on each image at one quality."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from benchmark.analysis.curve import Curve
from benchmark.analysis.smallest import rate_at, shares_won, smallest


def test_a_rate_is_read_off_between_two_points_or_is_that_of_the_cheapest_that_is_as_good() -> None:
    curve = Curve([0.1, 1.0], [30.0, 40.0], "a", "set")
    assert rate_at(curve, 35) == pytest.approx(math.sqrt(0.1))
    assert rate_at(curve, 30) == pytest.approx(0.1)
    assert rate_at(curve, 20) == 0.1, "it begins above that quality"
    assert math.isnan(rate_at(curve, 41))
    lossless = Curve([0.1, 1.0, 5.0], [30.0, 40.0, math.inf], "a", "set")
    assert rate_at(lossless, 41) == 5.0
    assert rate_at(Curve([2.0], [math.inf], "png", "set"), 35) == 2.0


def test_the_smallest_and_the_second_of_each_image() -> None:
    rates = pd.DataFrame(
        [
            ("set", "one", "a", 0.5),
            ("set", "one", "b", 1.0),
            ("set", "two", "a", math.nan),
            ("set", "two", "b", 2.0),
            ("set", "three", "a", 1.0),
            ("set", "three", "b", 1.0),
            ("set", "four", "a", math.nan),
            ("set", "four", "b", math.nan),
        ],
        columns=["dataset", "image", "series", "bpp"],
    )
    found = smallest(rates).fillna({"second_bpp": -1.0, "saved": -1.0}).values.tolist()
    assert found == [
        ["set", "one", "a", 0.5, "b", 1.0, 50.0, 2],
        ["set", "two", "b", 2.0, "", -1.0, -1.0, 1],
        ["set", "three", "a", 1.0, "b", 1.0, 0.0, 2],
    ]
    assert shares_won(rates).values.tolist() == [["set", "a", 2, 2, 4, 0.5], ["set", "b", 1, 3, 4, 0.25]]
