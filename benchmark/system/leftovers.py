"""What earlier processes have left in a folder, and the next one that writes there removes.

Half-written files of processes that were killed: a file is written under a random name, see
:func:`benchmark.system.files.replacing`, and is locked meanwhile. So one that somebody is writing is told from one that
nobody will ever finish. And whole files of an earlier report, which the list that it left tells from those of the user.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from benchmark.system.documents import read_json
from benchmark.system.files import TEMPORARY, replace_file
from benchmark.system.flock import lock_open_file

_PLACES = ("", "*/", "streams/*/")
"""Folders of results that files are written in: their own, those of data sets and figures, those of kept streams."""


def remove_leftovers(folder: Path) -> None:
    """Removes the half-written files of killed processes from a folder of results, of a report or of weights.

    One that is being written stays, and so does what is no file, such as a link. Where the file system has no locks,
    nobody can tell, and all stay. What cannot be removed is left.

    Args:
        folder: the folder; it has to be there.
    """
    for place in _PLACES:
        for path in folder.glob(place + TEMPORARY):
            with contextlib.suppress(OSError):
                _remove(path)


LIST, HISTORY = "report.json", "history.json"
"""Names of the files that list those of a report and of a history, which may share a folder."""


def leave_alone(folder: Path, files: Iterable[Path], listed: str = LIST) -> None:
    """Leaves these files alone of those that reports wrote in a folder, and a list of them for the next one.

    Files that no report wrote stay, and so do those of reports before version 0.2, which left no list.

    Args:
        folder: the folder of the report.
        files: all that it wrote, in the folder or below it.
        listed: name of the list: those of another are left to it.

    Raises:
        OutputError: the list cannot be written.
    """
    names = sorted(path.relative_to(folder).as_posix() for path in files)
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):  # there is no list, or it is damaged
        for name in set(read_json(folder / listed)["files"]) - set(names):
            if not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts:
                (folder / name).unlink(missing_ok=True)
    replace_file(folder / listed, json.dumps({"files": names}, indent=1, ensure_ascii=False) + "\n")


def _remove(path: Path) -> None:
    if sys.platform == "win32":  # which removes no file that somebody has open
        path.unlink()
        return
    if not stat.S_ISREG(path.lstat().st_mode):
        return
    file = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    try:
        if lock_open_file(file):
            path.unlink()
    finally:
        os.close(file)
