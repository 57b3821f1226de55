"""Seclusion: a process without network and without the files that others leave for it, where Linux lets it.

Nothing but the standard library is imported here: a process secludes itself before it loads anything, while it has one
thread, as the system asks.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

_NEW_MOUNTS, _NEW_IPC, _NEW_USER, _NEW_NETWORK = 0x00020000, 0x08000000, 0x10000000, 0x40000000
_PRIVATE, _RECURSIVE = 0x40000, 0x4000
_SIGNAL_OF_PARENTS_DEATH, _KILL = 1, 9

_MEMORY = Path("/dev/shm")
"""A folder that every Linux has, and that is a file system of its own."""


_OTHERWISE = {
    "network": "see the network",
    "folder": "work in a folder that others see",
    "temporary": "see the temporary files of others",
}
"""What is so where a part of :class:`Seclusion` is not enforced."""


@dataclass(frozen=True)
class Seclusion:
    """What was enforced.

    Attributes:
        network: whether the process sees no network, and no socket of a process outside.
        folder: whether its working directory is empty, and nobody else sees it.
        temporary: whether it sees none of the temporary files of others.
    """

    network: bool = False
    folder: bool = False
    temporary: bool = False


def seclude(*, temporary: bool) -> Seclusion:
    """Secludes this process, as far as the system allows.

    Args:
        temporary: whether the temporary files of others are hidden. Nothing that the process needs may be among them.

    Returns:
        What was enforced.
    """
    if not sys.platform.startswith("linux"):
        return Seclusion(folder=_own_folder())
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SIGNAL_OF_PARENTS_DEATH, _KILL)
    if not _apart(libc):
        return Seclusion(folder=_own_folder())
    nothing, here = b"none", b"/"
    libc.mount(nothing, here, None, _RECURSIVE | _PRIVATE, None)  # what is mounted from here on, nobody else sees

    def empty(folder: Path) -> bool:
        return int(libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, None)) == 0

    if not empty(_MEMORY):
        return Seclusion(network=True, folder=_own_folder())
    hidden = temporary and empty(Path(tempfile.gettempdir()))
    place = _MEMORY / "rdbench"
    place.mkdir()
    os.chdir(place)
    return Seclusion(network=True, folder=True, temporary=hidden)


def _apart(libc: ctypes.CDLL) -> bool:
    """Leaves the network, the mounts and the shared memory of others; as a user of its own where that is asked."""
    spaces = _NEW_MOUNTS | _NEW_IPC | _NEW_NETWORK
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(spaces) == 0:
        return True
    if libc.unshare(spaces | _NEW_USER) != 0:
        return False
    with contextlib.suppress(OSError):  # without these it is nobody, who reads what all may read
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    return True


def _own_folder() -> bool:
    folder = tempfile.mkdtemp(prefix="rdbench-")
    os.chdir(folder)
    atexit.register(_remove, folder)
    return True


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


def unsecluded() -> list[str]:
    """What cannot be enforced here, in words for the manifest."""
    possible = possible_seclusion()
    return [f"decoders {text}" for name, text in _OTHERWISE.items() if not possible[name]]


def told() -> list[str]:
    """Secludes this process, and names what was enforced."""
    return [name for name, enforced in asdict(seclude(temporary=True)).items() if enforced]
