"""Half-written files of processes that were killed: the next process that writes in the folder removes them.

A file is written under a random name, see :func:`benchmark.system.files.replacing`, and is locked meanwhile. So one
that somebody is writing is told from one that nobody will ever finish.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path

from benchmark.system.files import TEMPORARY
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
