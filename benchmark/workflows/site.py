"""A static leaderboard of folders of results; what cannot be read as results is named, and left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmark.analysis.files import read_table
from benchmark.analysis.leaderboard import Leaderboard, Submission, leaderboard
from benchmark.analysis.measured import known_metrics, read_manifest
from benchmark.defaults import ANCHOR
from benchmark.errors import BenchmarkError, UsageError, one_line
from benchmark.plugins import all_metrics
from benchmark.record.files import results_of_folder
from benchmark.report.site import write_site


def make_site(
    paths: Sequence[Path],
    folder: Path,
    *,
    anchor: str | None = None,
    metrics: Sequence[str] | None = None,
    command: str = "",
) -> tuple[Leaderboard, dict[str, str], list[Path]]:
    """Reads results and writes a leaderboard of them.

    Args:
        paths: folders of results, or their CSV files; of a folder without results, those in the folders in it.
        folder: the folder to write to.
        anchor: the codec or series that BD-rates compare with; None for the default.
        metrics: names or columns of metrics, the first of which ranks at first; None for all.
        command: the command that writes it.

    Returns:
        The leaderboard, the reasons why results were left out by their names, and the files written.

    Raises:
        UsageError: none of the results can be read; or see :func:`benchmark.analysis.leaderboard.leaderboard`.
    """
    known = all_metrics()
    submissions: list[Submission] = []
    left_out: dict[str, str] = {}
    notes: list[str] = []
    for path in dict.fromkeys(one for given in paths for one in _each(given)):
        try:
            manifest = read_manifest(path)
            columns = [metric.column for metric in known_metrics(known, [manifest])]
            submissions.append(Submission(path.as_posix(), read_table(path, columns, notes), manifest))
        except BenchmarkError as error:
            left_out[path.as_posix()] = one_line(error)
    if not submissions:
        (name, reason), *more = left_out.items()
        others = f" (and {len(more)} more)" if more else ""
        raise UsageError(f"no results to rank: {reason if name in reason else f'{name}: {reason}'}{others}")
    described = known_metrics(known, [submission.manifest for submission in submissions])
    board = leaderboard(submissions, described, anchor or ANCHOR, metrics, notes)
    return board, left_out, write_site(board, folder, left_out, command)


def _each(path: Path) -> list[Path]:
    """The folders of results that a path means."""
    if not path.is_dir() or results_of_folder(path):
        return [path]
    below = [one for one in sorted(path.iterdir()) if one.is_dir()]
    return [one for one in below if results_of_folder(one)] or [path]
