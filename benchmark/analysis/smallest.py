"""Which codec is smallest at one quality, image by image, and how often each one is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmark.analysis.interpolate import Floats, alike, fronts, pchip_values
from benchmark.analysis.results import Results
from benchmark.metric import Metric

COLUMNS = ("dataset", "image", "series", "bpp", "second", "second_bpp", "saved", "reached")
"""Columns of :func:`smallest`."""

SHARES = ("dataset", "series", "won", "reached", "images", "share")
"""Columns of :func:`shares_won`."""


def rates_reaching(rates: Floats, qualities: Floats, quality: float) -> Floats:
    """The rate at which each of many curves has a quality, in bits per pixel; NaN where it has none that is as good.

    Between two points it is read off by PCHIP in the logarithm of the rate. A curve that begins above the quality, or
    that has a lossless point alone above it, is taken at its cheapest point that is at least as good.

    Args:
        rates, qualities: (curves, points), in any order, NaN where a curve has no point.
        quality: the quality.
    """
    with np.errstate(invalid="ignore"):
        cheapest = np.where((qualities >= quality) & (rates > 0), rates, np.inf).min(axis=1)
    found = np.where(np.isinf(cheapest), np.nan, cheapest)
    rates, qualities, counts = fronts(rates, qualities)
    for rows, mask in alike(counts):
        if mask.sum() < 2:
            continue
        places, logarithms = qualities[np.ix_(rows, mask)], np.log10(rates[np.ix_(rows, mask)])
        if mask.sum() == 2:  # PCHIP through two points is a line
            slopes = np.diff(logarithms)[:, 0] / np.diff(places)[:, 0]
            values = 10 ** (slopes * (quality - places[:, 0]) + logarithms[:, 0])
        else:
            values = 10 ** pchip_values(places, logarithms, np.full(len(rows), quality))
        within = (places[:, 0] <= quality) & (quality <= places[:, -1])
        found[rows[within]] = values[within]
    return found


def rates_at(results: Results, metric: Metric, value: float) -> pd.DataFrame:
    """The rate of every series on every image at one quality.

    Args:
        results: see :func:`benchmark.analysis.results.read_results`.
        metric: the metric of the quality.
        value: as records have it: 0.98 of a similarity, 35 of PSNR in decibels.

    Returns:
        A row for each data set × image × series, in the order of the results: ``bpp``, NaN where it is not reached.
    """
    quality = float(metric.quality(value))
    parts = [
        pd.DataFrame(
            {
                "dataset": curves.dataset,
                "image": curves.names,
                "series": curves.label,
                "bpp": rates_reaching(curves.rates, curves.qualities, quality),
            },
            index=curves.rows,
        )
        for curves in results.image_curves(metric)
    ]
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)


def smallest(rates: pd.DataFrame) -> pd.DataFrame:
    """The smallest codec of each image.

    Args:
        rates: see :func:`rates_at`.

    Returns:
        A row for each image that a series reaches, of the columns :data:`COLUMNS`: the ``series`` with the least rate
        ``bpp``, the ``second`` with its rate, how much the first has ``saved`` against it in percent, and how many
        series ``reached`` the quality. Of equal rates that of the first series counts.
    """
    reached = rates.dropna(subset="bpp")
    place = reached.groupby(["dataset", "image"], sort=False).ngroup()
    order = reached.assign(place=place).sort_values(["place", "bpp"], kind="stable")
    rank = order.groupby("place").cumcount()
    first, second = (order[rank == number].set_index("place") for number in (0, 1))
    table = first.assign(
        second=second["series"].reindex(first.index).fillna(""),
        second_bpp=second["bpp"].reindex(first.index),
        reached=order.groupby("place").size(),
    )
    table["saved"] = 100 * (1 - table["bpp"] / table["second_bpp"])
    return table[list(COLUMNS)].reset_index(drop=True)


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
