"""Which metrics results hold, and what is known of them.

A reader of results need not have the metric that measured them. What it knows of a column comes from two places: the
metrics that are installed, which whoever reads the results hands over, and ``manifest.json`` beside the results, where
the run described what it measured. The installed one is taken, with its present titles and tolerances, as long as its
definition is that of the results; else, or where it is not installed, the results' own. A column that neither of them
describes has no direction: it is left out of figures and tables, and refused by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from benchmark.errors import BenchmarkError, RecordsError
from benchmark.metric import Metric, Pooled, Tolerance
from benchmark.record.files import RECORDS, SUMMARY
from benchmark.system.documents import read_json

_INSTALLED = frozenset({"groups", "promises"})
"""What matters of a metric only where it is installed, and stands in no manifest."""

Manifest = Mapping[str, Any]
"""What ``manifest.json`` holds."""


def read_manifest(results: Path) -> Manifest:
    """The manifest of a run; empty where there is none.

    Args:
        results: the folder of a run, or the file of records or of the summary in it. A file of another name may lie
            beside a stranger's manifest, and has none.

    Raises:
        RecordsError: it cannot be read as a manifest.
    """
    if not results.is_dir() and results.name not in (*RECORDS, SUMMARY):
        return {}
    path = (results if results.is_dir() else results.parent) / "manifest.json"
    if not path.is_file():
        return {}
    try:
        manifest = read_json(path)
    except (OSError, ValueError) as error:
        raise RecordsError(f"{path}: cannot be read as a manifest: {error}") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("metrics", {}), dict):
        raise RecordsError(f"{path}: expected an object as a run writes it, with an object 'metrics' or none")
    try:
        described_metrics(manifest)
    except RecordsError as error:
        raise RecordsError(f"{path}: {error}; run the study again, or move the file away") from error
    return manifest


def metrics_below(folder: Path, installed: Sequence[Metric]) -> list[Metric]:
    """All that is known of the metrics that the runs in a folder, and in those below it, may have measured.

    Raises:
        RecordsError: a manifest cannot be read.
    """
    return known_metrics(installed, [read_manifest(path.parent) for path in sorted(folder.rglob("manifest.json"))])


def manifest_entry(metrics: Iterable[Metric]) -> dict[str, Any]:
    """Metrics as a manifest describes them, by column; :func:`described_metrics` reads them back."""
    described = {metric.column: asdict(metric) for metric in metrics}
    return {
        column: {name: value for name, value in entry.items() if name not in _INSTALLED}
        for column, entry in described.items()
    }


def described_metrics(manifest: Manifest) -> list[Metric]:
    """The metrics that a manifest describes; one of schema 1 describes none, it has their definitions alone.

    Raises:
        RecordsError: a description makes no sense.
    """
    known = {field.name for field in fields(Metric)} - _INSTALLED
    found = []
    for column, entry in manifest.get("metrics", {}).items():
        if not isinstance(entry, Mapping):
            continue
        # What a later version adds to a description is of no use here.
        told = {name: value for name, value in entry.items() if name in known}
        try:
            pooled = Pooled(**told["pooled"]) if told.get("pooled") else None
            found.append(Metric(**told | {"tolerance": Tolerance(**told["tolerance"]), "pooled": pooled}))
        except (BenchmarkError, TypeError, KeyError) as error:
            text = f"metrics: {column}: expected the description of a metric, got {entry}: {error}"
            raise RecordsError(text) from error
    return found


def known_metrics(installed: Sequence[Metric], manifests: Iterable[Mapping[str, Any]]) -> list[Metric]:
    """All that is known of the metrics that runs may have measured, the installed ones first.

    Args:
        installed: the metrics that are installed.
        manifests: the manifests of the runs; of two that describe one column the first counts.
    """
    own: dict[str, Metric] = {}
    texts: dict[str, str] = {}
    for manifest in manifests:
        for metric in described_metrics(manifest):
            own.setdefault(metric.column, metric)
        for name, text in manifest.get("metrics", {}).items():
            if isinstance(text, str):
                texts.setdefault(name, text)
    found = {}
    for metric in installed:
        described = own.get(metric.column, replace(metric, definition=texts.get(metric.name, metric.definition)))
        found[metric.column] = metric if described.definition == metric.definition else described
    return [*found.values(), *(metric for column, metric in own.items() if column not in found)]


def read_manifests(paths: Sequence[Path]) -> tuple[dict[str, Manifest], list[str]]:
    """The manifests beside results, by folder, and a note for each that is not there."""
    found: dict[str, Manifest] = {}
    notes = []
    for path in paths:
        folder = folder_of(path)
        manifest = read_manifest(path)
        if not manifest:
            notes.append(f"{folder}: no manifest.json, so commands and environment of its run are not known")
            continue
        found[folder] = manifest
    return found, notes


def folder_of(path: Path) -> str:
    """The folder of a run, or of one of its files, with slashes."""
    return (path if path.is_dir() else path.parent).as_posix()
