"""In what order metrics and data sets put codecs, and how sure that order is."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.interval import CONFIDENCE, paired_test
from benchmark.analysis.results import Results
from benchmark.analysis.standing import headline
from benchmark.metric import Metric

SHARE = (0.1, 0.9)
"""Quantiles of the ranks on single images that a table of orders has."""


def order_table(results: Results, anchor: str, metrics: Sequence[Metric], series: Collection[str]) -> pd.DataFrame:
    """The order of series by BD-rate, for each data set and metric.

    Args:
        results: see :func:`benchmark.analysis.results.read_results`.
        anchor: a series, or a codec that has but one. It has its place among the others, at 0 %.
        metrics: the metrics.
        series: those to be ordered; ranks and ties are among these.

    Returns:
        A row for each data set × metric × series with a rank, in the order of the ranks: ``dataset``, ``metric`` (its
        column), ``series``, ``rank``, ``bd_rate`` in percent (that which ranks), ``images`` (those with a BD-rate),
        ``rank_low`` and ``rank_high`` (the ranks on single images, 10 and 90 % of them; NaN without records of images),
        and ``tied``: whether image by image nothing tells the series from the one before it, by
        :func:`benchmark.analysis.interval.paired_test` at the level of all intervals.

    Raises:
        UsageError: see :func:`benchmark.analysis.bdrate.bd_table`.
    """
    parts = []
    for metric in metrics:
        table = bd_table(results, anchor, metric, every_image=True)
        table = table.assign(bd_rate=headline(table)["headline"].where(table["image"] == "", table["bd_rate"]))
        for _, rows in table.groupby("dataset", sort=False):
            parts.append(_order(rows[rows["series"].isin(list(series))], metric))
    columns = ["dataset", "metric", "series", "rank", "bd_rate", "images", "rank_low", "rank_high", "tied"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def agreement(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """Kendall's τ of two orders, over the series that both rank: 1 where they are the same, −1 where one is reversed.

    Args:
        first, second: rows of :func:`order_table`, each of one data set and metric.

    Returns:
        NaN where fewer than two series are in both.
    """
    from scipy.stats import kendalltau

    rates = [order.set_index("series")["bd_rate"] for order in (first, second)]
    shared = rates[0].index.intersection(rates[1].index)
    return float(kendalltau(*(rate[shared] for rate in rates)).statistic) if len(shared) > 1 else math.nan


def _order(rows: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    whole = rows[(rows["image"] == "") & rows["rank"].notna()]
    whole = whole.assign(rank=whole["rank"].rank(method="min").astype(int))
    single = rows[rows["image"] != ""].pivot(index="image", columns="series", values="bd_rate")
    single = single.reindex(columns=list(whole["series"]))
    anchor = whole.loc[whole["series"] == whole["anchor"], "series"]
    single[list(anchor)] = 0.0  # against itself, on each image
    ranks = single.rank(axis=1, method="min")
    tied = [False]
    for better, worse in zip(whole["series"][:-1], whole["series"][1:], strict=True):
        both = single[[better, worse]].dropna()
        ratios = np.log1p(both[worse].to_numpy() / 100) - np.log1p(both[better].to_numpy() / 100)
        tied.append(bool(paired_test(ratios) >= 1 - CONFIDENCE))
    return whole.assign(
        metric=metric.column,
        images=[int(single[series].notna().sum()) for series in whole["series"]],
        rank_low=ranks.quantile(SHARE[0]).to_numpy(),
        rank_high=ranks.quantile(SHARE[1]).to_numpy(),
        tied=tied[: len(whole)],
    )
