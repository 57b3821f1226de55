"""Moves a baseline on purpose: the current run takes its place, and a file beside it says why."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from benchmark.analysis.regression.compare import Comparison
from benchmark.errors import UsageError
from benchmark.record.files import RECORDS, records_of_folder
from benchmark.report.compare_sections import closing, headline
from benchmark.system.files import make_folder, remove_file, replace_file, writing
from benchmark.system.leftovers import remove_leftovers
from benchmark.system.lock import folder_lock

FILES = ("manifest.json", "study.toml", "summary.csv")
"""What is moved beside the records, where the current run has it."""

LOG = "accepted.md"
"""Name of the file that says why a baseline was moved: the newest entry first."""


def accept(comparison: Comparison, baseline: Path, current: Path, reason: str) -> Path:
    """Puts a run in the place of its baseline.

    Args:
        comparison: the comparison of the two, which says what changes.
        baseline: the folder of the baseline, or its file of records.
        current: those of the run.
        reason: why.

    Returns:
        The file that says why.

    Raises:
        UsageError: no reason was given, only a part was compared, a side is not one run, or a file cannot be written.
    """
    if not reason.strip():
        raise UsageError("--accept: expected the reason why the baseline moves, got an empty text")
    if comparison.subset:
        raise UsageError("--accept: with --subset the run may lack rows of the baseline: make the whole run first")
    old, new = (_folder(path) for path in (baseline, current))
    if old.resolve() == new.resolve():
        raise UsageError(f"--accept: {baseline} and {current} are one run")
    log = old / LOG
    with folder_lock(old):
        remove_leftovers(old)
        for name in (*RECORDS, *FILES):
            with writing(old / name):
                if (new / name).is_file():
                    replace_file(old / name, (new / name).read_bytes())
                else:
                    remove_file(old / name)
        earlier = log.read_text(encoding="utf-8") if log.is_file() else ""
        replace_file(log, "\n".join(filter(None, (_entry(comparison, reason), earlier))))
    return log


def _folder(path: Path) -> Path:
    """The folder of a run.

    Raises:
        UsageError: there is no single run.
    """
    folder = path if path.is_dir() else path.parent
    records = records_of_folder(folder)
    if not records or path not in (folder, records):
        raise UsageError(f"--accept: {path}: expected the folder of one run, or the records.csv in it")
    return make_folder(folder)


def _entry(comparison: Comparison, reason: str) -> str:
    """A part of the log: the day, the reason, what changed and the likely causes."""
    touched = comparison.codecs
    parts = ("worse", "better", "changed", "missing", "new")
    lines = [
        f"{row.dataset}, {row.codec}: "
        + ", ".join(f"{getattr(row, part):,} {part}" for part in parts if getattr(row, part))
        for row in touched[(touched[list(parts)] > 0).any(axis=1)].itertuples()
    ]
    told = [
        headline(comparison),
        *comparison.obstacles,
        *lines,
        *(closing(comparison)[:-1] if not comparison.obstacles else ()),
    ]
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    return f"## {day}\n\n{reason.strip()}\n\n" + "".join(f"- {line}\n" for line in told)
