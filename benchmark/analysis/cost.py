"""What codecs cost beside rate: time, and for learned ones parameters and multiply–accumulates."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.publishable import RULE, publishable
from benchmark.analysis.results import Results
from benchmark.analysis.standing import headline
from benchmark.errors import UsageError, counted

COLUMNS = (
    "dataset",
    "series",
    "points",
    "bpp",
    "images",
    "timed_points",
    "timed_images",
    "threads",
    "encode_mps",
    "decode_mps",
    "encode_s_per_mp",
    "decode_s_per_mp",
    "encode_kmac_per_pixel",
    "decode_kmac_per_pixel",
    "parameters",
    "usual_images",
    "flags",
)
"""Columns of :func:`cost_table`."""

TITLES = {
    "dataset": "data set",
    "series": "codec",
    "points": "operating points",
    "bpp": "rate (bpp)",
    "images": "images",
    "timed_points": "points timed",
    "timed_images": "images timed",
    "threads": "threads",
    "encode_mps": "encode (MP/s)",
    "decode_mps": "decode (MP/s)",
    "encode_s_per_mp": "encode (s/MP)",
    "decode_s_per_mp": "decode (s/MP)",
    "encode_kmac_per_pixel": "encode (kMAC/pixel)",
    "decode_kmac_per_pixel": "decode (kMAC/pixel)",
    "parameters": "parameters",
    "usual_images": "over the usual images",
    "flags": "flags",
}
"""Its headings, with units."""

RATE_FACTOR = 1.25
"""A point is flagged if its rate is off by more than this factor from the one asked for."""

_LEARNED = ("encode_kmac_per_pixel", "decode_kmac_per_pixel", "parameters")


def cost_table(results: Results, at_rate: float | None = None) -> pd.DataFrame:
    """Speed and complexity of each series on each data set.

    Speeds are megapixels over seconds, summed up over images: a large image counts for more than a small one. Only rows
    count whose times were measured to be published, see :mod:`benchmark.analysis.timed`.

    Args:
        results: the results, with records; summaries alone do not tell how large the images are.
        at_rate: bits per pixel; of each series the operating point whose mean rate is nearest, by ratio, is taken.
            None takes all of its points together.

    Returns:
        A row for each series, with the columns of :data:`COLUMNS`: ``points`` taken, their mean rate ``bpp`` and the
        ``images`` that they cover; how many of these points and images were timed; ``parameters`` is the largest of
        them; kMAC a pixel are means, NaN for codecs that are not learned and for records that do not have them.
        ``usual_images`` says whether they cover, and were timed on, the same images as most series on the data set.
        ``flags`` tell of points left out because they cover other images or fewer, of images that are not those of most
        series on the data set, of several numbers of threads, of a rate that is not near the one asked for, and of
        times that are left out.

    Raises:
        UsageError: a rate that is not positive.
    """
    if at_rate is not None and not at_rate > 0:
        raise UsageError(f"rate to compare at: expected bits per pixel above 0, got {at_rate}")
    summary, records = results.summary, results.records
    good = _numbers(records[records["status"] == "ok"])
    rows: list[dict[str, Any]] = []
    sets: list[tuple[frozenset[str], frozenset[str]]] = []
    for (dataset, series), group in summary.groupby(["dataset", "series"], sort=False):
        row: dict[str, Any] = dict.fromkeys(COLUMNS, math.nan) | {"dataset": dataset, "series": series}
        covered = group[group["images"] > 0]
        if not len(covered):
            nothing = dict.fromkeys(("points", "images", "timed_points", "timed_images", "threads"), 0)
            rows.append(row | nothing | {"usual_images": True, "flags": "no image succeeded"})
            sets.append((frozenset(), frozenset()))
            continue
        most = covered[covered["images"] == covered["images"].max()]
        covers = Counter(most["covers"]).most_common(1)[0][0]
        whole = most[most["covers"] == covers]
        flags = []
        if len(whole) < len(group):
            flags.append(f"left out {counted(len(group) - len(whole), 'point')} of other images or fewer")
        if at_rate is not None:
            distance = np.abs(np.log(pd.to_numeric(whole["bpp_mean"]) / at_rate))
            whole = whole.loc[[distance.idxmin()]]
            rate = float(whole["bpp_mean"].iloc[0])
            if not 1 / RATE_FACTOR <= rate / at_rate <= RATE_FACTOR:
                flags.append(f"its nearest point has {rate:.3g} bpp, not {at_rate:g}")
        rows_of = good[good["point"].isin(whole["point"])]
        row |= {"points": len(whole), "bpp": float(whole["bpp_mean"].mean()), "images": int(whole["images"].iloc[0])}
        timed = rows_of[rows_of["publishable"].astype(bool)]
        row |= _work(rows_of) | _speeds(timed)
        threads = sorted({int(count) for count in timed["threads"].dropna()})
        row["threads"] = max(threads, default=0)
        if len(threads) > 1:
            flags.append(f"timed with {' and '.join(map(str, threads))} threads")
        if not len(rows_of):
            flags.append("no records: how large the images are is not known")
        elif not len(timed):
            flags.append(f"no times that were measured to be published: {RULE}")
        rows.append(row | {"usual_images": True, "flags": "; ".join(flags)})
        sets.append((covers, frozenset(timed["covers"])))
    _flag_sets(rows, sets)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def point_costs(results: Results) -> pd.DataFrame:
    """Mean rate and speed of each operating point, of its rows whose times were measured to be published.

    Args:
        results: the results, with records.

    Returns:
        A row for each operating point: ``dataset``, ``series``, ``codec``, ``bpp``, ``encode_s_per_mp`` and
        ``decode_s_per_mp``, NaN where it was not timed.
    """
    records = _numbers(results.records[results.records["status"] == "ok"])
    timed = records[records["publishable"].astype(bool)]
    rows = results.summary[["dataset", "series", "codec", "point"]].assign(
        bpp=pd.to_numeric(results.summary["bpp_mean"])
    )
    for name in ("encode", "decode"):
        sums = timed[timed[f"{name}_s"].notna()].groupby("point")[[f"{name}_s", "megapixels"]].sum()
        rows[f"{name}_s_per_mp"] = rows["point"].map(sums[f"{name}_s"] / sums["megapixels"])
    return rows.drop(columns="point").reset_index(drop=True)


def pareto(frame: pd.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which rows no other row dominates: none is at most as high in every column, and lower in one.

    Args:
        frame: any.
        columns: the columns of numbers; lower is better in all. A row that lacks a number is dominated.
    """
    values = frame[list(columns)].to_numpy(float)
    whole = ~np.isnan(values).any(axis=1)
    front = whole.copy()
    for place in np.flatnonzero(whole):
        no_higher = (values[whole] <= values[place]).all(axis=1)
        lower = (values[whole] < values[place]).any(axis=1)
        front[place] = not (no_higher & lower).any()
    return np.asarray(front, dtype=np.bool_)


