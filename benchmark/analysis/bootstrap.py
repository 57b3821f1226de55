"""Confidence intervals and tests over images, which were drawn once and are compared in pairs.

Both say how a figure would vary had other images of the same kind been taken; they do not say that another kind of
image gives the same figure, nor anything of the noise of a measurement.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CONFIDENCE = 0.95
"""Of every interval."""

RESAMPLES = 2000
"""Sets of images that an interval draws."""

LEAST_IMAGES = 6
"""Images below which there is neither interval nor test: of five, no signed-rank test comes below p = 0.06."""

_SEED = 20010402


@lru_cache(maxsize=8)
def _resamples(images: int) -> Floats:
    """Share of each image in each resample, (resamples, images): the same for every statistic of as many images."""
    draws = np.random.default_rng(_SEED).multinomial(images, np.full(images, 1 / images), size=RESAMPLES)
    shares = draws / images
    shares.setflags(write=False)
    return shares


def interval(statistic: Callable[[Floats], Floats], images: int) -> tuple[float, float]:
    """The 95 % confidence interval of a statistic over images: BCa bootstrap with expanded levels, fixed seed.

    Bias-corrected and accelerated (Efron, "Better bootstrap confidence intervals", 1987). Its quantiles are those of a
    normal distribution, and its spread divides by n, so that it covers too little of few images: 93 % of 24. The levels
    are therefore expanded to those of Student's t, as Hesterberg, "What teachers should know about the bootstrap",
    2015, section 5.3, does. Coverage is measured in ``tests/test_bootstrap.py``.

    Args:
        statistic: from shares of images, (resamples, images), each row of sum 1, to values, (resamples,).
        images: their number.

    Returns:
        Its ends; NaN below :data:`LEAST_IMAGES`, or where a resample has no value.
    """
    from scipy.stats import norm, t

    if images < LEAST_IMAGES:
        return math.nan, math.nan
    value = statistic(np.full((1, images), 1 / images))[0]
    values = statistic(_resamples(images))
    without = statistic((1 - np.eye(images)) / (images - 1))
    if not (np.isfinite(value) and np.isfinite(values).all() and np.isfinite(without).all()):
        return math.nan, math.nan
    tolerance = 1e-9 * max(1.0, abs(value))  # rounding, which would pass for bias where nothing varies
    if np.ptp(values) <= tolerance:
        return float(value), float(value)
    below = np.mean(values < value - tolerance) + np.mean(np.abs(values - value) <= tolerance) / 2
    bias = norm.ppf(np.clip(below, 0.5 / RESAMPLES, 1 - 0.5 / RESAMPLES))
    pulls = without.mean() - without
    spread = (pulls**2).sum() ** 1.5
    acceleration = (pulls**3).sum() / (6 * spread) if spread else 0.0
    tail = math.sqrt(images / (images - 1)) * t.ppf((1 + CONFIDENCE) / 2, images - 1)
    shifted = bias + np.array([-tail, tail])
    low, high = np.quantile(values, norm.cdf(bias + shifted / (1 - acceleration * shifted)))
    return float(low), float(high)


def mean_interval(values: Floats) -> tuple[float, float]:
    """The interval of the mean of one value an image, see :func:`interval`."""
    return interval(lambda shares: shares @ values, len(values))


def paired_test(differences: Floats) -> float:
    """p-value of Wilcoxon's signed-rank test that differences, one an image, lie around 0; NaN below 6 images.

    Two-sided: which of two codecs is better is not known before they are measured, and that one is worse is as much of
    a finding; the sign of the difference says which it is. 1 where no image differs.
    """
    from scipy.stats import wilcoxon

    if len(differences) < LEAST_IMAGES:
        return math.nan
    return float(wilcoxon(differences).pvalue) if differences.any() else 1.0
