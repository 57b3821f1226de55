"""Seclusion: a process without network and without the files that others leave for it, where Linux lets it.

Nothing but the standard library is imported here: a process secludes itself before it loads anything, while it has one
thread, as the system asks.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

_NEW_MOUNTS, _NEW_IPC, _NEW_USER, _NEW_NETWORK = 0x00020000, 0x08000000, 0x10000000, 0x40000000
_PRIVATE, _RECURSIVE = 0x40000, 0x4000
_SIGNAL_OF_PARENTS_DEATH, _DROP_FOR_PROGRAMS, _KILL = 1, 24, 9
_CAPABILITIES, _TRACE, _ADMINISTER = 0x20080522, 19, 21
"""The version of the structures of ``capset``, and the numbers of the rights to look into other processes, and to mount
and unmount."""

_MEMORY = Path("/dev/shm")
"""A folder that every Linux has, and that is a file system of its own."""

_OTHERWISE = {
    "memory": "may look into the memory of other processes",
    "network": "see the network",
    "folder": "work in a folder that others see",
    "temporary": "see the temporary files of others",
}
"""What is so where a part of :class:`Seclusion` is not enforced."""


@dataclass(frozen=True)
class Seclusion:
    """What was enforced.

    Attributes:
        memory: whether the process cannot look into the memory of others.
        network: whether the process sees no network, and no socket of a process outside.
        folder: whether its working directory is empty, and nobody else sees it.
        temporary: whether it sees none of the temporary files of others, in the folders that were to be hidden.
    """

    memory: bool = False
    network: bool = False
    folder: bool = False
    temporary: bool = False


def temporary_folders() -> list[Path]:
    """The folders of temporary files: that of this process, and those of the system."""
    folders = {Path(name).resolve() for name in (tempfile.gettempdir(), "/tmp", "/var/tmp")}
    return sorted(folder for folder in folders if folder.is_dir())


def hideable(needed: Iterable[str | Path]) -> tuple[Path, ...]:
    """The folders of temporary files in which nothing lies that a process needs.

    Args:
        needed: the paths of what it needs.
    """
    paths = [Path(path).resolve() for path in needed]
    return tuple(folder for folder in temporary_folders() if not any(path.is_relative_to(folder) for path in paths))


def seclude(hidden: Sequence[str | Path]) -> Seclusion:
    """Secludes this process, as far as the system allows.

    Args:
        hidden: folders whose files it shall not see. Nothing that the process needs may be in them.

    Returns:
        What was enforced.
    """
    if not sys.platform.startswith("linux"):
        _work_in_own_folder()
        return Seclusion()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SIGNAL_OF_PARENTS_DEATH, _KILL)
    # What a namespace takes cannot be had back: a process that does nothing else tries it first.
    trial = os.fork()
    if trial == 0:
        os._exit(0 if _apart(libc) and _emptied(libc, _MEMORY) and _in_memory() else 1)
    if os.waitpid(trial, 0)[1] != 0:
        _work_in_own_folder()
        return Seclusion()
    _apart(libc)
    emptied = [_emptied(libc, Path(folder)) for folder in hidden]
    _emptied(libc, _MEMORY)
    _give_back(libc, _ADMINISTER)  # so that what was put in the place of folders stays there
    return Seclusion(memory=True, network=True, folder=_in_memory(), temporary=all(emptied))


def _apart(libc: ctypes.CDLL) -> bool:
    """Leaves the network, the mounts and the shared memory of others; as a user of its own where that is asked."""
    spaces = _NEW_MOUNTS | _NEW_IPC | _NEW_NETWORK
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(spaces) == 0:
        if not _give_back(libc, _TRACE):
            return False
    elif libc.unshare(spaces | _NEW_USER) != 0:
        return False
    else:  # in a space of users of its own it has no right to look outside
        try:
            Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        except OSError:
            return False
    # What is mounted from here on, nobody else sees.
    return int(libc.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None)) == 0


def _give_back(libc: ctypes.CDLL, right: int) -> bool:
    """Gives back a right, below 32, for this process and for the programs that it starts."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0)
    rights = (ctypes.c_uint32 * 6)()
    if libc.capget(header, rights) != 0:
        return False
    for place in range(3):  # of the first 32 rights those that are in effect, permitted and inherited
        rights[place] &= ~(1 << right) & 0xFFFFFFFF
    libc.prctl(_DROP_FOR_PROGRAMS, right, 0, 0, 0)
    return int(libc.capset(header, rights)) == 0


def _emptied(libc: ctypes.CDLL, folder: Path) -> bool:
    """Puts an empty file system in the place of a folder."""
    return int(libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, None)) == 0


def _in_memory() -> bool:
    """Makes a folder in memory, and works there."""
    place = _MEMORY / "rdbench"
    try:
        place.mkdir()
        os.chdir(place)
    except OSError:
        return False
    return True


def _work_in_own_folder() -> None:
    """Works in an empty folder, which others may see, and removes it at the end."""
    folder = tempfile.mkdtemp(prefix="rdbench-")
    os.chdir(folder)
    atexit.register(_remove, folder)


def _remove(folder: str) -> None:
    os.chdir(os.path.sep)
    shutil.rmtree(folder, ignore_errors=True)


@cache
def possible_seclusion() -> dict[str, bool]:
    """What a process can be secluded from here: tried once, in a process that does nothing else."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import seclusion; print(*seclusion.told())"
    command = [sys.executable, "-I", "-S", "-c", code, str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    words = done.stdout.split()
    return {name: name in words for name in asdict(Seclusion())}


def unsecluded(*, hidden: bool = True) -> list[str]:
    """What is not enforced here, in words for the manifest.

    Args:
        hidden: whether the temporary files of others are to be hidden.
    """
    possible = {**possible_seclusion()}
    possible["temporary"] &= hidden
    return [f"decoders {text}" for name, text in _OTHERWISE.items() if not possible[name]]


def told() -> list[str]:
    """Secludes this process, and names what was enforced."""
    return [name for name, enforced in asdict(seclude(temporary_folders())).items() if enforced]
