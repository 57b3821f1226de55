"""Which codec is smallest at one quality, image by image, and how often each one is."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from benchmark.analysis.curve import Curve, Results
from benchmark.analysis.interpolate import pchip_values
from benchmark.metric import Metric

COLUMNS = ("dataset", "image", "series", "bpp", "second", "second_bpp", "saved", "reached")
"""Columns of :func:`smallest`."""

SHARES = ("dataset", "series", "won", "reached", "images", "share")
"""Columns of :func:`shares_won`."""


def rate_at(curve: Curve, quality: float) -> float:
    """The rate at which a curve has a quality, in bits per pixel; NaN where it has none that is as good.

    Between two points it is read off by PCHIP in the logarithm of the rate. A curve that begins above the quality, or
    that has a lossless point alone above it, is taken at its cheapest point that is at least as good.
    """
    rates, qualities, _ = curve.front()
    if len(rates) > 1 and qualities[0] <= quality <= qualities[-1]:
        places, logarithms = qualities[None], np.log10(rates)[None]
        if len(rates) == 2:  # PCHIP through two points is a line
            return float(10 ** np.interp(quality, qualities, logarithms[0]))
        return float(10 ** pchip_values(places, logarithms, np.array([quality]))[0])
    good = [rate for rate, value in zip(curve.rates, curve.qualities, strict=True) if value >= quality and rate > 0]
    return min(good, default=math.nan)


def rates_at(results: Results, metric: Metric, value: float) -> pd.DataFrame:
    """The rate of every series on every image at one quality.

    Args:
        results: see :func:`benchmark.analysis.curve.read_results`.
        metric: the metric of the quality.
        value: as records have it: 0.98 of a similarity, 35 of PSNR in decibels.

    Returns:
        A row for each data set × image × series, in the order of the results: ``bpp``, NaN where it is not reached.
    """
    quality = float(metric.quality(value))
    rows = [
        (curve.dataset, curve.image, curve.label, rate_at(curve, quality)) for curve in results.image_curves(metric)
    ]
    return pd.DataFrame(rows, columns=["dataset", "image", "series", "bpp"])


def smallest(rates: pd.DataFrame) -> pd.DataFrame:
    """The smallest codec of each image.

    Args:
        rates: see :func:`rates_at`.

    Returns:
        A row for each image that a series reaches, of the columns :data:`COLUMNS`: the ``series`` with the least rate
        ``bpp``, the ``second`` with its rate, how much the first has ``saved`` against it in percent, and how many
        series ``reached`` the quality. Of equal rates that of the first series counts.
    """
    rows = []
    for (dataset, image), part in rates.dropna(subset="bpp").groupby(["dataset", "image"], sort=False):
        order = part.sort_values("bpp", kind="stable").to_dict("list")
        second = (order["series"][1], order["bpp"][1]) if len(part) > 1 else ("", math.nan)
        saved = 100 * (1 - order["bpp"][0] / second[1])
        rows.append((dataset, image, order["series"][0], order["bpp"][0], *second, saved, len(part)))
    return pd.DataFrame(rows, columns=COLUMNS)


def shares_won(rates: pd.DataFrame) -> pd.DataFrame:
    """On how many images each series is the smallest, those that win most first; of these the cheapest by their means.

    Args:
        rates: see :func:`rates_at`.

    Returns:
        A row for each data set × series, of the columns :data:`SHARES`: images ``won``, images on which it ``reached``
        the quality, all ``images``, and the ``share`` won of all.
    """
    winners = smallest(rates)
    rows = []
    for (dataset, series), part in rates.groupby(["dataset", "series"], sort=False):
        images = rates.loc[rates["dataset"] == dataset, "image"].nunique()
        won = int(((winners["dataset"] == dataset) & (winners["series"] == series)).sum())
        rows.append((dataset, series, won, int(part["bpp"].notna().sum()), images, won / images, part["bpp"].mean()))
    table = pd.DataFrame(rows, columns=[*SHARES, "mean"])
    place = table.groupby("dataset", sort=False).ngroup()
    return (
        table.assign(place=place)
        .sort_values(["place", "won", "reached", "mean"], ascending=[True, False, False, True], kind="stable")
        .drop(columns=["place", "mean"])
        .reset_index(drop=True)
    )
