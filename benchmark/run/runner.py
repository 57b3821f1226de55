"""Runs a study: plans it, searches for knobs, executes what is missing, and says what it came to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmark.dataset import Dataset, ImageFiles, told_counts
from benchmark.defaults import GIVE_UP_AFTER
from benchmark.record.files import CSV, Form
from benchmark.record.row import UNUSABLE
from benchmark.record.streams import has_streams
from benchmark.run.engine import Workers
from benchmark.run.execute import execute
from benchmark.run.finish import Outcome, keep_study, others_text, outcome_of, write_manifest
from benchmark.run.images import ImageDigests
from benchmark.run.mean_matching import search_means
from benchmark.run.patience import Patience
from benchmark.run.place import expected_devices
from benchmark.run.plan import Plan, plan_study
from benchmark.run.reasons import reasons
from benchmark.run.spending import taken
from benchmark.run.store import REJECTED, RecordStore
from benchmark.run.study import Study
from benchmark.system.devices import AUTO
from benchmark.system.environment import COMPILED, compiles, variables
from benchmark.system.files import replace_file
from benchmark.system.load import busy_seconds
from benchmark.system.memory import share
from benchmark.system.pool import Engine, process_pool
from benchmark.system.progress import Progress

_MANY = 100
"""Rows of each codec from which compiled metrics save two workers more than their start takes."""


def run_study(
    study: Study,
    *,
    out: Path,
    data_root: Path | None,
    jobs: int,
    command: str,
    fresh: bool = False,
    keep: bool = False,
    form: Form = "csv",
    memory: int | None = None,
    give_up_after: int = GIVE_UP_AFTER,
    engine: Engine = process_pool,
    note: str = "",
    meanwhile: Callable[[], None] = lambda: None,
    dataset: Dataset | None = None,
) -> Outcome:
    """Runs what is missing of a study: writes the records, ``study.toml`` and ``manifest.json``.

    Rows are stored as they finish, so an interrupted run loses nothing; started again, it goes on. Rows of another
    study that the folder holds stay there, and so do its files, see :func:`~benchmark.run.finish.keep_study`. Whoever
    calls this holds the lock of the folder, see :func:`~benchmark.system.lock.folder_lock`.

    Args:
        study: resolved.
        out: the folder of the results.
        data_root: a folder that holds data sets, searched first.
        jobs: the number of workers; a study of times has one.
        command: what the user typed, for the manifest.
        fresh: whether all rows are made, also those that could be reused.
        keep: whether the streams of all rows are kept in the folder, see :mod:`benchmark.record.streams`.
        form: the format of the file that the rows are left in. While the run lasts they are added to ``records.csv``.
        memory: bytes that each process may take; None for the share of the machine, see
            :func:`~benchmark.system.memory.share`.
        give_up_after: operating points in a row that may be lost until their codec is given up; 0 for any number.
        engine: starts the workers.
        note: what else to tell the user, such as of the lock of the folder.
        meanwhile: what this process may do while it waits, see :class:`~benchmark.run.engine.Workers`.
        dataset: see :func:`~benchmark.run.plan.plan_study`.

    Raises:
        MissingData: the data set is not there.
        UsageError: the device of the study is not there.
        RecordsError: the file of records of the folder is none.
        OutputError: a file cannot be written, such as on a full disk; the rows that were stored before stay.
    """
    started = datetime.now(UTC)
    jobs = 1 if study.timing else jobs
    memory = share(jobs) if memory is None else memory
    workers = Workers(jobs, study.timeout, Patience(give_up_after), memory, engine, meanwhile=meanwhile)
    plan = plan_study(study, data_root, keep=out if keep else None, dataset=dataset)
    devices = expected_devices(plan.usable, study.device, engine)
    planned, compiled = set(plan.rows), _compiling(plan)
    digests, store = ImageDigests(out, plan.dataset, plan.items), RecordStore(out / CSV, fresh=fresh)
    earlier = list(store.rows)
    unkept = {row.identity for row in earlier if keep and not has_streams(out, row.stream_sha256)}
    codecs = {identity[2] for identity in planned}
    others = len({row.identity for row in earlier if UNUSABLE not in row.flags or row.codec not in codecs} - planned)
    beside = others_text(out, others, keep_study(out, study)) if others else ""
    replace_file(out / "study.toml", study.to_toml())
    with Progress(len(plan.rows), "rows") as progress, variables({COMPILED: compiled}):
        for problem in store.problems:
            progress.note(f"set aside in {REJECTED}: {problem}")
        for text in filter(None, (note, *_notes(study, plan, devices), beside)):
            progress.note(f"note: {text}")
        interrupted = False
        try:
            searches = search_means(plan, out / "search.csv", digests, progress, workers, fresh=fresh)
            execute(plan, searches, store, digests, progress, workers, devices)
        except KeyboardInterrupt:
            interrupted = True
    digests.save()
    workers.profile.add(taken())
    made = store.rows[len(earlier) :]
    store.arrange(plan.rows)
    store.leave_as(form)
    outcome = outcome_of(
        [row for row in store.rows if row.identity in planned],
        out,
        made=made,
        again=reasons(earlier, made, fresh=fresh, unkept=unkept),
        others=beside,
        interrupted=interrupted,
        passed_over=told_counts(plan.dataset.passed_over) if isinstance(plan.dataset, ImageFiles) else "",
    )
    told = _told(plan, outcome, others, started)
    carried = {"jobs": jobs, "memory_mib": memory >> 20, "give_up_after": give_up_after, "command": command}
    write_manifest(out / "manifest.json", study, {**told, **carried, "compiled_metrics": compiled == "1"})
    return replace(outcome, profile=workers.profile)


def _compiling(plan: Plan) -> str:
    """What the run sets :data:`COMPILED` to, unless the user has set it.

    It follows from the study alone, not from what is left to do, nor from the number of workers: the digits do not
    depend on these.
    """
    if COMPILED in os.environ:
        return str(int(compiles()))
    codecs = {codec for _, _, codec, *_ in plan.rows}
    return str(int(len(plan.rows) >= _MANY * len(codecs)))


def _told(plan: Plan, outcome: Outcome, others: int, started: datetime) -> dict[str, Any]:
    """What a manifest says of a run that ends now; ``others`` counts the rows of other studies in its folder."""
    return {
        "dataset": plan.label,
        "images": plan.dataset.count(),
        "images_expected": plan.dataset.expected,
        "rows": outcome.statuses,
        "rows_planned": len(plan.rows),
        "rows_of_other_studies": others,
        "interrupted": outcome.interrupted,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round((datetime.now(UTC) - started).total_seconds(), 1),
    }


def _notes(study: Study, plan: Plan, devices: Mapping[str, str]) -> Iterator[str]:
    """What a user should know before the run begins."""
    if study.timing:
        yield from _on_times(study, plan)
    if study.device != AUTO and not devices:
        yield f"--device {study.device} changes nothing: none of these codecs computes with Keras"


def _on_times(study: Study, plan: Plan) -> Iterator[str]:
    """What a user should know of how times are measured here."""
    cores = plan.task.cores
    if cores:
        named = f"core{'s' if len(cores) > 1 else ''} {', '.join(map(str, cores))}"
        yield f"times are measured on {named}; start nothing else"
    else:
        yield (
            f"this system cannot keep a process on {study.threads} core{'s' if study.threads > 1 else ''} of its own: "
            "times are measured where it puts them; start nothing else"
        )
    if busy_seconds() is None:
        yield "this system does not tell what other processes do (no /proc/stat): no row is flagged for their work"
