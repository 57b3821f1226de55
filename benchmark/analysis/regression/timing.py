"""Whether a codec became slower: ratios of paired times, and a test that noise alone does not pass."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.publishable import disturbed

LEAST_PAIRS = 6
"""Pairs of timings below which no test can be significant at 5 %: with five its smallest p is 2/2⁵. With Holm's
correction over n tests the smallest of them needs a p below 0.05/n: for 20 tests 10 pairs."""

SIGNIFICANCE = 0.05

COLUMNS = ("dataset", "codec", "what", "pairs", "ratio", "low", "high", "p", "verdict")


def time_ratios(good: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Ratios of times by codec, with Wilcoxon's signed-rank test on their logarithms, Holm's correction over all.

    Args:
        good: rows that succeeded in both runs, side by side: ``dataset``, ``codec``, ``image``, and ``encode_s``,
            ``decode_s`` and ``flags`` with ``_before`` and ``_after``. Rows that were disturbed count in neither.
        limit: share by which a geometric mean may rise or fall.

    Returns:
        A row for each data set × codec × ``what`` (``encode`` or ``decode``): ``pairs``, the geometric mean ``ratio``,
        ``low`` and ``high`` of its 95 % interval by Student's t on the logarithms, corrected ``p``, and ``verdict``:
        ``worse`` or ``better`` where p is below 0.05 and the ratio beyond the limit, else ``same``; ``too few pairs``
        below :data:`LEAST_PAIRS`.
    """
    rows = []
    good = good[~(disturbed(good, "flags_before") | disturbed(good, "flags_after"))]
    for (dataset, codec), part in good.groupby(["dataset", "codec"], sort=False):
        for what in ("encode", "decode"):
            names = [f"{what}_s_before", f"{what}_s_after"]
            # Points of a progressive codec that were cut from one stream share one measurement.
            times = part[["image", *names]].dropna().drop_duplicates()
            before, after = (times[name].to_numpy(float) for name in names)
            usable = (before > 0) & (after > 0)
            logarithms = np.log(after[usable] / before[usable])
            if len(logarithms):
                rows.append({"dataset": dataset, "codec": codec, "what": what, **_ratio(logarithms)})
    table = pd.DataFrame(rows, columns=COLUMNS)
    order = np.argsort(table["p"].to_numpy(float), kind="stable")
    corrected = np.ones(len(table))
    tests = int(table["p"].notna().sum())
    worst = 0.0
    for place, index in enumerate(order[:tests]):
        worst = max(worst, min(1.0, (tests - place) * float(table["p"].iloc[index])))
        corrected[index] = worst
    significant = (corrected < SIGNIFICANCE) & (table["pairs"].to_numpy(int) >= LEAST_PAIRS)
    few = table["pairs"].to_numpy(int) < LEAST_PAIRS
    ratio, beyond = table["ratio"].to_numpy(float), 1 + limit
    slower, faster = significant & (ratio > beyond), significant & (ratio < 1 / beyond)
    verdict = np.select([few, slower, faster], ["too few pairs", "worse", "better"], "same")
    return table.assign(p=np.where(table["p"].isna(), np.nan, corrected), verdict=verdict)


def _ratio(logarithms: npt.NDArray[np.float64]) -> dict[str, float]:
    """Geometric mean, its 95 % interval by Student's t, and the p of a two-sided signed-rank test against 1."""
    from scipy.stats import t, wilcoxon

    count, mean = len(logarithms), float(logarithms.mean())
    margin, p = math.nan, math.nan
    if count > 1:
        margin = float(t.ppf(0.975, count - 1) * logarithms.std(ddof=1) / math.sqrt(count))
    if count >= LEAST_PAIRS:
        p = float(wilcoxon(logarithms).pvalue) if logarithms.any() else 1.0
    low, high = math.exp(mean - margin), math.exp(mean + margin)
    return {"pairs": count, "ratio": math.exp(mean), "low": low, "high": high, "p": p}
