"""Many pairs of curves at once."""

from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np
import pytest

from benchmark.analysis.curve import Curve
from benchmark.analysis.delta import INTERPOLATORS, bd_metric, bd_rate
from benchmark.analysis.interpolate import fronts
from benchmark.analysis.pairs import deltas
from benchmark.errors import UsageError


@pytest.mark.parametrize("of_rate", [True, False])
@pytest.mark.parametrize("interpolator", INTERPOLATORS)
def test_many_pairs_at_once_are_what_each_is_alone(interpolator: str, of_rate: bool) -> None:
    rng = np.random.default_rng(5)
    tests = np.sort(rng.uniform(0.1, 4, (40, 8))), np.sort(rng.uniform(25, 45, (40, 8)))
    tests[1][::3, 4] -= 6  # curves that are not monotone, each in its way
    tests[1][1, 2], tests[1][2, 6:], tests[0][4, 5] = math.inf, math.nan, tests[0][4, 6]
    tests[1][5] -= 100
    tests[0][6], tests[1][7] = tests[0][6] * 30, tests[1][7] + 15  # little in common
    anchors = np.tile([0.1, 0.4, 1, 2, 5], (40, 1)), np.sort(rng.uniform(25, 45, (40, 5)))
    anchors[1][8, 2:] = math.nan
    found = deltas(fronts(*anchors), fronts(*tests), interpolator, of_rate=of_rate)
    alone = [
        (bd_rate if of_rate else bd_metric)(
            Curve(list(ar), list(aq), images=1), Curve(list(tr), list(tq), images=1), interpolator
        )
        for ar, aq, tr, tq in zip(*anchors, *tests, strict=True)
    ]
    expected = np.array([(one.value, one.low, one.high, one.overlap) for one in alone]).T
    for mine, theirs in zip(astuple(found), expected, strict=True):
        assert mine == pytest.approx(theirs, nan_ok=True)
    assert 0 < np.isnan(expected[0]).sum() < 10


def test_an_unknown_interpolator_is_refused() -> None:
    curves = fronts(np.ones((1, 4)), np.ones((1, 4)))
    with pytest.raises(UsageError, match="unknown interpolator 'chip'"):
        deltas(curves, curves, "chip")
