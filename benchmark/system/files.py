"""Files: how all of them are written, and how they are named.

A file is written whole or not at all, beside its place under a random name, or it is added to. No link is followed that
somebody put where a file is made.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from benchmark.errors import OutputError
from benchmark.system.flock import lock_open_file
from benchmark.system.names import is_reserved, shortened_name

TEMPORARY = ".rdbench-*.tmp"
"""Pattern of the names of files that are being written, see :func:`beside`."""

_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def make_folder(path: Path) -> Path:
    """Makes a folder, with those above it, unless it is there.

    Raises:
        OutputError: it cannot be made: a file has its name, or nothing may be written there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "a file has this name" if _is_file(path) else _reason(path, error)
        if isinstance(error, FileNotFoundError):  # its parents were made, and yet: such as in /proc
            reason = "the system lets nobody make one there"
        raise OutputError(f"{path}: expected a folder, or a place where one can be made: {reason}") from error
    return path


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Says which file cannot be written, where the system refuses something inside.

    Raises:
        OutputError: the disk is full, the folder is read-only or missing, or nothing may be written there.
    """
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {_reason(path, error)}") from error


def _reason(path: Path, error: OSError) -> str:
    """Why a file cannot be written, and what to do."""
    if isinstance(error, FileNotFoundError):
        if os.path.isdir(path.parent):  # noqa: PTH112  # as below
            return "somebody has removed it meanwhile"
        return f"there is no folder {path.parent}; make it first"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{error.strerror}; make room, and give the same command again"
    if error.errno == errno.ELOOP:
        return "it is a link, and links are not written through; remove it"
    if isinstance(error, NotADirectoryError):
        file = next((above for above in path.parents if _is_file(above)), path.parent)
        return f"{file} is a file, no folder"
    return error.strerror or str(error)


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113  # Path.is_file may raise PermissionError


def beside(path: Path) -> Path:
    """A name beside a file that nobody can have foreseen, for what is to take its place."""
    return path.with_name(TEMPORARY.replace("*", secrets.token_hex(8)))


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file, open to be written, that takes the place of another once it is whole.

    Until then it lies beside it under a random name; an error inside removes it, and what was there before stays. A
    process that is killed leaves it, see :func:`benchmark.system.leftovers.remove_leftovers`.

    Raises:
        OutputError: it cannot be written.
    """
    with writing(path):
        temporary, place, locked = _made_beside(path)
        with os.fdopen(place, "w+b") as file, contextlib.ExitStack() as held:
            try:
                if locked:
                    held.callback(os.close, os.dup(place))  # it stays locked until it has its name
                yield file
                file.close()
                temporary.replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    temporary.unlink()
                raise


def _made_beside(path: Path) -> tuple[Path, int, bool]:
    """A new file beside another, open to be written: its path, its descriptor, and whether it is locked."""
    while True:
        temporary = beside(path)
        place = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666)
        locked = lock_open_file(place)
        if locked is not False and os.fstat(place).st_nlink:
            return temporary, place, locked is True
        os.close(place)  # somebody took it for a leftover before it was locked, and removes it


def replace_file(path: Path, content: str | bytes, *, durable: bool = False) -> None:
    """Writes a file whole or not at all. What UTF-8 cannot hold is escaped with a backslash, as JSON has it.

    Args:
        path: the path of the file.
        content: all of it; a text is written as it stands.
        durable: whether it lies on the disk, not in the memory of the system, before it takes the place of another.

    Raises:
        OutputError: it cannot be written.
    """
    with replacing(path) as file:
        file.write(content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content)
        if durable:
            file.flush()
            os.fsync(file.fileno())


def remove_file(path: Path) -> None:
    """Removes a file, unless it is gone.

    Raises:
        OutputError: the system refuses it.
    """
    with writing(path):
        path.unlink(missing_ok=True)


def reserve(path: Path) -> None:
    """Gives a file all its room on the disk, so that no later write to its memory map finds the disk full.

    Raises:
        OSError: there is not as much room.
    """
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size)


def append_file(path: Path, content: str, *, make: bool = False, durable: bool = False) -> None:
    """Adds a text to the end of a file, all or nothing, and hands it to the operating system.

    Args:
        path: the path of the file.
        content: the text. What UTF-8 cannot hold is escaped with a backslash.
        make: whether a missing file is made.
        durable: whether it lies on the disk when this returns, not in the memory of the system.

    Raises:
        OutputError: it cannot be written; the file is as long as before.
    """
    data = memoryview(content.encode("utf-8", "backslashreplace"))
    size = len(data)
    with writing(path):
        # A pipe that somebody has put there is not waited for.
        flags = os.O_WRONLY | os.O_APPEND | (os.O_CREAT if make else 0) | getattr(os, "O_NONBLOCK", 0) | _NO_LINK
        place = os.open(path, flags, 0o666)
        try:
            if not stat.S_ISREG(os.fstat(place).st_mode):
                raise OutputError(f"{path}: cannot be written: it is no file")
            before = os.fstat(place).st_size
            try:
                while data:
                    data = data[os.write(place, data) :]
                if durable:
                    os.fsync(place)
            except BaseException as error:
                # A signal may come when all is written, and others may have read it.
                if isinstance(error, OSError) or os.fstat(place).st_size < before + size:
                    os.ftruncate(place, before)
                raise
        finally:
            os.close(place)


def slug(text: str) -> str:
    """A text as the name of a file or folder: of its letters, digits, ``_`` and ``-``, with ``-`` for all else.

    Of a long text it is the beginning with a digest, of one without such characters a digest. The same text gives the
    same name everywhere: ``fashion-mnist:noisy`` is ``fashion-mnist-noisy``.
    """
    name = shortened_name(re.sub(r"[^\w-]+", "-", text).strip("-"))
    if not name:
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name}_" if is_reserved(name) else name


def files_below(folder: str | Path, before: str = "") -> Iterator[str]:
    """All files below a folder, by their path from there, in no order; those of folders that are linked are left out.

    What may not be read is passed over. To make a path of each file, as ``rglob`` does, takes ten times as long.

    Args:
        folder: the folder.
        before: what stands before each name.
    """
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except PermissionError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from files_below(entry.path, f"{before}{entry.name}/")
        elif Path(entry.path).is_file() if entry.is_symlink() else entry.is_file():
            yield before + entry.name
