"""What the terminal shows of a run: the operating points of its summary."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.metric import Metric
from benchmark.record.columns import formatted
from benchmark.record.settings import read_settings

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Points:
    """The operating points of a data set as a table.

    Attributes:
        title: the name of the data set; where it is not complete, it says so.
        columns: the heads of the columns.
        numbers: those of numbers.
        drop: those that a narrow terminal can do without, the first one first.
        rows: the cells of each operating point.
    """

    title: str
    columns: Sequence[str]
    numbers: Sequence[str]
    drop: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Shown:
    """The operating points of all data sets of a summary, and what to know of them."""

    tables: Sequence[Points]
    notes: Sequence[str]


def shown_of(summary: Path, known: Sequence[Metric]) -> Shown:
    """What is shown of a summary.

    Args:
        summary: the path of its file.
        known: what is known of metrics.

    Raises:
        RecordsError: it cannot be read, or is no summary.
    """
    # With pandas, without which a run with nothing to do takes a quarter less time.
    from benchmark.analysis.points import note_on_sizes
    from benchmark.analysis.table import dataset_labels, read_summary

    frame = read_summary(summary)
    labels = dataset_labels(frame)
    metrics = [
        metric
        for metric in known
        if metric.shown == "tables"
        and f"{metric.column}_mean" in frame
        and frame[f"{metric.column}_mean"].notna().any()
    ]
    return Shown(
        [_points(labels[str(name)], part, metrics) for name, part in frame.groupby("dataset", sort=False)],
        note_on_sizes(frame),
    )


def _points(title: str, part: pd.DataFrame, metrics: Sequence[Metric]) -> Points:
    """The operating points of one data set."""
    from benchmark.analysis.table import series_labels

    titles = [metric.short for metric in metrics]
    timed = _timed(part)
    seconds = ("enc s", "dec s") if timed else ()
    rows = []
    for (place, row), label in zip(part.iterrows(), series_labels(part), strict=True):
        setting = ""
        if row["target"]:
            setting = f"{row['target']}, {row['knob']} {formatted(row['knob_value_mean'], '{:.4g}')}"
        elif row["knob"]:
            setting = f"{row['knob']}={read_settings(row['settings'])[row['knob']]}"
        figures = [formatted(row[f"{metric.column}_mean"], f"{{:.{metric.digits}f}}") for metric in metrics]
        means = [row[f"{name}_mean"] if place in timed else math.nan for name in ("encode_s", "decode_s")]
        times = [formatted(mean, "{:.3g}") for mean in means] if seconds else []
        images = str(row["images"])
        if row["images"] != row["images_attempted"]:
            images += f" of {row['images_attempted']}"
        rows.append([label, setting, images, formatted(row["bpp_mean"], "{:.4f}"), *figures, *times])
    return Points(
        title=title,
        columns=["codec", "setting", "images", "bpp", *titles, *seconds],
        numbers=titles,
        drop=[*seconds[::-1], "images", *titles[:0:-1]],
        rows=rows,
    )


def _timed(summary: pd.DataFrame) -> Collection[Hashable]:
    """The rows of a summary whose times were measured to be published on every image."""
    whole = (summary["timed_images"] > 0) & (summary["timed_images"] == summary["images"])
    return set(summary.index[whole])


def read_shown(told: Mapping[str, Any]) -> Shown:
    """What is shown, of what :func:`dataclasses.asdict` made of it.

    Raises:
        ValueError, TypeError, KeyError: it is something else.
    """
    tables = [
        Points(
            title=_texts([table["title"]])[0],
            rows=[_texts(row) for row in table["rows"]],
            **{name: _texts(table[name]) for name in ("columns", "numbers", "drop")},
        )
        for table in told["tables"]
    ]
    if any(len(row) != len(table.columns) for table in tables for row in table.rows):
        raise ValueError("expected a cell for each column")
    return Shown(tables, _texts(told["notes"]))


def _texts(told: Any) -> list[str]:
    if not isinstance(told, list) or not all(isinstance(text, str) for text in told):
        raise ValueError("expected a list of texts")
    return told
