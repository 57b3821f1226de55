"""From records to the summary table: one row for each operating point."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

AVERAGING = (
    "arithmetic mean over images; PSNR in dB for each image first; psnr_*_pooled is the PSNR of the mean MSE; "
    "std is that of the rows, divided by n − 1; seconds are for an image"
)
"""How each mean is taken, for the table itself, the manifest and captions."""

KEYS = ["dataset", "codec", "version", "knob", "settings", "target"]
_NOT_VALUES = {
    "schema", "key", "image", "image_sha256", "images", "width", "height", "channels", "repeats", "threads",
    "stream_sha256", "pixels_sha256", "status", "reason", "metric_definitions", *KEYS,
}


def read_records(path: Path) -> pd.DataFrame:
    """Records of a file; numbers are ``float64``, empty where there is no value."""
    digests = ("image_sha256", "stream_sha256", "pixels_sha256", "metric_definitions")
    text = dict.fromkeys((*KEYS, "key", "image", "reason", "status", "version", *digests), str)
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""]).fillna(
        dict.fromkeys((*KEYS, "reason", "image"), "")
    )


def read_summary(path: Path) -> pd.DataFrame:
    """A summary table that :func:`summarise` gave and was written as CSV."""
    text = dict.fromkeys(KEYS, str)
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""]).fillna(dict.fromkeys(KEYS, ""))


def value_columns(records: pd.DataFrame) -> list[str]:
    """Columns of which a mean makes sense: rates, metrics, times, memory."""
    return [name for name in records.columns if name not in _NOT_VALUES]


def summarise(records: pd.DataFrame) -> pd.DataFrame:
    """Mean, standard deviation and count for each operating point.

    Args:
        records: as :func:`read_records` gives them.

    Returns:
        One row for each data set × codec × version × settings × target, in order of appearance: ``images`` that
        succeeded, ``images_attempted``, ``failures``, ``skipped`` and ``unreachable`` (rows), ``threads``, then
        ``<column>_mean`` and ``_std`` of every value, pooled PSNR, and :data:`AVERAGING`. A row of several images
        counts as often as it has images; its bytes and seconds are divided by their number.
    """
    frame = records.copy()
    values = value_columns(frame)
    frame["images"] = pd.to_numeric(frame["images"]).fillna(1)
    for name in values:
        frame[name] = pd.to_numeric(frame[name])
    for name in ("bytes", "overhead_bytes", "encode_s", "decode_s"):
        frame[name] = frame[name] / frame["images"]
    rows = []
    for keys, group in frame.groupby(KEYS, sort=False, dropna=False):
        good = group[group["status"] == "ok"]
        row: dict[str, object] = dict(zip(KEYS, cast(tuple[str, ...], keys), strict=True))
        row["images"] = int(good["images"].sum())
        row["images_attempted"] = int(group["images"].sum())
        row["failures"] = int((~group["status"].isin(["ok", "skipped", "unreachable"])).sum())
        row["skipped"] = int((group["status"] == "skipped").sum())
        row["unreachable"] = int((group["status"] == "unreachable").sum())
        row["threads"] = int(good["threads"].max()) if len(good) else ""
        for name in values:
            row[f"{name}_mean"], row[f"{name}_std"] = _moments(good[name], good["images"])
        for space in ("rgb", "y"):
            with np.errstate(divide="ignore"):
                row[f"psnr_{space}_pooled"] = 10 * np.log10(255.0**2 / np.float64(str(row[f"mse_{space}_mean"])))
        row["averaging"] = AVERAGING
        rows.append(row)
    return pd.DataFrame(rows)


def series_labels(summary: pd.DataFrame) -> pd.Series:
    """The curve that each row of a summary lies on: its codec, and those settings, other than the knob, that differ.

    Two settings of a codec lie on one curve when they differ only in the field that trades rate for quality.
    """
    others = [
        {name: value for name, value in json.loads(settings).items() if name != knob}
        for settings, knob in zip(summary["settings"], summary["knob"], strict=True)
    ]
    labels = []
    for codec, mine in zip(summary["codec"], others, strict=True):
        rivals = [theirs for name, theirs in zip(summary["codec"], others, strict=True) if name == codec]
        varying = [name for name in mine if any(theirs.get(name) != mine[name] for theirs in rivals)]
        detail = ", ".join(f"{name}={mine[name]}" for name in varying)
        labels.append(f"{codec} ({detail})" if detail else str(codec))
    return pd.Series(labels, index=summary.index, name="series")


def _moments(values: pd.Series, weights: pd.Series) -> tuple[float, float]:
    """Weighted mean, and the standard deviation of the rows; NaN where there are too few."""
    present = values.notna()
    numbers, counts = values[present].to_numpy(float), weights[present].to_numpy(float)
    if not len(numbers):
        return float("nan"), float("nan")
    mean = float(np.average(numbers, weights=counts))
    if len(numbers) < 2 or not np.isfinite(numbers).all():
        return mean, float("nan")
    return mean, float(numbers.std(ddof=1))
