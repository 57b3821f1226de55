"""Seclusion: a process without network and without the files that others leave for it, where Linux lets it.

Nothing but the standard library is imported here, and little of it: a process secludes itself before it loads anything,
while it has one thread, as the system asks.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from subprocess import Popen

_NEW_MOUNTS, _NEW_NAMES, _NEW_IPC, _NEW_USER, _NEW_PROCESSES, _NEW_NETWORK = (
    1 << place for place in (17, 26, 27, 28, 29, 30)
)
_PRIVATE, _RECURSIVE, _ONLY_DATA = 0x40000, 0x4000, 0xE
_SIGNAL_OF_PARENTS_DEATH, _DROP_FOR_PROGRAMS = 1, 24
_CAPABILITIES, _TRACE, _ADMINISTER = 0x20080522, 19, 21
"""The version of the structures of ``capset``, and the numbers of the rights to look into other processes, and to mount
and unmount."""

_SET_FLAGS, _UP = 0x8914, 1
"""Of network interfaces: the call that sets their flags, and the flag of one that is up."""

_MEMORY = Path("/dev/shm")
"""A folder that every Linux has, and that is a file system of its own."""

_OTHERWISE = {
    "memory": "may look into the memory of other processes",
    "network": "see the network",
    "folder": "work in a folder that others see",
    "temporary": "see the temporary files of others",
    "processes": "see the names of other processes",
}
"""What is so where a part of :class:`Seclusion` is not enforced."""


class Seclusion(NamedTuple):
    """What was enforced.

    Attributes:
        memory: whether the process cannot look into the memory of others.
        network: whether the process sees no network, and no socket of a process outside.
        folder: whether its working directory is empty, and nobody else sees it.
        temporary: whether it sees none of the temporary files of others, in the folders that were to be hidden.
        processes: whether it sees no process but those that it starts.
    """

    memory: bool = False
    network: bool = False
    folder: bool = False
    temporary: bool = False
    processes: bool = False


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


def seclude(hidden: Sequence[str | Path], memory: int | None = None) -> Seclusion:
    """Secludes this process, as far as the system allows. It may return in a child, which goes on in its place.

    It keeps the right to mount. A process that runs code of others calls :func:`seclude_further` before.

    Args:
        hidden: folders whose files it shall not see. Nothing that the process needs may be in them.
        memory: bytes that may lie in each folder that takes the place of those; None for as much as the system gives.

    Returns:
        What was enforced.
    """
    if not sys.platform.startswith("linux"):
        _work_in_own_folder()
        return Seclusion()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SIGNAL_OF_PARENTS_DEATH, signal.SIGKILL)
    for alone in (True, False):
        # What a namespace takes cannot be had back: a process that does nothing else tries it first.
        trial = os.fork()
        if trial == 0:
            os._exit(0 if _apart(libc, alone=alone) and _emptied(libc, _MEMORY, memory) and _in_memory() else 1)
        if os.waitpid(trial, 0)[1] == 0:
            break
    else:
        _work_in_own_folder()
        return Seclusion()
    _apart(libc, alone=alone)
    emptied = [_emptied(libc, Path(folder), memory) for folder in hidden]
    _emptied(libc, _MEMORY, memory)
    return Seclusion(memory=True, network=True, folder=_in_memory(), temporary=all(emptied), processes=alone)


def seclude_further(hidden: Sequence[str | Path], memory: int | None = None) -> None:
    """Secludes a process that a secluded one has forked from that one, and from others that it forks.

    Neither files that one of them leaves, nor sockets or names, are seen by another.

    Args:
        hidden, memory: as of :func:`seclude`.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_MOUNTS | _NEW_NAMES | _NEW_IPC | _NEW_NETWORK) == 0:
        _loop_back()
        for folder in (*hidden, _MEMORY):
            _emptied(libc, Path(folder), memory)
        _in_memory()
    _give_back(libc, _ADMINISTER)  # so that what was put in the place of folders stays there


def _apart(libc: ctypes.CDLL, *, alone: bool) -> bool:
    """Leaves the network, the mounts and the shared memory of others; as a user of its own where that is asked.

    Args:
        libc: the library of the system.
        alone: whether to leave the processes of others, too. It returns in a child then, the first of its own space.
    """
    spaces = _NEW_MOUNTS | _NEW_IPC | _NEW_NETWORK | (_NEW_PROCESSES if alone else 0)
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
    _loop_back()
    # What is mounted from here on, nobody else sees.
    if libc.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None) != 0:
        return False
    if not alone:
        return True
    child = os.fork()
    if child != 0:
        os._exit(_code_of(os.waitpid(child, 0)[1]))
    libc.prctl(_SIGNAL_OF_PARENTS_DEATH, signal.SIGKILL)
    return int(libc.mount(b"proc", b"/proc", b"proc", _ONLY_DATA, None)) == 0


def _code_of(status: int) -> int:
    """An exit code for a process that ends as another one has: 128 and the number of the signal where one ended it."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


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


def _loop_back() -> None:
    """Lets this process reach itself by ``127.0.0.1``, as programs do that have a server of their own."""
    import fcntl  # no other system has it

    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anything:
        fcntl.ioctl(anything, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))


def _emptied(libc: ctypes.CDLL, folder: Path, memory: int | None) -> bool:
    """Puts an empty file system in the place of a folder, for so many bytes."""
    size = None if memory is None else b"size=%d" % memory
    return int(libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, size)) == 0


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
    trial = begin_trial()
    words = trial.communicate()[0].split()
    if trial.returncode:  # a signal to all processes of the command ended it
        words = _trial().communicate()[0].split()
    return {name: name in words for name in Seclusion._fields}


@cache
def begin_trial() -> Popen[str]:
    """Begins to try what :func:`possible_seclusion` tells: who needs it later has something else to do meanwhile.

    Returns:
        The process that tries, the same each time.
    """
    return _trial()


def _trial() -> Popen[str]:
    import subprocess  # the process that tries does without

    code = "import sys; sys.path.insert(0, sys.argv[1]); import seclusion; print(*seclusion.told())"
    command = [sys.executable, "-I", "-S", "-c", code, str(Path(__file__).parent)]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


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
    return [name for name, enforced in seclude(temporary_folders())._asdict().items() if enforced]
