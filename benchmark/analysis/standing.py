"""Which series is the best: one rule, that every table, figure and text follows."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from benchmark.analysis.results import Results
from benchmark.errors import UsageError, counted
from benchmark.metric import Metric

DIGITS = 1
"""Digits after the point, in percent, of a BD-rate: what prints alike has one rank."""


def with_ranks(table: pd.DataFrame) -> pd.DataFrame:
    """A table of BD-rates in the order of its ranks, those without a rank behind the others.

    The rank is that of the mean over images. Where the anchor has no records of images, it is that of the mean curve,
    all there is. The anchor has its place among the others, at 0. A series whose BD-rate was refused has no rank.

    Args:
        table: rows of one metric, as :func:`benchmark.analysis.bdrate.bd_table` makes them, without ``rank`` and
            ``ranked_by``; rows of single images follow that of their series.

    Returns:
        The rows with ``rank``, from 1, the same for values that print alike; and ``ranked_by``, the column that ranks.
    """
    whole = table[table["image"] == ""]
    anchors = whole[whole["series"] == whole["anchor"]]
    by_images = set(anchors.loc[anchors["image_mean"].notna(), "dataset"])
    ranked_by = whole["dataset"].map(lambda dataset: "image_mean" if dataset in by_images else "bd_rate")
    exact = headline(whole.assign(ranked_by=ranked_by))["headline"]
    ranks = exact.map(_printed).groupby(whole["dataset"], sort=False).rank(method="min").astype("Int64")
    table = table.assign(rank=ranks.reindex(table.index), ranked_by=ranked_by.reindex(table.index, fill_value=""))
    # In the order of all digits; a series' images stay behind it.
    datasets = whole.groupby("dataset", sort=False).ngroup()
    order = whole.assign(place=datasets, rate=exact).sort_values(["place", "rate"], kind="stable", na_position="last")
    places = {key: place for place, key in enumerate(zip(order["dataset"], order["series"], strict=True))}
    behind = [places[key] for key in zip(table["dataset"], table["series"], strict=True)]
    return table.iloc[np.argsort(behind, kind="stable")].reset_index(drop=True)


def _printed(rate: float) -> float:
    return math.nan if math.isnan(rate) else float(f"{rate:.{DIGITS}f}") + 0.0


def headline(table: pd.DataFrame) -> pd.DataFrame:
    """The BD-rate that ranks each row, with its interval: ``headline``, ``headline_low``,
    ``headline_high``, in percent; NaN where it was refused."""
    by_images = table["ranked_by"] == "image_mean"
    pairs = {"": ("image_mean", "bd_rate"), "_low": ("ci_low", "curve_ci_low"), "_high": ("ci_high", "curve_ci_high")}
    found = {f"headline{end}": table[mean].where(by_images, table[curve]) for end, (mean, curve) in pairs.items()}
    return pd.DataFrame(found, index=table.index).astype(float)


def headline_title(table: pd.DataFrame) -> str:
    """What the headline of a table is an average of."""
    return "mean over images" if (table["ranked_by"] == "image_mean").any() else "mean curve"


def findings(rows: pd.DataFrame, metric: Metric) -> list[str]:
    """What a table of one data set and metric says: the best series, how many beat the anchor, what was refused.

    Args:
        rows: the rows of :func:`benchmark.analysis.bdrate.bd_table`; those of single images are not looked at.
        metric: the metric of the table.
    """
    rows = rows[rows["image"] == ""]
    rows = rows.assign(**headline(rows))
    others = rows[rows["series"] != rows["anchor"]]
    ranked = others[others["rank"].notna()]
    found = []
    if len(ranked):
        dataset, anchor = ranked["dataset"].iloc[0], ranked["anchor"].iloc[0]
        found.append(_best(ranked, f"On {dataset}", anchor, metric))
        better = ranked[ranked["headline"].map(_printed) < 0]
        if len(better):
            verb = "needs" if len(better) == 1 else "need"
            text = f"{len(better)} of {counted(len(ranked), 'codec')} {verb} less rate than {anchor}"
            if ranked["headline_high"].notna().any():
                sure = int((ranked["headline_high"] < 0).sum())
                all_or_none = {len(better): "all of them" if sure > 1 else "it", 0: "none of them"}
                text += f"; for {all_or_none.get(sure, sure)} the whole interval is below zero"
            found.append(f"{text}.")
    refused = others[others["rank"].isna()]
    if len(refused):
        found.append(f"Not ranked: {'; '.join(refused_text(row) for _, row in refused.iterrows())}.")
    return found


def _best(ranked: pd.DataFrame, where: str, anchor: str, metric: Metric) -> str:
    """A sentence that names the series of rank 1, or says that it is the anchor."""
    first = ranked.iloc[0]
    if _printed(first["headline"]) >= 0:
        return (
            f"{where}, no codec needs less rate than {anchor} at equal {metric.heading}: the next is "
            f"{first['series']}, {signed(first['headline'])} %."
        )
    best = ranked[ranked["rank"] == first["rank"]]
    names = " and ".join(best["series"])
    interval = ""
    if len(best) == 1 and not math.isnan(first["headline_low"]):
        interval = f" (95 % interval {signed(first['headline_low'])} to {signed(first['headline_high'])})"
    verb = "needs" if len(best) == 1 else "need"
    return (
        f"{where}, {names} {verb} least rate at equal {metric.heading}: {signed(first['headline'])} %{interval} "
        f"against {anchor}."
    )


def refused_text(row: pd.Series) -> str:
    """A series without a rank, and why."""
    reasons = [flag.rpartition("refused: ")[2] for flag in str(row["flags"]).split("; ") if "refused" in flag]
    if not reasons and not math.isnan(row["bd_rate"]):
        reasons = ["no records of images, so there is the mean curve alone"]
    return f"{row['series']} ({reasons[0]})" if reasons else str(row["series"])


def unlabelled(notes: Iterable[str], label: str) -> list[str]:
    """Notes for a row that names its series: those that begin with the name lose it."""
    return [note.removeprefix(f"{label}: ") for note in notes]


def check_values(results: Results, metric: Metric) -> None:
    """Refuses results of which no curve of a metric can be formed.

    Raises:
        UsageError: no row succeeded, or none has a value of the metric.
    """
    if not (pd.to_numeric(results.summary["images"]) > 0).any():
        raise UsageError("no row of the results succeeded, so there are no curves: their reasons are in the records")
    if results.points(metric)["quality"].isna().all():
        raise UsageError(f"no result has a value of {metric.column}")


def signed(rate: float) -> str:
    """A BD-rate as it is printed: with its sign, and no sign where it is 0."""
    text = f"{rate:+.{DIGITS}f}"
    return f"{0:.{DIGITS}f}" if float(text) == 0 else text.replace("-", "−")
