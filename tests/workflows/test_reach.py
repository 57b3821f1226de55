"""The rates at which codecs are compared on an image."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.workflows.reach import Asked, Ladder, ladder_of, targets


def rows_of(codec: str, knob: str, rates: dict[float, float], **more: Any) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"codec": codec, "settings": json.dumps({**more, knob: value}), "knob_value": np.nan, "bpp": rate}
            for value, rate in rates.items()
        ]
    )


def test_values_between_those_that_were_measured_are_expected_between_their_rates() -> None:
    found = ladder_of(rows_of("jpeg", "quality", {20: 0.4, 40: 0.8, 80: 1.6}, optimize=True))
    assert list(found.knobs) == list(range(20, 81))
    assert (np.diff(found.rates) > 0).all()
    assert found.rates[[0, 20, 60]] == pytest.approx([0.4, 0.8, 1.6])
    assert found.reaches(0.98) and found.reaches(1.6 * 1.02)
    assert not found.reaches(0.39) and not found.reaches(1.7)


def test_a_row_that_has_the_rate_needs_no_search() -> None:
    found = ladder_of(rows_of("jpeg", "quality", {20: 0.4, 40: 0.8}))
    asked = found.asked(0.41 * 0.99)
    assert isinstance(asked, Asked)
    assert (asked.row["bpp"], list(asked.knobs)) == (0.4, [])
    asked = found.asked(0.55)
    assert isinstance(asked, Asked)
    assert 28 in asked.knobs
    assert 40 not in asked.knobs


def test_what_cannot_reach_a_rate_says_why() -> None:
    coarse = ladder_of(rows_of("vvc", "qp", {30: 0.6, 31: 0.53}))
    assert coarse.asked(0.565) == "its nearest rate is about 0.530 bpp"
    assert coarse.asked(2.0) == "its rates here are 0.53 to 0.60 bpp"
    single = ladder_of(rows_of("nosuch", "qp", {30: 0.6}))
    assert not len(single.knobs)
    assert single.asked(0.5) == "its rate here is 0.60 bpp"
    assert isinstance(single.asked(0.6), Asked)


def test_of_several_settings_those_of_most_rows_are_followed() -> None:
    other = rows_of("jpeg", "quality", {50: 3.0}, optimize=False)
    assert ladder_of(pd.concat([other, rows_of("jpeg", "quality", {20: 0.4, 40: 0.8})])).knobs.max() == 40


def ladder(*rates: float) -> Ladder:
    return Ladder([{}] * len(rates), np.array(rates), np.empty(0), np.empty(0))


def test_rates_are_those_that_most_reach_near_the_default() -> None:
    assert targets([ladder(0.26, 0.5, 1.0), ladder(0.261, 0.55, 1.1), ladder(0.2, 0.551, 1.2)]) == pytest.approx(
        [0.26, 0.55, 1.0], rel=0.02
    )
    assert targets([ladder(0.26, 0.5, 1.0)], 0.5) == [0.5, 1.0]
    assert targets([ladder(0.26, 0.5, 1.0)], 0.5, (1.0,)) == [0.5]
    assert targets([ladder(0.26, 0.5, 1.0)], 7.0) == []


def test_where_rates_are_elsewhere_the_rates_shown_are_there() -> None:
    assert targets([ladder(12.0), ladder(12.3)]) == pytest.approx([12.15], rel=0.02)
    found = targets([ladder(0.01, 0.02, 0.04, 0.08)])
    assert found == pytest.approx([0.04, 0.08], rel=0.02)
