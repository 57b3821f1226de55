"""What became of each row of a run: its values, its status, its bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmark.analysis.regression.runs import KEYS
from benchmark.analysis.regression.tolerance import RATE
from benchmark.metric import Metric

NOISE = 1e-6
"""Share by which a metric, summed in ``float32``, moves with a processor's arithmetic: no change. Seen were 1.2e-7."""

_VERDICTS = {0: "changed", 1: "better", 2: "worse"}
"""Verdicts on a row, by the weight of the gravest on its columns."""

_DIGITS = 1e-9
"""Share by which a number changes when it is written with ten digits, as older runs did not: no change."""

_ROUNDING = 1e-9
"""Share of a tolerance that a difference of decimal numbers may pass it by."""


def changes_of(good: pd.DataFrame, judged: Sequence[Metric], *, subset: bool) -> pd.DataFrame:
    """Every value that differs, in the order of the rows."""
    parts = []
    matched = good["target_column_before"]
    for metric in judged:
        names = [f"{metric.column}_before", f"{metric.column}_after"]
        if not set(names) <= set(good.columns):
            continue
        before, after = (good[name].to_numpy(float) for name in names)
        with np.errstate(invalid="ignore"):
            change = after - before
        noise = _DIGITS if metric.column == RATE.column else NOISE
        differs = ~np.isclose(after, before, rtol=noise, atol=0, equal_nan=True)
        allowed = metric.tolerance.allowed(before)
        gain = change if metric.higher_is_better else -change
        verdict = np.select(
            [
                np.isnan(after),
                np.isnan(before),
                (matched == metric.column).to_numpy(bool),
                gain < -allowed * (1 + _ROUNDING),
                gain > allowed * (1 + _ROUNDING),
            ],
            ["not measured" if subset else "worse", "new", "matched", "worse", "better"],
            "changed",
        )
        part = good.loc[differs, KEYS].assign(
            column=metric.column,
            before=before[differs],
            after=after[differs],
            change=change[differs],
            allowed=allowed[differs],
            verdict=verdict[differs],
        )
        parts.append(part)
    if not parts:
        return pd.DataFrame(columns=[*KEYS, "column", "before", "after", "change", "allowed", "verdict"])
    ordered: pd.DataFrame = pd.concat(parts).sort_index(kind="stable")
    return ordered.reset_index(drop=True)


def rows_that_differ(pairs: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """The rows that differ in any way, with a verdict on each."""
    weight = changes["verdict"].map({"better": 1, "worse": 2}).fillna(0)
    judged = weight.groupby([changes[name] for name in KEYS], sort=False).max().map(_VERDICTS).rename("verdict")
    rows = pairs[KEYS].assign(
        status_before=pairs["status_before"],
        status_after=pairs["status_after"],
        reason=pairs["reason_after"],
        bytes_before=pd.to_numeric(pairs["bytes_before"]),
        bytes_after=pd.to_numeric(pairs["bytes_after"]),
        stream=pairs["stream_sha256_before"] != pairs["stream_sha256_after"],
        pixels=pairs["pixels_sha256_before"] != pairs["pixels_sha256_after"],
    )
    rows["verdict"] = rows[KEYS].merge(judged.reset_index(), on=KEYS, how="left")["verdict"]
    before, after = rows["status_before"].map(_rank), rows["status_after"].map(_rank)
    rows["verdict"] = rows["verdict"].mask(after < before, "worse").mask(after > before, "better")
    sizes = (rows["bytes_before"] != rows["bytes_after"]) & (rows["bytes_before"].notna() | rows["bytes_after"].notna())
    moved = sizes | rows["stream"] | rows["pixels"] | (rows["status_before"] != rows["status_after"])
    rows["verdict"] = rows["verdict"].mask(rows["verdict"].isna() & moved, "changed")
    chosen: pd.DataFrame = rows[rows["verdict"].notna()]
    return chosen.reset_index(drop=True)


def count_by_codec(pairs: pd.DataFrame, rows: pd.DataFrame, missing: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """How many rows of each codec on each data set are pairs, worse, better, changed, missing and new."""
    by = ["dataset", "codec"]
    parts = {
        "pairs": pairs,
        **{verdict: rows[rows["verdict"] == verdict] for verdict in ("worse", "better", "changed")},
        "missing": missing,
        "new": new,
    }
    names = pd.concat([part[by] for part in (pairs, missing, new)]).drop_duplicates(ignore_index=True)
    for name, part in parts.items():
        names = names.merge(part.groupby(by).size().rename(name).reset_index(), on=by, how="left")
    return names.fillna(dict.fromkeys(parts, 0)).astype(dict.fromkeys(parts, int))


def _rank(status: str) -> int:
    return {"ok": 2, "skipped": 1, "unreachable": 1}.get(status, 0)
