"""One process at a time in a folder: a lock file that says who holds it.

The lock is the kernel's (``flock``), which lets go of it when its holder ends, however it ends: a lock file that a
killed process left is taken over. Over NFS it holds between machines, where the mount shares its locks. Where locks are
not shared, or the file system has none, the lock file itself counts: that of another machine is believed until somebody
removes it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from benchmark.errors import UsageError
from benchmark.system.documents import parse_json
from benchmark.system.files import writing
from benchmark.system.flock import lock_open_file

NAME = ".rdbench.lock"
"""Name of the lock file. It is gone when nobody holds the lock, unless a process was killed."""

_LONGEST = 4096
"""Bytes of a lock file that are read."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lock.

    Attributes:
        host: the name of the machine.
        pid: the process.
        since: when it took the lock, as ISO 8601.
        command: what the user typed.
    """

    host: str
    pid: int
    since: str
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}: {self.command}"


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[str]:
    """Keeps all others out of a folder.

    Args:
        folder: the folder; it has to be there.

    Yields:
        What to know: that a lock of a process that has ended was taken over, or that other machines are not kept out;
        empty where there is nothing.

    Raises:
        UsageError: somebody else holds the lock; the message says who, and what to do.
        OutputError: nothing may be written in the folder.
    """
    path = folder / NAME
    me = Holder(
        socket.gethostname(),
        os.getpid(),
        datetime.now().astimezone().isoformat(timespec="seconds"),
        shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
    )
    with writing(path):
        place, note = _taken(path, me)
    try:
        yield note
    finally:
        with contextlib.suppress(OSError):
            path.unlink()  # before the lock is let go: whoever waits for it makes a file of its own
        os.close(place)


def _taken(path: Path, me: Holder) -> tuple[int, str]:
    """Takes a lock: the open lock file, and what to know."""
    while True:
        place = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            locked = lock_open_file(place)
            before = _holder(place)
            if locked is False:
                raise UsageError(_refusal(path, before, "wait until it has ended"))
            shared = locked is True and shares_locks(path.parent)
            if before and not shared and (before.host != me.host or (locked is None and _lives(before.pid))):
                raise UsageError(_refusal(path, before, f"if it has ended, remove {path}"))
            if not _is_there(path, place):  # its holder removed it before we locked it
                os.close(place)
                continue
            os.ftruncate(place, 0)
            try:
                os.pwrite(place, json.dumps(asdict(me)).encode(), 0)
            except OSError:  # such as on a full disk
                path.unlink()
                raise
        except BaseException:
            with contextlib.suppress(OSError):
                os.close(place)
            raise
        notes = [
            f"took over the lock of a process that has ended ({before})" if before else "",
            "" if locked else "this file system has no locks: start no other run in this folder on another machine",
        ]
        return place, "; ".join(filter(None, notes))


def _refusal(path: Path, holder: Holder | None, advice: str) -> str:
    who = str(holder) if holder else "it does not say which"
    return f"{path.parent}: another process works in this folder ({who}); {advice}, or name another folder"


def _holder(place: int) -> Holder | None:
    """Who wrote a lock file; None where it does not say."""
    try:
        found = parse_json(os.pread(place, _LONGEST, 0))
        return Holder(str(found["host"]), int(found["pid"]), str(found["since"]), str(found["command"]))
    except (ValueError, KeyError, TypeError):
        return None


def _is_there(path: Path, place: int) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.fstat(place))
    except FileNotFoundError:
        return False


def _lives(pid: int) -> bool:
    if pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def shares_locks(folder: Path) -> bool:
    """Whether a lock in a folder keeps out other machines that may see it; True for a disk of this machine alone.

    Linux tells it by the mount. An unknown network file system is taken not to share its locks.
    """
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return True
    kind, options = _mount_of(folder.resolve(), mounts)
    alone = {"nolock", "local_lock=all", "local_lock=flock", "localflock"}
    return kind not in _UNSURE and not kind.startswith("fuse.") and alone.isdisjoint(options)


_UNSURE = frozenset({"9p", "virtiofs", "vboxsf", "afs"})
"""Kinds of file systems that other machines may see, whose locks may be this machine's own."""


def _mount_of(folder: Path, mounts: str) -> tuple[str, frozenset[str]]:
    """The kind of file system that a folder is on, and the options of the mount."""
    found: tuple[int, str, frozenset[str]] = (-1, "", frozenset())
    for line in mounts.splitlines():
        first, _, last = line.partition(" - ")
        words, more = first.split(" "), last.split(" ")
        if len(words) < 6 or len(more) < 3:
            continue
        point = words[4].encode("latin-1", "replace").decode("unicode_escape") if "\\" in words[4] else words[4]
        if folder.is_relative_to(point) and len(point) >= found[0]:
            found = (len(point), more[0], frozenset([*words[5].split(","), *more[2].split(",")]))
    return found[1:]
