"""The history of runs: from folders of results in the order of time, or from revisions of one in git."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmark.analysis.history import History, Release, history_of
from benchmark.analysis.measured import read_manifest
from benchmark.analysis.results import Results, read_results
from benchmark.defaults import ANCHOR, METRIC, RATE
from benchmark.errors import ProgramError, UsageError
from benchmark.metric import Metric
from benchmark.plugins import all_metrics
from benchmark.record.files import RECORDS, SUMMARY
from benchmark.report.figures.style import CHARTS, checked_forms
from benchmark.report.history import write_history
from benchmark.system.leftovers import HISTORY, leave_alone
from benchmark.system.program import private_folder, run_program

_TABLES = (*RECORDS, SUMMARY)
_FILES = (*_TABLES, "manifest.json")

_SUFFIXES = (".csv", ".parquet")

_DIGITS = 10
"""Digits of a commit that are shown."""


def make_history(
    paths: Sequence[Path],
    folder: Path,
    *,
    anchor: str | None = None,
    metrics: Sequence[str] | None = None,
    forms: Sequence[str] | None = None,
    rate: float | None = None,
    command: str = "",
) -> tuple[History, list[Path]]:
    """Reads runs and writes their history.

    Args:
        paths: folders of results or their CSV files, in the order of time. Of ``PATH@REVISION``, the file or the folder
            is taken as it was in that revision of the git repository that it lies in.
        folder: the folder to write to.
        anchor: a series, or a codec that has but one; None for the default.
        metrics: names of metrics, of which the first counts; None for the default.
        forms: file formats of the figures; None for the default.
        rate: bits per pixel, see :func:`benchmark.analysis.history.history_of`; None for the default.
        command: the command that writes it.

    Returns:
        The history, and the files written.

    Raises:
        UsageError, RecordsError: a run cannot be read; no run has the anchor or the metric.
    """
    charts = CHARTS if forms is None else checked_forms(forms)
    known = all_metrics()
    names = _names(paths)
    releases = [_release(path, name, known) for path, name in zip(paths, names, strict=True)]
    history = history_of(releases, anchor or ANCHOR, (metrics or [METRIC])[0], rate or RATE)
    files = write_history(history, folder, charts, command)
    leave_alone(folder, files, HISTORY)
    return history, files


def _names(paths: Sequence[Path]) -> list[str]:
    """What each run is called: the end of its path that tells it from the others.

    Raises:
        UsageError: a run is named twice.
    """
    texts = [(path.parent if path.name in _TABLES else path).as_posix() for path in paths]
    twice = [text for text in texts if texts.count(text) > 1]
    if twice:
        raise UsageError(f"--history: {twice[0]}: named twice; name each run once")
    if all(_split(path)[1] for path in paths) and len({_split(path)[0] for path in paths}) == 1:
        return [_split(path)[1] for path in paths]
    parts = [text.split("/") for text in texts]
    for length in range(1, max(map(len, parts)) + 1):
        ends = ["/".join(part[-length:]) for part in parts]
        if len(set(ends)) == len(ends):
            return ends
    return texts


def _split(path: Path) -> tuple[Path, str]:
    """A path and the revision behind it; no revision where the whole is the name of something that is there."""
    text = path.as_posix()
    before, sign, revision = text.rpartition("@")
    return (Path(before), revision) if sign and before and not path.exists() else (path, "")


def _release(path: Path, name: str, metrics: Sequence[Metric]) -> Release:
    place, revision = _split(path)
    if not revision:
        return _read(path, name, metrics)
    with private_folder() as folder:
        target = folder / "results"
        target.mkdir()
        day, commit = _check_out(place, revision, target, folder)
        only = target / place.name if (target / place.name).is_file() else target
        try:
            release = _read(only, name, metrics)
        except UsageError as error:
            raise UsageError(str(error).replace(target.as_posix(), path.as_posix())) from error
    # The day of the run, as for folders; that of the commit where no manifest tells it.
    return Release(name, release.results, release.day or day, commit)


def _read(path: Path, name: str, metrics: Sequence[Metric]) -> Release:
    manifest = read_manifest(path)
    results: Results = read_results([path], metrics)
    commit = str(manifest.get("environment", {}).get("commit") or "")
    return Release(name, results, str(manifest.get("run", {}).get("started") or "")[:10], commit[:_DIGITS])


def _check_out(place: Path, revision: str, target: Path, folder: Path) -> tuple[str, str]:
    """Writes what a revision has of a folder of results, or of a file, into a folder; tells its day and commit."""
    here = next(parent for parent in (place.absolute(), *place.absolute().parents) if parent.is_dir())
    below = place.absolute().relative_to(here).as_posix()

    def git(*words: str) -> bytes:
        return run_program(["git", "-C", here, *words], folder=folder)[0]

    try:
        commit = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    except ProgramError:
        raise UsageError(
            f"{place}@{revision}: there is no such file, and git knows no revision {revision!r} of {place}"
        ) from None
    day = git("show", "-s", "--format=%cs", commit).decode().strip()
    inside = f"{commit}:./{below}" if below != "." else f"{commit}:./"
    files = (
        {place.name: inside} if place.suffix in _SUFFIXES else {name: f"{inside.rstrip('/')}/{name}" for name in _FILES}
    )
    found = 0
    for name, file in files.items():
        try:
            content = git("cat-file", "blob", file)
        except ProgramError:
            continue
        (target / name).write_bytes(content)
        found += name.endswith(_SUFFIXES)
    if not found:
        what = "no such file" if place.suffix in _SUFFIXES else "neither records nor summary.csv in this folder"
        raise UsageError(f"{place}@{revision}: the revision {commit[:_DIGITS]} has {what}")
    return day, commit[:_DIGITS]
