"""Memory: what this machine, or the container, has, what a process may take of it, and what it takes.

Where a system does not tell or cannot limit something, there is one limit less, and nothing fails.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmark.errors import UsageError, typed_line

GIB = 1 << 30

MOST_BY_DEFAULT = 8 * GIB
"""Bytes that a process of a run may take at most, where nobody says otherwise."""

LEAST = 256 << 20
"""Bytes that a process of a run needs for itself."""

MOST = 1 << 50
"""More bytes than any machine has."""

PROCESSES = Path("/proc")
GROUPS = Path("/sys/fs/cgroup")

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([MG])(?:i?B)?", re.IGNORECASE)

_SAID = ("std::bad_alloc", "allocate memory", "nable to allocate", "RESOURCE_EXHAUSTED", "ResourceExhausted")
"""What libraries say that get no more memory, and raise something of their own or abort."""


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Leaves garbage where it is meanwhile: for work that makes many objects, nearly all of which stay, or go by
    themselves. To look for others again and again takes a quarter of the time of such work, and a tenth of drawing.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


_SELDOM = (300_000, 20, 20)
"""New objects after which garbage is looked for, and how often until older ones are looked at, too."""


@contextlib.contextmanager
def seldom_collected() -> Iterator[None]:
    """Looks for garbage less often meanwhile: for commands that hold many rows, and leave little garbage.

    As Python does it, a tenth of the time of a run with nothing to do goes into it.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def parse_memory(text: object) -> int | None:
    """Bytes of a text such as ``4GiB`` or ``512MiB``; None where there is None.

    Raises:
        UsageError: it is no such text, below :data:`LEAST` or above :data:`MOST`.
    """
    if text is None:
        return None
    found = _SIZE.fullmatch(text.strip()) if isinstance(text, str) else None
    size = int(float(found[1]) * (GIB if found[2] in "gG" else 1 << 20)) if found else 0
    if not LEAST <= size <= MOST:
        raise UsageError(
            f"memory: expected a size such as 4GiB, from {size_text(LEAST)} to {size_text(MOST)}, got {text!r}"
        )
    return size


def size_text(size: int) -> str:
    """Bytes in words, such as ``4 GiB`` or ``1500 MiB``."""
    return f"{size // GIB} GiB" if size % GIB == 0 else f"{size >> 20} MiB"


def machine_memory() -> int | None:
    """Bytes that this machine has, or the container that this process is in; None where the system does not tell."""
    found = list(_group_limits())
    with contextlib.suppress(ValueError, OSError, AttributeError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return min((size for size in found if size > 0), default=None)


def _group_limits() -> Iterator[int]:
    """The limits of the control groups that this process is in, of both versions, and of those above them."""
    try:
        lines = (PROCESSES / "self" / "cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    # In a container the group itself is mounted where that of the whole machine would be.
    places = {(GROUPS, "memory.max"), (GROUPS / "memory", "memory.limit_in_bytes")}
    for line in lines:
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        root, name = (GROUPS, "memory.max") if not controllers else (GROUPS / "memory", "memory.limit_in_bytes")
        parts = Path(path.lstrip("/")).parts
        places |= {(root.joinpath(*parts[:count]), name) for count in range(len(parts) + 1)}
    for folder, name in places:
        with contextlib.suppress(OSError, ValueError):  # "max" is no number
            yield int((folder / name).read_text(encoding="ascii"))


def share(jobs: int) -> int:
    """Bytes that each process may take where nobody says otherwise: 8 GiB, or less on a machine that has less.

    Args:
        jobs: how many workers there are.
    """
    whole = machine_memory()
    return MOST_BY_DEFAULT if whole is None else max(2 * LEAST, min(MOST_BY_DEFAULT, whole // jobs))


def limit_memory(size: int | None) -> None:
    """Limits the memory of this process and of those that it starts, where the system can.

    What is limited is what each has mapped to write in, and not its address space: libraries of accelerators reserve
    addresses that they never use. A lower limit of the shell stays. Nothing that crashes leaves its memory in a file.

    Args:
        size: bytes; None for no limit of memory.
    """
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if size is not None:
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            least = size if hard == resource.RLIM_INFINITY else min(size, hard)
            resource.setrlimit(resource.RLIMIT_DATA, (least, least))


_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""Of ``mallopt``: the size from which a piece of memory is one of its own, and goes back to the system once it is free;
and the free memory at the end of all that goes back."""

_LARGE, _KEPT = 32 << 20, 64 << 20
"""Bytes of a piece that goes back, the most that the GNU C library takes, and those that a process keeps at most."""


def keep_freed() -> None:
    """Has this process keep memory of the size of pictures that is free again, where the C library lets it.

    To take it from the system anew for each stream takes longer than to decode a JPEG, and differs from call to call.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(_MMAP_THRESHOLD, _LARGE)
            library.mallopt(_TRIM_THRESHOLD, _KEPT)


def own_limit() -> int | None:
    """Bytes that this process may take; None where there is no limit, or the system knows none."""
    try:
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_DATA)
    except (ImportError, OSError, AttributeError):
        return None
    return None if soft == resource.RLIM_INFINITY else soft


def resident(pid: int) -> int:
    """Bytes that a process holds in memory; 0 where the system does not tell, or it has ended."""
    with contextlib.suppress(OSError, ValueError, IndexError, AttributeError):
        pages = (PROCESSES / str(pid) / "statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0


def largest(pid: int) -> int:
    """Bytes that the largest of some processes holds in memory: of one, and of all that it and those below it started.

    Args:
        pid: the process id of the one.
    """
    below: list[int] = []
    with contextlib.suppress(OSError, ValueError):
        for thread in (PROCESSES / str(pid) / "task").iterdir():
            below += map(int, (thread / "children").read_text(encoding="ascii").split())
    return max([resident(pid), *map(largest, below)])


def killed_for_memory() -> int:
    """How many processes this system has killed because memory ran out, containers included; 0 where nobody counts."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in (PROCESSES / "vmstat").read_text(encoding="ascii").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def too_much(size: int | None) -> str:
    """What to say of a process that ran out of memory.

    Args:
        size: bytes that it could take; None where there was no limit.
    """
    if size is None:
        return "ran out of memory"
    return f"ran out of memory: each process may take {size_text(size)} (--memory)"


def says_memory(text: str) -> bool:
    """Whether a text is that of a library that got no more memory."""
    return any(words in text for words in _SAID)


def is_memory_error(error: BaseException | None) -> bool:
    """Whether an error, or what it was raised from, is that memory ran out."""
    seen = 0
    while error is not None and seen < 10:  # a codec may make a circle of them
        if isinstance(error, MemoryError) or says_memory(typed_line(error)):
            return True
        error, seen = error.__cause__, seen + 1
    return False


def unlimited() -> list[str]:
    """What is not enforced here, in words for the manifest."""
    found = []
    try:
        import resource  # noqa: F401
    except ImportError:  # Windows
        found.append("what a codec allocates is not limited")
    if not resident(os.getpid()):
        found.append("how much memory a codec holds is not watched")
    return found
