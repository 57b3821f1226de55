"""Which codec is smallest on each image at one quality."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.smallest import rates_reaching, shares_won, smallest


def rate_at(rates: list[float], qualities: list[float], quality: float) -> float:
    return float(rates_reaching(np.array([rates]), np.array([qualities]), quality)[0])


def test_a_rate_is_read_off_between_two_points_or_is_that_of_the_cheapest_that_is_as_good() -> None:
    curve = [0.1, 1.0], [30.0, 40.0]
    assert rate_at(*curve, 35) == pytest.approx(math.sqrt(0.1))
    assert rate_at(*curve, 30) == pytest.approx(0.1)
    assert rate_at(*curve, 20) == 0.1, "it begins above that quality"
    assert math.isnan(rate_at(*curve, 41))
    lossless = [0.1, 1.0, 5.0], [30.0, 40.0, math.inf]
    assert rate_at(*lossless, 41) == 5.0
    assert rate_at([2.0], [math.inf], 35) == 2.0


def test_many_curves_are_read_off_at_once() -> None:
    nan = math.nan
    rates = np.array([[0.1, 1, nan, nan], [4, 2, 1, 8], [1, 2, 4, 8]])
    qualities = np.array([[30.0, 40, nan, nan], [36, 33, 30, 39], [30, 33, 32, 39]])
    found = rates_reaching(rates, qualities, 34.5)
    assert found[0] == pytest.approx(10**-0.55)
    assert found[1] == pytest.approx(2 * math.sqrt(2))
    assert 2 < found[2] < 8, "a point below another is left out"


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
