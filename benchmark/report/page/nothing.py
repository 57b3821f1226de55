"""The page of results without any row: it says what is missing, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmark.report.page.template import rendered
from benchmark.system.files import make_folder, replace_file


def write_nothing(reason: str, path: Path, *, sources: Sequence[str], commands: Sequence[str], command: str) -> Path:
    """Writes the page.

    Args:
        reason: what is missing.
        path: the file to write; its folder is made.
        sources: paths of the results.
        commands: the commands of their runs, as far as these are known.
        command: the command that writes the page.

    Returns:
        The path.
    """
    text = rendered(
        "nothing.html",
        title="Nothing to report",
        kind="rdbench report",
        facts=[("Results", ", ".join(sources))],
        reason=reason,
        commands=commands,
        command=command,
    )
    make_folder(path.parent)
    replace_file(path, text)
    return path