def rate_time(bd: pd.DataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    """BD-rates beside times, and which codecs nobody beats in both.

    Args:
        bd: rows of :func:`benchmark.analysis.bdrate.bd_table`; those of single images are left out.
        costs: see :func:`cost_table`.

    Returns:
        A row for each data set × metric × series: ``bd_rate``, the one that ranks, see
        :func:`benchmark.analysis.standing.headline`; ``encode_s_per_mp``, ``decode_s_per_mp``; ``front``:
        whether it is on the Pareto front over BD-rate and decode time of its data set and metric; ``flags`` of both
        tables. A series whose BD-rate was refused, or that covers other images than most, is not on a front.
    """
    whole = bd[bd["image"] == ""]
    means = whole.assign(bd_rate=headline(whole)["headline"])[["dataset", "metric", "series", "bd_rate", "flags"]]
    times = costs[["dataset", "series", "encode_s_per_mp", "decode_s_per_mp", "images", "usual_images", "flags"]]
    table = means.merge(times, on=["dataset", "series"], how="left", suffixes=("", "_of_costs"), sort=False)
    table["front"] = False
    for _, group in table.groupby(["dataset", "metric"], sort=False):
        alike = group[group["usual_images"].fillna(True).astype(bool)]
        table.loc[alike.index, "front"] = pareto(alike, ["bd_rate", "decode_s_per_mp"])
    both = zip(table["flags"].fillna(""), table["flags_of_costs"].fillna(""), strict=True)
    table["flags"] = ["; ".join(dict.fromkeys(filter(None, pair))) for pair in both]
    order = ["dataset", "metric", "series", "bd_rate", "encode_s_per_mp", "decode_s_per_mp", "front", "flags"]
    return table[order]


def _numbers(records: pd.DataFrame) -> pd.DataFrame:
    """What rows are summed up by; columns that older records lack are empty."""
    numeric = ("images", "width", "height", "threads", "encode_s", "decode_s", *_LEARNED)
    values = {
        name: pd.to_numeric(records[name]) if name in records else pd.Series(math.nan, records.index)
        for name in numeric
    }
    pixels = values["images"].fillna(1) * values["width"] * values["height"]
    return pd.DataFrame(
        {**values, "megapixels": pixels / 1e6, "publishable": publishable(records)}
        | {name: records[name] for name in ("point", "covers")}
    )


def _speeds(timed: pd.DataFrame) -> dict[str, float]:
    """What rows took whose times were measured to be published."""
    found: dict[str, float] = {
        "timed_points": timed["point"].nunique(),
        "timed_images": timed.drop_duplicates("covers")["images"].fillna(1).sum(),
    }
    for name in ("encode", "decode"):
        rows = timed[timed[f"{name}_s"].notna() & timed["megapixels"].notna()]
        seconds, size = float(rows[f"{name}_s"].sum()), float(rows["megapixels"].sum())
        found[f"{name}_mps"] = size / seconds if seconds else math.nan
        found[f"{name}_s_per_mp"] = seconds / size if size else math.nan
    return found


def _work(rows: pd.DataFrame) -> dict[str, float]:
    """What learned codecs compute."""
    found: dict[str, float] = {}
    for name in ("encode", "decode"):
        work = rows[rows[f"{name}_kmac_per_pixel"].notna()]
        per_pixel, area = work[f"{name}_kmac_per_pixel"], work["megapixels"]
        # An encoder's work may be unknown of some points, such as those of a search: then it is not known of all.
        known = len(work) == len(rows) and area.sum() > 0
        found[f"{name}_kmac_per_pixel"] = float((per_pixel * area).sum() / area.sum()) if known else math.nan
    found["parameters"] = float(rows["parameters"].max())
    return found


def _flag_sets(rows: Sequence[dict[str, Any]], sets: Sequence[tuple[frozenset[str], frozenset[str]]]) -> None:
    """Flags series whose images, or those that they were timed on, are not those of most series of their data set."""
    for dataset in dict.fromkeys(row["dataset"] for row in rows):
        for place, words in enumerate(("not over", "not timed on")):
            here = [
                (row, both[place])
                for row, both in zip(rows, sets, strict=True)
                if row["dataset"] == dataset and both[place] and row["usual_images"]
            ]
            usual = Counter(covers for _, covers in here).most_common(1)[0][0] if here else frozenset()
            for row, covers in here:
                if covers != usual:
                    row["usual_images"] = False
                    text = f"{words} the images of most series ({len(covers & usual)} of {len(usual)} in common)"
                    row["flags"] = "; ".join(filter(None, (row["flags"], text)))
