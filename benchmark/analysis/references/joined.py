"""Results of runs together with others' curves, for tables in which either may be the anchor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.references.foreign import import_curves
from benchmark.analysis.references.reference import Reference, is_reference, numbers_of, read_reference
from benchmark.analysis.results import Results, read_results
from benchmark.errors import UsageError
from benchmark.metric import Metric
from benchmark.record.files import results_of_folder


def read_with_references(paths: Sequence[Path], metrics: Sequence[Metric]) -> Results:
    """The results of runs, with the curves that others published.

    A curve that does not say how many images it is a mean of is taken to be one of all images of its data set, and one
    that does not say on which data set it is to be on that of the results, if they are on one alone; a note says so.

    Args:
        paths: what :func:`benchmark.analysis.results.read_results` takes; files that ``import`` wrote; files in the
            forms that it reads, but for CSV; and folders of such files.
        metrics: the metrics that are installed.

    Raises:
        UsageError: there is no run among them, or a file cannot be read.
        RecordsError: a file is not what a run writes.
    """
    files = {path: _files_of(path) for path in paths}
    runs = [path for path, others in files.items() if not others]
    if paths and not runs:
        raise UsageError("expected a run, to compare others' curves with: name its folder, too")
    results = read_results(runs, metrics)
    others = list(dict.fromkeys(file for found in files.values() for file in found))
    if not others:
        return results
    references, notes = _read(others, results)
    imported: dict[str, list[Curve]] = {}
    for metric in results.metrics:
        curves, refusals = _curves(references, metric, list(dict.fromkeys(results.summary["dataset"])))
        imported[metric.column] = _apart(curves, set(results.summary["series"]))
        notes += refusals
    return replace(results, imported=imported, notes=[*results.notes, *dict.fromkeys(notes)])


def _files_of(path: Path) -> list[Path]:
    """The files of others' curves that a path means; none where it is that of a run."""
    if path.is_dir():
        if results_of_folder(path):
            return []
        found = [file for file in sorted(path.iterdir()) if file.suffix in (".json", ".txt") or is_reference(file)]
        return [file for file in found if file.is_file()]
    return [path] if path.suffix in (".json", ".txt") or is_reference(path) else []


def _read(files: Sequence[Path], results: Results) -> tuple[list[tuple[Reference, str]], list[str]]:
    """The curves of files, with the name of the file of each, and notes on what was assumed or left out."""
    found: list[tuple[Reference, str]] = []
    placed: list[str] = []
    counted: list[str] = []
    datasets = list(dict.fromkeys(results.summary["dataset"]))
    sizes = _sizes(results.summary)
    for file in files:
        if is_reference(file):
            references = read_reference(file)
        else:
            try:
                references = import_curves(file, metrics=results.metrics).references
            except UsageError:
                if len(datasets) > 1:
                    raise
                references = import_curves(file, metrics=results.metrics, dataset=datasets[0]).references
                placed.append(file.name)
        for reference in references:
            size = None if reference.images else sizes.get(reference.dataset)
            if size is not None:
                counted.append(file.name)
            found.append((replace(reference, images=reference.images or size), file.stem))
    notes = []
    if placed:
        notes.append(f"taken to be on {datasets[0]}, since the file does not say: {', '.join(placed)}")
    if counted:
        names = ", ".join(dict.fromkeys(counted))
        notes.append(f"taken to be the mean over all images of the data set, since the file does not say: {names}")
    return found, notes


def _sizes(summary: pd.DataFrame) -> dict[str, int]:
    """How many images each data set of results has, where that is known."""
    sizes = {}
    for name, part in summary.groupby("dataset", sort=False):
        expected = pd.to_numeric(part["images_expected"]).to_numpy(float) if "images_expected" in part else np.array([])
        numbers = expected[np.isfinite(expected)]
        if len(numbers):
            sizes[str(name)] = int(numbers.max())
    return sizes


def _curves(
    references: Sequence[tuple[Reference, str]], metric: Metric, datasets: Sequence[str]
) -> tuple[list[tuple[Curve, str]], list[str]]:
    """The curves of a metric of ours, with the names of their files, and why others of this metric are none."""
    curves, notes = [], []
    for reference, file in references:
        mine = reference.metric
        if (mine.name, mine.space) != (metric.name, metric.space):
            continue
        if reference.dataset not in datasets:
            notes.append(f"left out {reference.label} ({reference.source}): it is on {reference.dataset}")
            continue
        if refusal := reference.refusal(metric):
            notes.append(f"left out: {refusal}")
            continue
        curves.append((reference.curve(metric), file))
    return curves, notes


def _apart(curves: Sequence[tuple[Curve, str]], taken: set[str]) -> list[Curve]:
    """Curves whose labels are told apart by their files, and from the series of the runs."""
    once = list(dict.fromkeys(curves))
    counts = Counter((curve.dataset, curve.label) for curve, _ in once)
    labels = [
        f"{curve.label} [{file}]" if counts[curve.dataset, curve.label] > 1 else curve.label for curve, file in once
    ]
    numbers = numbers_of((curve.dataset, label) for (curve, _), label in zip(once, labels, strict=True))
    found = []
    for (curve, _), label, number in zip(once, labels, numbers, strict=True):
        whole = label if number == 1 else f"{label} ({number})"
        found.append(replace(curve, label=f"{whole} (published)" if whole in taken else whole))
    return found
