"""Intervals and tests over images: how often they are right, measured by simulation; what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import bootstrap

from benchmark.analysis.bdrate import bd_rates
from benchmark.analysis.bootstrap import RESAMPLES, interval, mean_interval, paired_test, shares
from benchmark.analysis.interpolate import fronts

IMAGES = 24
SIMULATIONS = 600


@pytest.mark.slow
def test_intervals_cover_the_truth_in_95_percent_of_sets_of_24_images() -> None:
    """Codec B needs exp(offset) of A's rate, an offset of each image's own, larger where the rates are high.

    Rates are log-normal, so that the true BD-rates are known: of the mean over images 100·(E exp(offset) − 1), of the
    mean curve 100·(E exp(height + offset) / E exp(height) − 1). Rates vary by 0.3 in the logarithm, as those of Kodak
    at one setting of ``jpeg`` do. Where they vary by 0.5 and offsets follow them, the interval of the mean curve covers
    91 % only, for a few images make up the mean.
    """
    rng = np.random.default_rng(1)
    ladder, qualities = 0.1 * 2.0 ** np.arange(6), 28 + 2.5 * np.arange(6)
    mean, spread, shared, height = -0.4, 0.12, 0.05, 0.3
    of_images = 100 * math.expm1(mean + (spread**2 + shared**2) / 2)
    of_curve = 100 * math.expm1(mean + (spread**2 + shared**2) / 2 + height * shared)
    sets = shares(IMAGES)
    hits = np.zeros(2)
    for _ in range(SIMULATIONS):
        common = rng.normal(size=IMAGES)
        rates = np.exp(height * common)[:, None] * ladder
        cheaper = rates * np.exp(mean + shared * common + rng.normal(0, spread, IMAGES))[:, None]
        values, drawn = (
            bd_rates(*(fronts(weights @ each, np.tile(qualities, (len(weights), 1))) for each in (rates, cheaper)))
            for weights in (np.eye(IMAGES), sets)
        )
        for place, (ends, truth) in enumerate([(mean_interval(values), of_images), (interval(drawn), of_curve)]):
            hits[place] += ends[0] <= truth <= ends[1]
    covered = hits / SIMULATIONS
    assert (covered >= 0.93).all(), covered
    assert (covered <= 0.97).all(), covered


def test_the_interval_is_scipy_s_bca_but_for_its_levels() -> None:
    values = np.random.default_rng(2).gamma(2, size=200)
    low, high = mean_interval(values)
    theirs = bootstrap((values,), np.mean, n_resamples=20000, method="BCa", random_state=np.random.default_rng(3))
    # Of 200 images the expanded levels matter by 0.9 %; both have noise of their resamples.
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert low == pytest.approx(theirs.confidence_interval.low, abs=0.05 * width)
    assert high == pytest.approx(theirs.confidence_interval.high, abs=0.05 * width)


def test_sets_are_all_images_then_draws_then_all_but_one() -> None:
    sets = shares(7)
    assert sets.shape == (1 + RESAMPLES + 7, 7)
    assert sets.sum(axis=1) == pytest.approx(1)
    assert (sets[0] == 1 / 7).all()
    assert (np.diag(sets[-7:]) == 0).all()
    assert sets[1 : 1 + RESAMPLES].mean(axis=0) == pytest.approx(np.full(7, 1 / 7), abs=0.01)


def test_the_same_values_give_the_same_interval() -> None:
    values = np.random.default_rng(4).normal(size=IMAGES)
    first = mean_interval(values)
    shares.cache_clear()
    assert mean_interval(values) == first
    assert mean_interval(-values) == pytest.approx([-first[1], -first[0]], rel=0.1)
    assert mean_interval(np.full(IMAGES, -40.0)) == (-40, -40)


def test_too_few_images_and_sets_without_a_value_have_no_interval() -> None:
    assert np.isnan(mean_interval(np.arange(5.0))).all()
    assert np.isnan(mean_interval(np.array([]))).all()
    assert not np.isnan(mean_interval(np.arange(6.0))).any()
    values = shares(8) @ np.arange(8.0)
    values[9] = math.nan
    assert np.isnan(interval(values)).all()


def test_the_test_is_paired_and_two_sided() -> None:
    better = -np.arange(1.0, 9)
    assert paired_test(better) == paired_test(-better) == pytest.approx(2 / 2**8)
    assert paired_test(np.array([-3.0, 2, -1, 4, -5, 6.5, -7.5, 1.5])) > 0.5
    assert paired_test(np.zeros(8)) == 1
    assert math.isnan(paired_test(better[:5]))
