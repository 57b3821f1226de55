"""Processes that are alive: those of a command, and all that it has started."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

SECONDS = 20
"""How long a process may take to end, on a busy machine."""


def alive(folder: Path, *, session: int = 0, mark: str = "") -> list[str]:
    """Command lines of processes, except of those that have ended and that nobody has asked for.

    Args:
        folder: those that work in this folder count.
        session: those of this session count.
        mark: those count whose environment holds this text: what they start inherits it, wherever it works.
    """
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            command = (entry / "cmdline").read_bytes()
            if command and _belongs(entry, folder, session, mark.encode()):
                found.append(command.replace(b"\0", b" ").decode())
    return found


def _belongs(entry: Path, folder: Path, session: int, mark: bytes) -> bool:
    found = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[3]
    if session and int(found) == session:  # those of other containers have the session 0
        return True
    with contextlib.suppress(PermissionError):
        if (entry / "cwd").readlink() == folder:
            return True
    with contextlib.suppress(PermissionError):
        return bool(mark) and mark in (entry / "environ").read_bytes()
    return False


def all_gone(folder: Path, *, session: int = 0, mark: str = "") -> bool:
    """Whether nothing is :func:`alive` soon."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and alive(folder, session=session, mark=mark):
        time.sleep(0.05)
    return not alive(folder, session=session, mark=mark)
