"""A run with all its files: rows by the room ``run``, tables and curves of them here."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import threading
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path

from benchmark.analysis.measured import known_metrics, read_manifest
from benchmark.dataset import Dataset
from benchmark.defaults import GIVE_UP_AFTER
from benchmark.metric import Metric
from benchmark.plugins import all_metrics
from benchmark.record.files import SUMMARY, Form, records_of_folder
from benchmark.record.parquet import need_pyarrow
from benchmark.run.finish import Outcome
from benchmark.run.runner import run_study
from benchmark.run.study import Study
from benchmark.system.documents import read_json
from benchmark.system.environment import commit, own_version, package_versions
from benchmark.system.files import make_folder, replace_file
from benchmark.system.leftovers import remove_leftovers
from benchmark.system.lock import folder_lock
from benchmark.system.pool import Engine
from benchmark.system.seclusion import begin_trial
from benchmark.workflows.shown import Shown, read_shown, shown_of

NAME = "outputs.json"
"""Name of the file that says of which records the other files of a folder were written, and what is shown of them."""

_ALONE = " without figures"


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
    dataset: Dataset | None = None,
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
        begin_trial()  # the manifest tells what it finds
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
            meanwhile=partial(_load, figures=figures),
            dataset=dataset,
            **({"engine": engine} if engine else {}),
        )
        if outcome.statuses:
            write_outputs(out, figures=figures)
    return outcome


@cache
def _load(*, figures: bool) -> None:
    """Begins to load what tables and curves take: a part of the time of a short run, in which this process waits.

    A thread of its own does it: no signal breaks it off, after which a library could not be loaded again.
    """

    def load() -> None:
        with contextlib.suppress(Exception):  # whoever writes tables and curves tells
            importlib.import_module("benchmark.workflows.tables")
            if figures:
                importlib.import_module("benchmark.report.figures.curves")
                importlib.import_module("matplotlib.backends.backend_agg")

    threading.Thread(target=load).start()


def write_outputs(folder: Path, *, figures: bool = True) -> None:
    """Writes ``summary.csv`` and the curves of the records in a folder; ``matched.csv`` and ``.md`` of targets.

    They stay as they are where they were written of the same records by the same code: ``outputs.json`` says so, with
    the SHA-256 of tables. A table that somebody has changed is written again, and so is any file that is gone.

    Args:
        folder: the folder of the results.
        figures: whether curves are drawn. If not, those of other records are removed.
    """
    known = known_metrics(all_metrics(), [read_manifest(folder)])
    records = records_of_folder(folder)
    assert records  # a run has left them there
    behind = _behind(records, known)
    tables_alone = f"{behind}{_ALONE}" if behind else ""
    if not behind or _written_of(folder) not in ((behind,) if figures else (behind, tables_alone)):
        from benchmark.workflows.tables import write_tables  # by now it is loaded, see _load

        files = write_tables(records, known, figures=figures)
        content = {
            "of": behind if figures else tables_alone,
            "files": {file.relative_to(folder).as_posix(): _kept(file) for file in files},
            "shown": asdict(shown_of(folder / SUMMARY, known)),
        }
        replace_file(folder / NAME, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def shown_points(folder: Path) -> Shown:
    """What the terminal shows of the summary in a folder.

    It is that which ``outputs.json`` holds, where nothing has changed since, neither what is behind it nor the files.

    Raises:
        RecordsError: the summary, or the manifest, cannot be read.
    """
    known = known_metrics(all_metrics(), [read_manifest(folder)])
    records = records_of_folder(folder)
    behind = _behind(records, known) if records else ""
    if behind and _written_of(folder) in (behind, f"{behind}{_ALONE}"):
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            return read_shown(read_json(folder / NAME)["shown"])
    return shown_of(folder / SUMMARY, known)


def _behind(records: Path, known: Sequence[Metric]) -> str:
    """A digest of all that the files depend on; empty where the code is that of no commit, and may change unseen."""
    if commit().endswith("+"):
        return ""
    digest = hashlib.sha256(repr((own_version(), sorted(package_versions().items()), known)).encode())
    digest.update(bytes.fromhex(_digest(records)))
    return digest.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _kept(path: Path) -> str:
    """What tells that a file is as it was written: a digest of tables; figures may be retouched, and need but be there.

    Raises:
        OSError: it is gone.
    """
    if path.suffix in (".csv", ".md"):
        return _digest(path)
    path.stat()
    return ""


def _written_of(folder: Path) -> str:
    """What the files of a folder were written of, see :func:`_behind`; empty where it is not known, or one changed."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        told = read_json(folder / NAME)
        if all(_kept(folder / name) == kept for name, kept in dict(told["files"]).items()):
            return str(told["of"])
    return ""
