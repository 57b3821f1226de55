"""A run with all its files: rows by the room ``run``, tables and curves of them here."""

from __future__ import annotations

from pathlib import Path

from benchmark.analysis.matched import matched_forms, matched_table
from benchmark.analysis.measured import known_metrics, read_manifest
from benchmark.analysis.records import read_records
from benchmark.analysis.results import plain_summary, results_of
from benchmark.analysis.table import KEYS
from benchmark.analysis.timed import mean_seconds
from benchmark.defaults import GIVE_UP_AFTER
from benchmark.metric import shown_metrics
from benchmark.plugins import all_metrics
from benchmark.record.frames import csv_text
from benchmark.report.figures.curves import draw_all
from benchmark.report.tables.text import table_text
from benchmark.run.finish import Outcome
from benchmark.run.runner import run_study
from benchmark.run.study import Study
from benchmark.system.files import make_folder, replace_file
from benchmark.system.leftovers import remove_leftovers
from benchmark.system.lock import folder_lock


def run_to_files(
    study: Study,
    *,
    out: Path,
    data_root: Path | None,
    jobs: int,
    command: str,
    fresh: bool = False,
    keep: bool = False,
    memory: int | None = None,
    give_up_after: int = GIVE_UP_AFTER,
) -> Outcome:
    """Runs what is missing of a study, and writes all its results anew. Nobody else works in the folder meanwhile.

    Arguments and errors are those of :func:`benchmark.run.runner.run_study`, and:

    Raises:
        UsageError: another process works in the folder; the message says which.
    """
    with folder_lock(make_folder(out)) as note:
        remove_leftovers(out)
        outcome = run_study(
            study,
            out=out,
            data_root=data_root,
            jobs=jobs,
            command=command,
            fresh=fresh,
            keep=keep,
            memory=memory,
            give_up_after=give_up_after,
            note=note,
        )
        if outcome.statuses:
            write_outputs(out)
    return outcome


def write_outputs(folder: Path) -> None:
    """Writes ``summary.csv`` and the curves of the records in a folder; ``matched.csv`` and ``.md`` of targets."""
    known = known_metrics(all_metrics(), [read_manifest(folder)])
    records = read_records(folder / "records.csv", [metric.column for metric in known])
    metrics = [metric for metric in known if metric.column in records]
    results = results_of([records], [], known)
    summary = plain_summary(results)
    replace_file(folder / "summary.csv", csv_text(summary))
    matched = matched_table(summary, metrics, mean_seconds(records, KEYS))
    for path in (folder / "matched.csv", folder / "matched.md") if len(matched) else ():
        replace_file(path, table_text(matched, path, matched_forms(metrics)))
    draw_all(results, shown_metrics(metrics), folder)
