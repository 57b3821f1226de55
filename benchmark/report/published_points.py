"""What published rows are compared with: the operating points of our results, and what was measured there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmark.analysis.table import dataset_labels, read_summary, series_labels
from benchmark.errors import RecordsError, UsageError, typed_line
from benchmark.record.columns import shortened
from benchmark.report.published_study import RATES, Figure, Published, PublishedRow, SummaryRow
from benchmark.report.verdicts import Compared
from benchmark.system.documents import read_json


def compared(study: Published, folder: Path) -> list[Compared]:
    """Every published figure of a study with ours."""
    if study.cross:
        figure = study.figures[study.crossed]
        measured = crossed_points(study, folder / "cross.csv")
        return [
            Compared(
                "trained as ours",
                study.crossed,
                figure,
                theirs,
                measured_value(measured[train, test], figure) if (train, test) in measured else math.nan,
                train,
                test,
            )
            for train, tests in study.cross.items()
            for test, theirs in tests.items()
        ]
    points = points_of(folder)
    return [
        Compared(
            variant_of(row),
            name,
            study.figures[name],
            theirs,
            measured_value(point, study.figures[name]),
            *_place(study, row, point),
            _rates(study, row, point),
        )
        for row in study.rows
        for point, _ in matched(study, row, points)
        for name, theirs in row.figures.items()
    ]


def _place(study: Published, row: PublishedRow, point: SummaryRow) -> tuple[str, str]:
    """Whose figure a row is, and what it is of: where all rows are of curves, names stand before the labels' commas."""
    dataset = str(point["label"])
    told = [row.label, "" if dataset.lower() in row.label.lower() else dataset, row.target]
    group = row.label.partition(",")[0] if all(one.interpolated for one in study.rows) else ""
    return group, ", ".join(filter(None, told))


def _rates(study: Published, row: PublishedRow, point: SummaryRow) -> tuple[float, float]:
    name = next((name for name in RATES if name in row.figures), "")
    return (row.figures[name], measured_value(point, study.figures[name])) if name else (math.nan, math.nan)


def variant_of(row: PublishedRow) -> str:
    """The codec with the texts among the settings that a row asks for: numbers are those of its operating points."""
    words = [f"{name}={value}" for name, value in row.settings.items() if isinstance(value, str)]
    return " ".join([row.codec, *words])


def matched(
    study: Published, row: PublishedRow, points: Sequence[SummaryRow]
) -> list[tuple[SummaryRow, Sequence[SummaryRow]]]:
    """What a row is compared with, each with all points that the row selects; one that says why where there is none."""
    found = [point for point in points if row.selects(point)]
    compared: Sequence[SummaryRow] = found
    if row.interpolated and found:
        compared = [_interpolated(study, row, found)]
    elif not found:
        run = any(point["dataset"] == row.dataset for point in points)
        compared = [{"label": row.dataset, "images": "no such row" if run else "not run"}]
    return [(point, found) for point in compared]


def _interpolated(study: Published, row: PublishedRow, points: Sequence[SummaryRow]) -> SummaryRow:
    """The point that a curve has at a published rate, by PCHIP over the rate; one without values outside its range.

    Points that cover fewer images than the others are left out.
    """
    from scipy.interpolate import PchipInterpolator

    curve = pd.DataFrame(points)
    if series_labels(curve).nunique() > 1 or curve["dataset"].nunique() > 1:
        raise UsageError(f"{study.path}: {row.label}: interpolated, but its settings select more than one curve")
    column, rate = study.figures[row.rate].column, row.figures[row.rate]
    curve = curve[(curve["images"] == curve["images"].max()) & curve[column].notna()]
    curve = curve.drop_duplicates(column).sort_values(column)
    rates = curve[column].to_numpy(float)
    if len(rates) < 2 or not rates[0] <= rate <= rates[-1]:
        reach = f"{rates[0]:.3g} to {rates[-1]:.3g}" if len(rates) else "none"
        return {"label": points[0]["label"], "images": f"beyond the measured rates, {reach}"}
    point: dict[str, Any] = {name: curve[name].iloc[0] for name in ("label", "images", "images_attempted")}
    for figure in study.figures.values():
        values = curve[figure.column].to_numpy(float) if figure.column in curve else np.array([math.nan])
        if np.isfinite(values).all():
            point[figure.column] = float(PchipInterpolator(rates, values)(rate))
    return point


def crossed_points(study: Published, path: Path) -> dict[tuple[str, str], SummaryRow]:
    """What a table of train and test measured, by the data sets trained on and tested on."""
    measured: dict[tuple[str, str], SummaryRow] = {}
    if path.exists():
        frame = _read(pd.read_csv, path, ("trained_on", "tested_on", study.figures[study.crossed].column, "images"))
        for point in _records(frame):
            pair = (point["trained_on"], point["tested_on"])
            if pair in measured:
                raise RecordsError(f"{path}: more than one row is trained on {pair[0]} and tested on {pair[1]}")
            measured[pair] = point
    return measured


def points_of(folder: Path) -> list[SummaryRow]:
    """All operating points of a study's results, whose data sets may have folders below it."""
    needed = ["dataset", "codec", "knob", "settings", "target", "images", "images_attempted", "bpp_mean"]
    points: list[SummaryRow] = []
    for path in sorted(folder.rglob("summary.csv")):
        summary = _read(read_summary, path, needed)
        points += _records(summary.assign(label=summary["dataset"].map(dataset_labels(summary))))
    return points


def runs_below(folder: Path) -> list[str]:
    """Day and commit of every run below a folder, each once."""
    found = set()
    for path in folder.rglob("manifest.json"):
        try:
            manifest = read_json(path)
            day, commit = manifest["run"]["started"][:10], manifest["environment"]["commit"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RecordsError(f"{path}: not as a run writes it ({typed_line(error)})") from error
        found.add(f"{day}, commit {commit[:12]}{'+' * commit.endswith('+')}" if commit else f"{day}, commit unknown")
    return sorted(found)


def _read(reader: Any, path: Path, needed: Iterable[str]) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = reader(path)
    except (OSError, ValueError) as error:  # pandas' own errors of parsing are ValueErrors
        raise RecordsError(f"{path}: cannot be read as CSV: {error}") from error
    missing = set(needed) - set(frame.columns)
    if missing:
        raise RecordsError(f"{path}: lacks the column {min(missing)!r}")
    return frame


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def measured_value(point: SummaryRow, figure: Figure) -> float:
    """What was measured of a figure at an operating point, in the unit of the study; NaN where it was not.

    Raises:
        RecordsError: it is no number.
    """
    value = point.get(figure.column, math.nan)
    try:
        return float(value) / figure.divisor
    except (TypeError, ValueError):
        raise RecordsError(f"{figure.column}: expected a number in the results, got {shortened(str(value))}") from None
