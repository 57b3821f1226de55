"""A run with all its files: rows by the room ``run``, tables and curves of them here."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from benchmark.analysis.matched import matched_forms, matched_table
from benchmark.analysis.measured import known_metrics, read_manifest
from benchmark.analysis.records import read_records
from benchmark.analysis.results import plain_summary, results_of
from benchmark.analysis.table import KEYS
from benchmark.analysis.timed import mean_seconds
from benchmark.defaults import GIVE_UP_AFTER
from benchmark.metric import Metric, shown_metrics
from benchmark.plugins import all_metrics
from benchmark.record.files import Form, records_of_folder
from benchmark.record.frames import csv_text
from benchmark.record.parquet import need_pyarrow
from benchmark.report.tables.text import table_text
from benchmark.run.finish import Outcome
from benchmark.run.runner import run_study
from benchmark.run.study import Study
from benchmark.system.documents import read_json
from benchmark.system.environment import commit, own_version, package_versions
from benchmark.system.files import make_folder, replace_file
from benchmark.system.leftovers import remove_leftovers
from benchmark.system.lock import folder_lock
from benchmark.system.pool import Engine

NAME = "outputs.json"
"""Name of the file that says of which records the other files of a folder were written."""


def run_to_files(
    study: Study,
    *,
    out: Path,
    data_root: Path | None,
    jobs: int,
    command: str,
    fresh: bool = False,
    keep: bool = False,
    form: Form = "csv",
    figures: bool = True,
    memory: int | None = None,
    give_up_after: int = GIVE_UP_AFTER,
    engine: Engine | None = None,
) -> Outcome:
    """Runs what is missing of a study, and writes all its results anew. Nobody else works in the folder meanwhile.

    Arguments and errors are those of :func:`benchmark.run.runner.run_study`, and:

    Args:
        figures: whether curves are drawn, see :func:`write_outputs`.

    Raises:
        MissingBackend: a package is not installed that the format needs.
        UsageError: another process works in the folder; the message says which.
    """
    if form == "parquet":
        need_pyarrow()  # it is told before anything runs
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
            form=form,
            memory=memory,
            give_up_after=give_up_after,
            note=note,
            **({"engine": engine} if engine else {}),
        )
        if outcome.statuses:
            write_outputs(out, figures=figures)
    return outcome


def write_outputs(folder: Path, *, figures: bool = True) -> None:
    """Writes ``summary.csv`` and the curves of the records in a folder; ``matched.csv`` and ``.md`` of targets.

    They stay as they are where they were written of the same records by the same code: ``outputs.json`` says so.

    Args:
        folder: the folder of the results.
        figures: whether curves are drawn. If not, those of other records are removed.
    """
    known = known_metrics(all_metrics(), [read_manifest(folder)])
    records = records_of_folder(folder)
    assert records  # a run has left them there
    behind = _behind(records, known)
    tables_alone = f"{behind} without figures" if behind else ""
    if not behind or _written_of(folder) not in ((behind,) if figures else (behind, tables_alone)):
        files = _write(records, known, figures=figures)
        content = {
            "of": behind if figures else tables_alone,
            "files": [file.relative_to(folder).as_posix() for file in files],
        }
        replace_file(folder / NAME, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _behind(records: Path, known: Sequence[Metric]) -> str:
    """A digest of all that the files depend on; empty where the code is that of no commit, and may change unseen."""
    if commit().endswith("+"):
        return ""
    digest = hashlib.sha256(repr((own_version(), sorted(package_versions().items()), known)).encode())
    with records.open("rb") as file:
        digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _written_of(folder: Path) -> str:
    """What the files of a folder were written of, see :func:`_behind`; empty where it is not known, or one is gone."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        told = read_json(folder / NAME)
        if all((folder / name).is_file() for name in told["files"]):
            return str(told["of"])
    return ""


def _write(file: Path, known: Sequence[Metric], *, figures: bool) -> list[Path]:
    """Writes the files beside those of the rows, and returns their paths."""
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
