"""Intervals and tests over images: known answers, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from benchmark.analysis.interpolate import Floats
from benchmark.analysis.interval import interval, intervals, mean_interval, mean_intervals, means_without, paired_test

IMAGES = 24


def test_the_interval_of_a_mean_over_images_is_student_s_where_savings_are_small() -> None:
    values = np.random.default_rng(2).normal(-1, 0.5, size=12)
    theirs = ttest_1samp(values, 0).confidence_interval(0.95)
    assert mean_interval(values) == pytest.approx([theirs.low, theirs.high], abs=0.01)
    # Of large savings the logarithm keeps the lower end nearer, and above -100 %.
    values = np.array([-99.0, -98, -97, -90, -60, -95])
    low, high = mean_interval(values)
    assert -100 < low < values.mean() < high
    assert values.mean() - low < high - values.mean()


def sets_of(values: Floats) -> Floats:
    return means_without(values[:, None], np.ones(len(values)))[:, 0]


def test_means_are_of_all_images_then_of_all_but_one() -> None:
    values, weights = np.array([[1.0, 2], [3, 5], [8, math.inf]]), np.array([1.0, 2, 1])
    found = means_without(values, weights)
    assert found[:, 0].tolist() == [(1 + 6 + 8) / 4, (6 + 8) / 3, (1 + 8) / 2, (1 + 6) / 3]
    assert found[:3, 1].tolist() == [math.inf] * 3
    assert math.isnan(found[3, 1]), "that of the others is lost"


def test_the_interval_of_a_mean_is_wider_than_student_s_and_leans_to_the_tail() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=IMAGES)
    theirs = ttest_1samp(values, 0).confidence_interval(0.95)
    low, high = interval(sets_of(values))
    assert 1 < (high - low) / (theirs.high - theirs.low) < 1.4
    values = rng.gamma(0.5, size=IMAGES)
    low, high = interval(sets_of(values))
    assert high - values.mean() > 1.3 * (values.mean() - low)


def test_the_same_values_give_the_same_interval() -> None:
    values = np.random.default_rng(4).normal(size=IMAGES)
    first = interval(sets_of(values))
    assert interval(sets_of(values)) == first
    assert interval(sets_of(-values)) == pytest.approx([-first[1], -first[0]])
    assert interval(np.full(IMAGES + 1, -40.0)) == (-40, -40)
    assert mean_interval(np.full(IMAGES, -40.0)) == pytest.approx((-40, -40))
    many = np.stack([values, values + 5])
    assert np.array(mean_intervals(many)).T[1] == pytest.approx(mean_interval(values + 5))
    sets = means_without(many.T, np.ones(IMAGES)).T
    assert np.array(intervals(sets)).T[0] == pytest.approx(first)


def test_too_few_images_and_sets_without_a_value_have_no_interval() -> None:
    assert np.isnan(mean_interval(np.arange(5.0))).all()
    assert np.isnan(mean_interval(np.array([]))).all()
    assert not np.isnan(mean_interval(np.arange(6.0))).any()
    assert np.isnan(interval(sets_of(np.arange(5.0)))).all()
    values = sets_of(np.arange(8.0))
    values[8] = math.nan
    assert np.isnan(interval(values)).all()


def test_the_test_is_paired_and_two_sided() -> None:
    better = -np.arange(1.0, 9)
    assert paired_test(better) == paired_test(-better) == pytest.approx(2 / 2**8)
    assert paired_test(np.array([-3.0, 2, -1, 4, -5, 6.5, -7.5, 1.5])) > 0.5
    assert paired_test(np.zeros(8)) == 1
    assert math.isnan(paired_test(better[:5]))
