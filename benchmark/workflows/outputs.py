"""A run with all its files: rows by the room ``run``, tables and curves of them here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmark.analysis.matched import FORMS, matched_table
from benchmark.analysis.table import read_records, summarise
from benchmark.errors import UsageError
from benchmark.plugins import metric_column, metric_families
from benchmark.report.figures.curves import Axis, draw_all
from benchmark.report.tables.text import table_text
from benchmark.run.finish import Outcome
from benchmark.run.runner import run_study
from benchmark.run.store import replace_file
from benchmark.run.study import Study


def run_to_files(study: Study, *, out: Path, data_root: Path | None, jobs: int, command: str) -> Outcome:
    """Runs what is missing of a study, and writes all its results anew.

    Arguments and errors are those of :func:`benchmark.run.runner.run_study`.
    """
    outcome = run_study(study, out=out, data_root=data_root, jobs=jobs, command=command)
    if outcome.statuses:
        write_outputs(out)
    return outcome


def write_outputs(folder: Path) -> None:
    """Writes ``summary.csv`` and the curves of the records in a folder; ``matched.csv`` and ``.md`` of targets."""
    summary = summarise(read_records(folder / "records.csv"))
    replace_file(folder / "summary.csv", summary.to_csv(index=False, lineterminator="\n"))
    matched = matched_table(summary)
    for path in (folder / "matched.csv", folder / "matched.md") if len(matched) else ():
        replace_file(path, table_text(matched, path, FORMS))
    draw_all(summary, metric_axes(), folder)


def metric_axes(names: Sequence[str] | None = None) -> list[Axis]:
    """Metrics as figures show them.

    Args:
        names: such as ``psnr`` or ``psnr_y``; by default all that rise with the quality, over RGB and over luma.

    Raises:
        UsageError: no such metric, or one that falls as the quality rises.
    """
    axes = {
        column: Axis(column, f"{metric.title}, {space}", metric.unit, metric.decibels, metric.definition)
        for family in metric_families().values()
        for metric in family.metrics
        if metric.higher_is_better
        for column, space in zip(metric.columns, ("RGB", "luma"), strict=True)
    }
    if names is None:
        return list(axes.values())
    columns = [metric_column(name)[1] for name in names]
    for column in columns:
        if column not in axes:
            raise UsageError(f"{column} falls as the quality rises: name other metrics, of {', '.join(axes)}")
    return [axes[column] for column in columns]
