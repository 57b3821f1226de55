"""Runs a study: plans tasks, sends them to the engine, stores records, and writes the table, curves and manifest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmark.codec import Setting
from benchmark.engine import run_tasks
from benchmark.environment import describe, package_versions
from benchmark.match import row_settings
from benchmark.plugins import codec_class, metric_families, open_dataset, portable_name
from benchmark.progress import Progress
from benchmark.record import SCHEMA, SETTLED
from benchmark.report.figures import Axis, draw_all
from benchmark.store import RecordStore, identity, replace_file
from benchmark.study import Study
from benchmark.task import Task


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes:
        folder: of the results.
        statuses: how many rows of the study have each status.
        reused: rows that an earlier run had made.
        failures: of each codec, how many rows failed and the first reason.
        interrupted: whether Ctrl-C ended it.
    """

    folder: Path
    statuses: Mapping[str, int]
    reused: int
    failures: Mapping[str, tuple[int, str]]
    interrupted: bool = False


def run_study(study: Study, *, out: Path, data_root: Path | None, jobs: int, command: str) -> Outcome:
    """Runs what is missing of a study, and writes all its results anew.

    Rows are stored as they finish, so an interrupted run loses nothing; started again, it goes on.

    Args:
        study: resolved.
        out: results folder.
        data_root: folder that holds data sets, searched first.
        jobs: worker processes.
        command: what the user typed, for the manifest.

    Raises:
        MissingData: the data set is not there.
        RecordsError: the folder holds records of another schema.
    """
    dataset = open_dataset(study.dataset, data_root)
    items, label = list(dataset.items()), dataset.label
    started = datetime.now(UTC)
    targets = study.match or (None,)
    by_codec: dict[str, list[Mapping[str, Setting]]] = {}
    for point in study.operating_points():
        by_codec.setdefault(point.codec, []).append(point.settings)
    names = {codec: codec_class(codec).name for codec in by_codec}
    plan = [
        (label, item, names[codec], row_settings(codec_class(codec).from_settings(settings), target), str(target or ""))
        for codec, sweep in by_codec.items()
        for settings in sweep
        for target in targets
        for item in items
    ]

    with RecordStore(out / "records.csv") as store:
        replace_file(out / "study.toml", study.to_toml())
        done: dict[tuple[str, str], set[str]] = {}
        for row in store.rows:
            if row["status"] in SETTLED:
                done.setdefault((row["image"], row["codec"]), set()).add(row["key"])
        # Image by image, so that its side of the metrics, cached by the worker, serves all codecs.
        tasks = [
            Task(
                study.dataset, data_root, item, label, portable_name(codec), sweep, tuple(study.metrics),
                study.repeats, study.threads, frozenset(done.get((item, names[codec]), ())), target,
            )
            for item in items
            for codec, sweep in by_codec.items()
            for target in targets
        ]
        fresh, interrupted = 0, False
        with Progress(len(plan), "rows") as progress:
            try:
                for task, records in run_tasks(tasks, jobs=jobs, timeout=study.timeout):
                    store.append(records)
                    fresh += len(records)
                    where = f"{codec_class(task.codec).name} on {task.item}"
                    for record in records:
                        if record["status"] not in SETTLED:
                            progress.note(f"{record['status']}: {where}: {record['reason']}")
                    progress.advance(len(task.settings), where)
            except KeyboardInterrupt:
                interrupted = True
        store.arrange(plan)
        planned = set(plan)
        rows = [row for row in store.rows if identity(row) in planned]

    failures: dict[str, tuple[int, str]] = {}
    for row in rows:
        if row["status"] not in SETTLED:
            count, reason = failures.get(row["codec"], (0, row["reason"]))
            failures[row["codec"]] = (count + 1, reason)
    statuses = dict(Counter(row["status"] for row in rows))
    if rows:
        write_results(out)
    write_manifest(out / "manifest.json", study, {
        "dataset_label": label,
        "images": dataset.count(),
        "images_expected": dataset.expected,
        "rows": statuses,
        "rows_planned": len(plan),
        "interrupted": interrupted,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round((datetime.now(UTC) - started).total_seconds(), 1),
        "jobs": jobs,
        "command": command,
    })
    return Outcome(out, statuses, len(rows) - fresh, failures, interrupted)


def write_results(folder: Path) -> None:
    """Writes ``summary.csv`` and the curves of the records in a folder."""
    from benchmark.analysis.table import read_records, summarise

    summary = summarise(read_records(folder / "records.csv"))
    replace_file(folder / "summary.csv", summary.to_csv(index=False, lineterminator="\n"))
    draw_all(summary, _axes(), folder)


def write_manifest(path: Path, study: Study, run: Mapping[str, Any]) -> None:
    """Writes what a reader needs to make the same records again."""
    from benchmark.analysis.table import AVERAGING

    replace_file(path, json.dumps({
        "schema": SCHEMA,
        "study": study.to_dict(),
        "run": dict(run),
        "codecs": {cls.name: cls.version() for cls in map(codec_class, study.codecs)},
        "metrics": {
            metric.name: metric.definition for family in metric_families().values() for metric in family.metrics
        },
        "averaging": AVERAGING,
        "environment": describe(),
        "packages": package_versions(),
    }, indent=2, ensure_ascii=False) + "\n")


def _axes() -> list[Axis]:
    """Every metric that has a curve worth drawing."""
    return [
        Axis(column, f"{metric.title}, {space}", metric.unit, metric.decibels)
        for family in metric_families().values()
        for metric in family.metrics
        if metric.higher_is_better
        for column, space in zip(metric.columns, ("RGB", "luma"), strict=True)
    ]
