"""Runs a study: plans tasks, sends them to the engine, stores records, and writes the table, curves and manifest."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmark.codec import Setting
from benchmark.errors import UsageError
from benchmark.plugins import codec_class, metric_column, metric_families, open_dataset, portable_name
from benchmark.report.figures.curves import Axis, draw_all
from benchmark.report.tables.text import table_text
from benchmark.run.engine import run_tasks
from benchmark.run.matching import RATES, Target, row_settings
from benchmark.run.mean_matching import MeanSearch, Point, run_searches
from benchmark.run.record import SCHEMA, SETTLED, Record
from benchmark.run.store import RecordStore, identity, replace_file
from benchmark.run.study import Study
from benchmark.run.task import Task, blank_record, one_line
from benchmark.system.environment import describe, package_versions
from benchmark.system.progress import Progress

_Sweep = tuple[str, Sequence[Mapping[str, Setting]], Target | None]
"""A codec, its settings, and the target that they are run for."""


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
        by_codec.setdefault(portable_name(point.codec), []).append(point.settings)
    names = {codec: codec_class(codec).name for codec in by_codec}
    plan = [
        (label, item, names[codec], row_settings(codec_class(codec).from_settings(settings), target), str(target or ""))
        for codec, sweep in by_codec.items()
        for settings in sweep
        for target in targets
        for item in items
    ]
    searches = [
        MeanSearch(codec, settings, target)
        for codec, sweep in by_codec.items()
        for settings in sweep
        for target in study.match
        if target.mean
    ]
    base = Task(study.dataset, data_root, "", label, "", (), tuple(study.metrics), study.repeats, study.threads)

    with RecordStore(out / "records.csv") as store:
        replace_file(out / "study.toml", study.to_toml())
        fresh, interrupted = 0, False
        with Progress(len(plan), "rows") as progress:
            try:
                _search(searches, base, items, out / "search.csv", progress, jobs=jobs, timeout=study.timeout)
                sweeps: list[_Sweep] = [
                    (codec, sweep, target) for codec, sweep in by_codec.items() for target in targets
                    if target is None or not target.mean
                ]
                sweeps += [
                    (search.codec, [search.at(search.found.knob)], search.target) for search in searches if search.found
                ]
                unmatched = _unmatched(searches, base, items, store)
                store.append(unmatched)
                fresh += len(unmatched)
                progress.advance(len(unmatched), "targets without a match")
                encodes = {search.row: search.found.encodes for search in searches if search.found}
                done = _done(store)
                # Image by image, so that its side of the metrics, cached by the worker, serves all codecs.
                tasks = [
                    replace(base, item=item, codec=codec, settings=points, target=target, done=done[item, names[codec]])
                    for item in items
                    for codec, points, target in sweeps
                ]
                for task, records in run_tasks(tasks, jobs=jobs, timeout=study.timeout):
                    where = f"{names[task.codec]} on {task.item}"
                    for record in records:
                        known = encodes.get((record["codec"], record["settings"], record["target"]))
                        record["encodes"] = known or record["encodes"]
                        if record["status"] not in SETTLED:
                            progress.note(f"{record['status']}: {where}: {record['reason']}")
                    store.append(records)
                    fresh += len(records)
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


def _done(store: RecordStore) -> defaultdict[tuple[str, str], frozenset[str]]:
    """Keys of the rows of each image and codec that need no second try."""
    done: defaultdict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
    for row in store.rows:
        if row["status"] in SETTLED:
            done[row["image"], row["codec"]] |= {row["key"]}
    return done


def _search(
    searches: Sequence[MeanSearch], base: Task, items: Sequence[str], path: Path, progress: Progress, *, jobs: int,
    timeout: float,
) -> None:
    """Brings searches to their end; the rows of their trials stay in a file of their own, so that they can go on."""
    if not searches:
        return
    columns = {search.target.column for search in searches} - set(RATES)
    base = replace(base, metrics=tuple(sorted({metric_column(column)[0].name for column in columns})), repeats=1)

    with RecordStore(path) as store:
        def run(points: Sequence[Point]) -> None:
            done = _done(store)
            tasks = [
                replace(base, item=item, codec=codec, settings=[settings], done=done[item, codec_class(codec).name])
                for item in items
                for codec, settings in points
            ]
            for task, records in run_tasks(tasks, jobs=jobs, timeout=timeout):
                store.append(records)
                cls = codec_class(task.codec)
                assert cls.knob is not None
                value = task.settings[0][cls.knob.field]
                progress.advance(0, f"tries {cls.name} {cls.knob.field} {value} on {task.item}")

        run_searches(searches, store, items, base.label, run)


def _unmatched(
    searches: Sequence[MeanSearch], base: Task, items: Sequence[str], store: RecordStore
) -> list[Record]:
    """Rows of searches that found nothing, without those that are there."""
    known = {(row["key"], row["status"]) for row in store.rows if row["status"] in SETTLED}
    rows = []
    for search in searches:
        if not search.found:
            codec = codec_class(search.codec).from_settings(search.settings)
            for item in items:
                task = replace(base, item=item, codec=search.codec, target=search.target)
                rows.append(blank_record(task, codec) | {"status": search.status, "reason": one_line(search.reason)})
    return [row for row in rows if (row["key"], row["status"]) not in known]


def write_results(folder: Path) -> None:
    """Writes ``summary.csv`` and the curves of the records in a folder; ``matched.csv`` and ``.md`` of targets."""
    from benchmark.analysis.matched import FORMS, matched_table
    from benchmark.analysis.table import read_records, summarise

    summary = summarise(read_records(folder / "records.csv"))
    replace_file(folder / "summary.csv", summary.to_csv(index=False, lineterminator="\n"))
    matched = matched_table(summary)
    for path in (folder / "matched.csv", folder / "matched.md") if len(matched) else ():
        replace_file(path, table_text(matched, path, FORMS))
    draw_all(summary, metric_axes(), folder)


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
