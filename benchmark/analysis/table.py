"""From records to the summary table: one row for each operating point."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from benchmark.analysis.averages import averaging
from benchmark.analysis.publishable import publishable
from benchmark.errors import RecordsError, one_line
from benchmark.metric import Metric, Pooled
from benchmark.record.columns import Column, hint, read_number, shortened
from benchmark.record.migrate import RETIRED, update_to_2
from benchmark.record.reading import read_header
from benchmark.record.row import BY_NAME, COLUMNS, POINT, SETTLED
from benchmark.record.settings import read_settings

Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[np.object_]
Places = npt.NDArray[np.intp]
"""Numbers of rows."""

KEYS = POINT
"""Columns that name an operating point."""

_NUMBERS = {column.name for column in COLUMNS if column.kind in ("number", "whole number")} | {
    "images_attempted",
    "failures",
    "skipped",
    "unreachable",
    "bytes_total",
    "pixels_ratio",
    "timed_images",
}

_TEXTS = {column.name for column in COLUMNS if column.kind not in ("number", "whole number")}


def read_summary(path: Path) -> pd.DataFrame:
    """A summary table that :func:`summarise` gave and was written as CSV, by this version or an older one.

    Raises:
        RecordsError: it cannot be read, or is no summary.
    """
    read_header(path)
    try:
        frame = pd.read_csv(path, dtype=dict.fromkeys(_TEXTS, str), keep_default_na=False, na_values=[""])
    except (OSError, ValueError) as error:
        raise RecordsError(f"{path}: cannot be read as a summary: {one_line(error)}") from error
    # The copy joins what was read column by column: pandas warns where a column comes to a table of a hundred parts.
    frame = frame.copy()
    frame = frame.drop(columns=[f"{name}_{what}" for name in RETIRED for what in ("mean", "std")], errors="ignore")
    missing = [column.name for column in COLUMNS if column.aggregate == "point" and column.since == 1]
    missing = [name for name in (*missing, "images") if name not in frame]
    if missing:
        raise RecordsError(f"{path}: not a summary, by its columns (missing: {', '.join(missing)})")
    _check_summary(path, frame)
    if "weights" not in frame:  # written from records of schema 1
        old = frame[[name for name in KEYS if name in frame]].fillna("").to_dict("records")
        told = ["dataset", "images_expected", "version", "weights", "target_column", "target_limit", "target_over"]
        newer = [update_to_2({str(name): cell for name, cell in row.items()}) for row in old]
        frame = frame.assign(**pd.DataFrame(newer, columns=told))
        for name in ("images_expected", "target_limit"):
            frame[name] = pd.to_numeric(frame[name])
    return frame.fillna(dict.fromkeys(_TEXTS & set(frame.columns), ""))


def _check_summary(path: Path, frame: pd.DataFrame) -> None:
    """Refuses a summary whose numbers are none, or whose settings cannot be read."""
    for name in map(str, frame.columns):
        if name not in _NUMBERS and not name.endswith(("_mean", "_std", "_pooled")):
            continue
        if is_bool_dtype(frame[name]) or not is_numeric_dtype(frame[name]):
            for line, cell in enumerate(frame[name], 2):
                try:
                    read_number("nan" if pd.isna(cell) else str(cell))
                except ValueError:
                    text = f"expected a number, got {shortened(str(cell))}{hint(str(cell))}"
                    raise RecordsError(f"{path}, line {line}: {name}: {text}") from None
    for line, (settings, images) in enumerate(zip(frame["settings"], frame["images"], strict=True), 2):
        if not 0 <= images < math.inf:
            raise RecordsError(f"{path}, line {line}: images: expected a whole number, got {images}")
        try:
            read_settings(settings)
        except RecordsError as error:
            raise RecordsError(f"{path}, line {line}: {error}") from error


def value_columns(records: pd.DataFrame) -> list[str]:
    """Columns of which a mean makes sense: rates, metrics, times, memory; of those that nobody knows, numbers."""
    return [
        name
        for name in records.columns
        if (BY_NAME[name].aggregate in ("mean", "image") if name in BY_NAME else is_numeric_dtype(records[name]))
    ]


def summarise(records: pd.DataFrame, metrics: Iterable[Metric]) -> pd.DataFrame:
    """Mean, standard deviation and count for each operating point.

    Args:
        records: as :func:`benchmark.analysis.records.read_records` gives them.
        metrics: what is known of the metrics of the records.

    Returns:
        One row for each data set × codec × version × weights × settings × target, in order of appearance: ``images``
        that succeeded, ``images_attempted``, ``failures``, ``skipped`` and ``unreachable`` (rows), ``timed_images``,
        then what the table of columns says of each: ``<column>_mean`` and ``_std`` of every value, others under their
        own name. Then ``bytes_total`` of all images, ``bpp_pooled``, which is all bits over all pixels, and
        ``pixels_ratio`` of the largest image to the smallest; ``<column>_pooled`` of every metric that is the decibels
        of another one, such as PSNR; and :func:`averaging`.
        A row of several images counts as often as it has images; its bytes and seconds are divided by their number.
    """
    frame = records.reset_index(drop=True)
    sizes = _size_columns(frame)
    frame["images"] = frame["images"].fillna(1)
    for column in COLUMNS:
        if column.aggregate == "image":
            frame[column.name] = frame[column.name] / frame["images"]
    # As arrays: to take rows of a table takes a hundred times as long.
    values = {name: frame[name].to_numpy(float) for name in value_columns(frame)}
    images = frame["images"].to_numpy(float)
    statuses = frame["status"].to_numpy(object)
    timed = publishable(frame).to_numpy(bool)
    known = [metric for metric in metrics if {metric.column, metric.pooled_from} & set(values)]
    others = [column for column in COLUMNS if column.aggregate in ("same", "most", "all")]
    cells = {column.name: frame[column.name].to_numpy(object) for column in others}
    keys = {name: frame[name].to_numpy(object) for name in KEYS}
    unknown = np.full(len(frame), math.nan)
    told = averaging(known)
    rows = []
    for every in _points(frame):
        good = every[statuses[every] == "ok"]
        row: dict[str, object] = {name: values[every[0]] for name, values in keys.items()}
        row["images"] = int(images[good].sum())
        row["images_attempted"] = int(images[every].sum())
        row["failures"] = sum(status not in SETTLED for status in statuses[every])
        row["skipped"] = int((statuses[every] == "skipped").sum())
        row["unreachable"] = int((statuses[every] == "unreachable").sum())
        row["timed_images"] = int(images[good[timed[good]]].sum())
        row |= {column.name: _together(column, cells[column.name], every, good) for column in others}
        moments = {name: _moments(numbers[good], images[good]) for name, numbers in values.items()}
        for name, (mean, deviation) in moments.items():
            row |= {f"{name}_mean": mean, f"{name}_std": deviation}
        row |= _sizes({name: numbers[good] for name, numbers in sizes.items()})
        for metric in known:
            if metric.pooled:
                mean, _ = moments.get(metric.pooled_from, (math.nan, math.nan))
                own = values.get(metric.column, unknown)[good]
                row[f"{metric.column}_pooled"] = _pooled(metric.pooled, mean, own, images[good])
        row["averaging"] = told
        rows.append(row)
    table = pd.DataFrame(rows)
    # With a gap among them, whole numbers would become fractions.
    whole = [column.name for column in others if column.kind == "whole number" and column.name in table]
    # The copy joins what astype parted: pandas warns where a column comes to a table of a hundred parts.
    return table.astype(dict.fromkeys([*whole, "bytes_total"], "Int64")).copy()


def _points(frame: pd.DataFrame) -> list[Places]:
    """The rows of each operating point, in order of appearance."""
    numbers = frame.groupby(KEYS, sort=False, dropna=False).ngroup().to_numpy()
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)


def _size_columns(records: pd.DataFrame) -> dict[str, Floats]:
    """The columns that tell the sizes of streams and images; none where one of them is not there."""
    names = ("bytes", "bpp", "width", "height", "images")
    if not set(names) <= set(records.columns):
        return {}
    return {name: pd.to_numeric(records[name]).to_numpy(float) for name in names}


def _sizes(figures: Mapping[str, Floats]) -> dict[str, float | None]:
    """Bytes of all images of an operating point, bits over pixels of all, and by how much the images differ in size."""
    if not figures or not len(figures["bytes"]):
        return {"bytes_total": None, "bpp_pooled": math.nan, "pixels_ratio": math.nan}
    pixels = figures["width"] * figures["height"]
    images = np.nan_to_num(figures["images"], nan=1)
    total = figures["bytes"].sum()
    # An estimated rate has no bytes.
    bits = (figures["bpp"] * pixels * images).sum() if math.isnan(total) else 8 * total
    return {
        "bytes_total": None if math.isnan(total) else int(total),
        "bpp_pooled": float(bits / (pixels * images).sum()),
        "pixels_ratio": float(pixels.max() / pixels.min()),
    }


def _pooled(pooled: Pooled, mean: float, own: Floats, images: Floats) -> float:
    """A metric of all images together: of the mean of the other metric, or of what the decibels of each image say."""
    if math.isnan(mean) and (images == 1).all():
        mean, _ = _moments(pooled.values(own), images)
    return float(pooled.decibels(mean))


def _together(column: Column, cells: Cells, every: Places, good: Places) -> object:
    """What a summary says of a column that is not averaged; a number is None where no row has one."""
    if column.aggregate == "all":
        return " and ".join(dict.fromkeys(cell for cell in cells[good] if cell))
    present = cells[good if column.aggregate == "most" else every]
    present = present[~pd.isna(present)]
    if not len(present):
        return None
    found = max(present) if column.aggregate == "most" else present[0]
    return int(found) if column.kind == "whole number" else found


def varying_settings(summary: pd.DataFrame) -> dict[str, set[str]]:
    """The settings, other than the knob, in which the rows of each codec of a summary differ, by codec."""
    rows: dict[str, list[dict[str, object]]] = {}
    for codec, others in zip(summary["codec"], _others(summary), strict=True):
        rows.setdefault(codec, []).append(others)
    return {
        codec: {
            name
            for name in dict.fromkeys(name for row in own for name in row)
            if any(row.get(name) != own[0].get(name) for row in own)
        }
        for codec, own in rows.items()
    }


def series_labels(summary: pd.DataFrame, varying: Mapping[str, Collection[str]] | None = None) -> pd.Series:
    """The curve that each row of a summary lies on: its codec, and those settings, other than the knob, that differ.

    Two settings of a codec lie on one curve when they differ only in the field that trades rate for quality.

    Args:
        summary: a summary.
        varying: names of the settings that tell the curves of each codec apart; by default :func:`varying_settings`.
    """
    told = varying_settings(summary) if varying is None else varying
    labels = []
    for codec, mine in zip(summary["codec"], _others(summary), strict=True):
        detail = ", ".join(f"{name}={value}" for name, value in mine.items() if name in told[codec])
        labels.append(f"{codec} ({detail})" if detail else str(codec))
    return pd.Series(labels, index=summary.index, name="series")


def _others(summary: pd.DataFrame) -> list[dict[str, object]]:
    """The settings of each row of a summary without its knob."""
    return [
        {name: value for name, value in read_settings(settings).items() if name != knob}
        for settings, knob in zip(summary["settings"], summary["knob"], strict=True)
    ]


_OF_SUMMARY = {
    "images": "How many images succeeded.",
    "images_attempted": "How many images were tried.",
    "failures": "How many rows failed.",
    "skipped": "How many rows were skipped: the format cannot hold the image, or the codec was given up.",
    "unreachable": "How many rows have no value of the knob that keeps the limit of the target.",
    "bytes_total": "Length of the streams of all images.",
    "bpp_pooled": "Bits per pixel of all images together: all bits over all pixels.",
    "pixels_ratio": "Pixels of the largest image over those of the smallest.",
    "timed_images": "On how many images times were measured to be published: by one worker, 5 repeats or more, "
    "undisturbed. Where these are not all images, `encode_s_mean` and `decode_s_mean` are not to be published.",
    "averaging": "How the means are taken.",
}
"""Columns that a summary has besides those that it takes from the records."""


def summary_markdown(metrics: Iterable[Metric]) -> str:
    """The columns of ``summary.csv`` as rows of Markdown, for the documentation, with those of some metrics."""
    found = {column.name: column.text for column in COLUMNS if column.aggregate == "point"} | _OF_SUMMARY
    for column in COLUMNS:
        if column.aggregate in ("same", "most", "all"):
            found[column.name] = column.text
    for column in COLUMNS:
        if column.aggregate in ("mean", "image"):
            of = "for one image" if column.aggregate == "image" else "over images"
            found[f"{column.name}_mean`, `{column.name}_std"] = f"Mean and standard deviation {of} of `{column.name}`."
    found["METRIC_rgb_mean`, `METRIC_rgb_std"] = "Mean and standard deviation over images of a metric's column."
    for metric in metrics:
        if metric.pooled:
            found[f"{metric.column}_pooled"] = f"{metric.title} of the mean of `{metric.pooled_from}` over all images."
    lines = [f"| `{name}` | {text} |" for name, text in found.items()]
    return "\n".join(["| column | what it says |", "| --- | --- |", *lines])


def dataset_labels(summary: pd.DataFrame) -> dict[str, str]:
    """How each data set is called where a reader sees it: one that is not complete says so, ``kodak (11 of 24)``."""
    labels = {}
    for name, part in summary.groupby("dataset", sort=False):
        expected = part["images_expected"].astype(float).max() if "images_expected" in part else math.nan
        here = part["images_attempted"].max() if "images_attempted" in part else math.nan
        labels[str(name)] = f"{name} ({here:.0f} of {expected:.0f})" if here < expected else str(name)
    return labels


def matched_labels(points: pd.DataFrame) -> pd.Series:
    """What a series' label adds for the column that its knobs were matched by; empty for a sweep.

    Args:
        points: with ``target_column`` and ``target_over``.
    """
    told = zip(points["target_column"], points["target_over"], strict=True)
    words = [f", matched {'mean ' if over == 'set' else ''}{column}" if column else "" for column, over in told]
    return pd.Series(words, index=points.index, dtype=str)


def _moments(values: Floats, weights: Floats) -> tuple[float, float]:
    """Weighted mean, and the standard deviation of the rows; NaN where there are too few."""
    present = ~np.isnan(values)
    numbers, counts = values[present], weights[present]
    if not len(numbers):
        return math.nan, math.nan
    mean = float(np.average(numbers, weights=counts))
    if len(numbers) < 2 or not np.isfinite(numbers).all():
        return mean, math.nan
    return mean, float(numbers.std(ddof=1))
