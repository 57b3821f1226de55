"""Tables and curves of a run's rows. What they take is loaded while the rows are made, and not before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmark.analysis.matched import matched_forms, matched_table
from benchmark.analysis.records import read_records
from benchmark.analysis.results import plain_summary, results_of
from benchmark.analysis.table import KEYS
from benchmark.analysis.timed import mean_seconds
from benchmark.metric import Metric, shown_metrics
from benchmark.record.frames import csv_text
from benchmark.report.tables.text import table_text
from benchmark.system.files import replace_file


def write_tables(file: Path, known: Sequence[Metric], *, figures: bool) -> list[Path]:
    """Writes ``summary.csv``, curves, and ``matched.csv`` and ``.md`` of targets beside a file of rows.

    Args:
        file: the file of the rows.
        known: what is known of metrics.
        figures: whether curves are drawn. If not, those that are there are removed.

    Returns:
        The paths of what was written.
    """
    folder = file.parent
    records = read_records(file, [metric.column for metric in known])
    metrics = [metric for metric in known if metric.column in records]
    results = results_of([records], [], known)
    summary = plain_summary(results)
    written = [folder / "summary.csv"]
    replace_file(written[0], csv_text(summary))
    matched = matched_table(summary, metrics, mean_seconds(records, KEYS))
    for path in (folder / "matched.csv", folder / "matched.md") if len(matched) else ():
        replace_file(path, table_text(matched, path, matched_forms(metrics)))
        written.append(path)
    if not figures:
        for metric in known:
            for path in folder.glob(f"rd_{metric.column}.*"):
                path.unlink()
        return written
    from benchmark.report.figures.curves import draw_all  # a run with nothing to draw does without

    return [*written, *draw_all(results, shown_metrics(metrics), folder)]
