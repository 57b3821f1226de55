"""Confidence intervals and tests over images, which were drawn once and are compared in pairs.

Both say how a figure would vary had other images of the same kind been taken; they do not say that another kind of
image gives the same figure, nor anything of the noise of a measurement. ``python -m scripts.coverage`` measures by
simulation how often each interval holds the truth.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CONFIDENCE = 0.95
"""Of every interval."""

LEAST_IMAGES = 6
"""Images below which there is neither interval nor test: of five, no signed-rank test comes below p = 0.06."""

_FREEDOM = 1.2
"""Factor on the degrees of freedom of :func:`intervals`, chosen by ``python -m scripts.coverage``."""


def means_without(values: Floats, weights: Floats) -> Floats:
    """Weighted means over images, for which :func:`interval` needs a statistic's values.

    Args:
        values: (images, figures).
        weights: (images,), above 0.

    Returns:
        (1 + images, figures): the means of all images, then those of all but one image, each in turn. Where that one
        alone is infinite, the mean of the others is NaN.
    """
    weighted = values * weights[:, None]
    total, weight = weighted.sum(axis=0), weights.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        without = (total - weighted) / (weight - weights)[:, None]
    return np.concatenate([(total / weight)[None], without])


def interval(values: Floats) -> tuple[float, float]:
    """The 95 % confidence interval of one statistic over images, see :func:`intervals`.

    Args:
        values: the values of the statistic, one for each set of :func:`means_without`.

    Returns:
        Its ends; NaN below :data:`LEAST_IMAGES`, or where a set has no value.
    """
    low, high = intervals(values[None])
    return float(low[0]), float(high[0])


def intervals(values: Floats) -> tuple[Floats, Floats]:
    """The 95 % confidence intervals of statistics over images, such as those of mean curves: by the jackknife.

    Each image has a pull: by how much the statistic falls when the image is left out. Their sum of squares is the
    variance; it allows for images that weigh much, as HC3 does (MacKinnon and White, 1985). Student's t has the degrees
    of freedom that are left where few images make up the variance (Satterthwaite, 1946). The end on the side to which
    the pulls are skewed is moved away, the other one nearer, by the factor exp(±skewness).

    Args:
        values: (statistics, 1 + images), the values for the sets of :func:`means_without`; of a ratio, such as that of
            two rates, the logarithm.

    Returns:
        The lower and upper ends, (statistics,); NaN below :data:`LEAST_IMAGES`, or where a set has no value.
    """
    from scipy.special import stdtrit

    images = values.shape[1] - 1
    if images < LEAST_IMAGES:
        return np.full(len(values), math.nan), np.full(len(values), math.nan)
    value = values[:, :1]
    pulls = value - values[:, 1:]
    pulls[np.abs(pulls) <= 1e-9 * np.maximum(1.0, np.abs(value))] = 0.0  # rounding, where nothing varies
    squares = pulls**2
    variance = squares.sum(axis=1)
    alike = variance == 0
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = np.clip(_FREEDOM * variance**2 / (squares**2).sum(axis=1), 1, images - 1)
        skewness = np.where(alike, 0.0, (pulls**3).sum(axis=1) / variance**1.5)
    width = np.sqrt(variance) * np.where(alike, 0.0, stdtrit(freedom, (1 + CONFIDENCE) / 2))
    return value[:, 0] - width * np.exp(-skewness), value[:, 0] + width * np.exp(skewness)


def percent_interval(values: Floats) -> tuple[float, float]:
    """The interval of a saving in percent, taken of the logarithm of the ratio of rates, see :func:`interval`."""
    low, high = interval(np.log1p(values / 100))
    return 100 * math.expm1(low), 100 * math.expm1(high)


def mean_interval(values: Floats) -> tuple[float, float]:
    """The interval of the mean of one saving an image, both in percent: Student's t, on the logarithm of the ratio.

    The logarithm takes part of the skewness away, and no end is below −100 %. The variance of the logarithm of the mean
    is that of the mean by the delta method.

    Args:
        values: percent, (images,), all above −100.

    Returns:
        Its ends; NaN below :data:`LEAST_IMAGES`.
    """
    if len(values) < LEAST_IMAGES:
        return math.nan, math.nan
    low, high = mean_intervals(values[None])
    return float(low[0]), float(high[0])


def mean_intervals(values: Floats) -> tuple[Floats, Floats]:
    """:func:`mean_interval` of many sets of images at once: percent, (sets, images)."""
    from scipy.special import stdtrit

    images = values.shape[1]
    ratio = 1 + values.mean(axis=1) / 100
    error = values.std(axis=1, ddof=1) / 100 / ratio / math.sqrt(images)
    width = error * stdtrit(images - 1, (1 + CONFIDENCE) / 2)
    return 100 * (ratio * np.exp(-width) - 1), 100 * (ratio * np.exp(width) - 1)


def paired_test(differences: Floats) -> float:
    """p-value of Wilcoxon's signed-rank test that differences, one an image, lie around 0; NaN below 6 images.

    Two-sided: which of two codecs is better is not known before they are measured, and that one is worse is as much of
    a finding; the sign of the difference says which it is. 1 where no image differs.
    """
    from scipy.stats import wilcoxon

    if len(differences) < LEAST_IMAGES:
        return math.nan
    return float(wilcoxon(differences).pvalue) if differences.any() else 1.0
