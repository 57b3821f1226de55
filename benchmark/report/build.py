"""From the files of runs to a report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.analysis.bdrate import anchor_series, bd_table
from benchmark.analysis.curve import Results, read_results
from benchmark.errors import RecordsError, UsageError
from benchmark.report.content import Report
from benchmark.report.figures import Axis

ANCHOR = "jpeg"
"""Codec that BD-rates compare with where a user names none."""


def collect(paths: Sequence[Path], axes: Sequence[Axis], anchor: str | None = None, title: str = "") -> Report:
    """A report from the CSV files of runs alone, without pictures.

    Args:
        paths: results folders, ``records.csv`` or ``summary.csv`` files.
        axes: metrics to show, the first in the summary; those without any value are left out.
        anchor: a series, or a codec that has but one; :data:`ANCHOR` if it is not given.
        title: of the report; names the data sets if it is not given.

    Raises:
        UsageError: nothing is there, no metric has values, or the anchor is not one series of the results.
        RecordsError: a file is not what a run writes.
    """
    results = read_results(paths)
    shown = [axis for axis in axes if _has_values(results, axis.column)]
    if not shown:
        columns = ", ".join(axis.column for axis in axes)
        raise UsageError(f"no result has a value of {columns}: name a metric that the runs measured, or run them again")
    against = _anchor(results, anchor)
    bd = pd.concat(
        [bd_table(results, against, axis.column, decibels=axis.decibels, every_image=True) for axis in shown],
        ignore_index=True,
    )
    manifests, notes = _manifests(paths)
    datasets = list(dict.fromkeys(results.summary["dataset"]))
    count = results.summary["series"].nunique()
    return Report(
        title=title or f"{count} codec{'s' if count != 1 else ''} on {', '.join(datasets)}",
        anchor=against,
        results=results,
        axes=shown,
        bd=bd,
        tables=[],
        pictures=[],
        manifests=manifests,
        notes=notes,
    )


def _has_values(results: Results, column: str) -> bool:
    name = f"{column}_mean"
    return name in results.summary and bool(pd.to_numeric(results.summary[name]).notna().any())


def _anchor(results: Results, anchor: str | None) -> str:
    if anchor is None and ANCHOR not in set(results.summary["codec"]):
        known = "; ".join(dict.fromkeys(results.summary["series"]))
        raise UsageError(f"the results have no {ANCHOR} to compare with: name another with --anchor, one of: {known}")
    return anchor_series(results.summary, anchor or ANCHOR)


def _manifests(paths: Sequence[Path]) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """The manifests beside results, by folder, and a note for each that is not there."""
    found: dict[str, Mapping[str, Any]] = {}
    notes = []
    for path in paths:
        folder = path if path.is_dir() else path.parent
        file = folder / "manifest.json"
        if not file.is_file():
            notes.append(f"{folder.as_posix()}: no manifest.json, so commands and environment of its run are not known")
            continue
        try:
            manifest = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RecordsError(f"{file}: cannot be read as a manifest: {error}") from error
        if not isinstance(manifest, dict):
            raise RecordsError(f"{file}: expected an object as a run writes it, got {type(manifest).__name__}")
        found[folder.as_posix()] = manifest
    return found, notes
