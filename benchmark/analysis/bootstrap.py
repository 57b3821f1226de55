"""Confidence intervals and tests over images, which were drawn once and are compared in pairs.

Both say how a figure would vary had other images of the same kind been taken; they do not say that another kind of
image gives the same figure, nor anything of the noise of a measurement.
"""

from __future__ import annotations

import math
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
def shares(images: int) -> Floats:
    """Weights of images, (sets, images), rows of sum 1, for which :func:`interval` needs a statistic's values.

    The first set is that of all images alike; then come :data:`RESAMPLES` drawn with replacement, the same for every
    statistic of as many images; then all but one image, each in turn.
    """
    draws = np.random.default_rng(_SEED).multinomial(images, np.full(images, 1 / images), size=RESAMPLES)
    without = (1 - np.eye(images)) / max(images - 1, 1)
    weights = np.concatenate([np.full((1, images), 1 / images), draws / images, without])
    weights.setflags(write=False)
    return weights


def interval(values: Floats) -> tuple[float, float]:
    """The 95 % confidence interval of a statistic over images: BCa bootstrap with expanded levels, fixed seed.

    Bias-corrected and accelerated (Efron, "Better bootstrap confidence intervals", 1987). Its quantiles are those of a
    normal distribution, and its spread divides by n, so that it covers too little of few images: 93 % of 24. The levels
    are therefore expanded to those of Student's t, as Hesterberg, "What teachers should know about the bootstrap",
    2015, section 5.3, does. By simulation (``tests/analysis/test_bootstrap.py``) it covers 94 % for means over 24
    images, and 93 to 94 % for BD-rates of mean curves where rates vary as those of Kodak do; less, down to 91 %, where
    they vary more and savings follow them, so that few images make up the mean.

    Args:
        values: the values of the statistic, one for each set of :func:`shares`.

    Returns:
        Its ends; NaN below :data:`LEAST_IMAGES`, or where a set has no value.
    """
    from scipy.special import ndtr, ndtri, stdtrit

    images = len(values) - 1 - RESAMPLES
    if images < LEAST_IMAGES or not np.isfinite(values).all():
        return math.nan, math.nan
    value, drawn, without = values[0], values[1 : 1 + RESAMPLES], values[1 + RESAMPLES :]
    tolerance = 1e-9 * max(1.0, abs(value))  # rounding, which would pass for bias where nothing varies
    if np.ptp(drawn) <= tolerance:
        return float(value), float(value)
    below = np.mean(drawn < value - tolerance) + np.mean(np.abs(drawn - value) <= tolerance) / 2
    bias = ndtri(np.clip(below, 0.5 / RESAMPLES, 1 - 0.5 / RESAMPLES))
    pulls = without.mean() - without
    spread = (pulls**2).sum() ** 1.5
    acceleration = (pulls**3).sum() / (6 * spread) if spread else 0.0
    tail = math.sqrt(images / (images - 1)) * stdtrit(images - 1, (1 + CONFIDENCE) / 2)
    shifted = bias + np.array([-tail, tail])
    low, high = np.quantile(drawn, ndtr(bias + shifted / (1 - acceleration * shifted)))
    return float(low), float(high)


def mean_interval(values: Floats) -> tuple[float, float]:
    """The interval of the mean of one value an image, see :func:`interval`."""
    return interval(shares(len(values)) @ values) if len(values) else (math.nan, math.nan)


def paired_test(differences: Floats) -> float:
    """p-value of Wilcoxon's signed-rank test that differences, one an image, lie around 0; NaN below 6 images.

    Two-sided: which of two codecs is better is not known before they are measured, and that one is worse is as much of
    a finding; the sign of the difference says which it is. 1 where no image differs.
    """
    from scipy.stats import wilcoxon

    if len(differences) < LEAST_IMAGES:
        return math.nan
    return float(wilcoxon(differences).pvalue) if differences.any() else 1.0
