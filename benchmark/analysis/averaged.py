"""BD-rates by several metrics side by side, and their mean, by which JPEG AI's test conditions compare codecs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.results import Results
from benchmark.analysis.standing import headline
from benchmark.metric import Metric

JPEG_AI = ("ms_ssim_pytorch_y", "vmaf_y", "vif_y", "fsim", "nlpd_y", "iw_ssim_y", "psnr_hvs_y")
"""The columns that stand for JPEG AI's metrics: of luma, but for FSIM, which is that of colours."""


def averaged_table(
    results: Results,
    anchor: str,
    metrics: Sequence[Metric],
    *,
    interpolator: str = "pchip",
    hull: bool = False,
) -> pd.DataFrame:
    """Every series against an anchor by each of some metrics, on each data set.

    Args:
        results: see :func:`benchmark.analysis.results.read_results`.
        anchor: a series, or a codec that has but one.
        metrics: the metrics.
        interpolator: see :func:`benchmark.analysis.delta.bd_rate`.
        hull: see :func:`benchmark.analysis.bdrate.bd_table`.

    Returns:
        A row for each data set × series, the least mean first: ``dataset``, ``series``, ``anchor``; a column for each
        metric, the BD-rate in percent that ranks by it, see :func:`benchmark.analysis.standing.headline`; ``mean`` of
        them. Where a metric's BD-rate was refused it is NaN, and so is the mean: means over other metrics would not
        compare. ``flags`` says by which metrics.

    Raises:
        UsageError: see :func:`benchmark.analysis.bdrate.bd_table`.
    """
    keys = ["dataset", "series", "anchor"]
    parts = []
    for metric in metrics:
        table = bd_table(results, anchor, metric, interpolator=interpolator, hull=hull)
        parts.append(table.assign(**{metric.column: headline(table)["headline"]}).set_index(keys)[metric.column])
    rates = pd.concat(parts, axis=1)
    refused = rates.isna().apply(lambda row: ", ".join(rates.columns[row]), axis=1)
    told = rates.assign(
        mean=rates.mean(axis=1, skipna=False),
        flags=[f"no mean: no BD-rate by {names}" if names else "" for names in refused],
    ).reset_index()
    order = told.assign(place=told.groupby("dataset", sort=False).ngroup())
    order = order.sort_values(["place", "mean"], kind="stable", na_position="last")
    return told.loc[order.index, [*keys, "mean", *rates.columns, "flags"]].reset_index(drop=True)
