"""Runs external programs: no shell, a limit on time and memory, a private folder, and nothing left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmark.errors import MissingBackend, ProgramError
from benchmark.system.endings import signal_name
from benchmark.system.environment import thread_environment

TIMEOUT = 300.0
"""Seconds that a program may take, where nothing else is said."""
MEMORY = 4096
"""MiB of address space that each process of a program may take, where nothing else is said."""

_LAST_LINES = 5


def find_program(program: str, *, install: str = "") -> str:
    """Path of a program: one found on ``PATH``, or a path to an executable file as it is.

    Args:
        program: name or path.
        install: how to get it, for the message.

    Raises:
        MissingBackend: there is no such program.
    """
    found = shutil.which(program)
    if found is None:
        where = "is not an executable file" if Path(program).name != program else "is not on PATH"
        raise MissingBackend(f"program {program!r} {where}{f': {install}' if install else '; install it first'}")
    return found


@contextmanager
def private_folder() -> Iterator[Path]:
    """A temporary folder for the files of a program, removed on every way out: an error, Ctrl-C and SIGTERM, too."""
    with _unwound_by_sigterm(), tempfile.TemporaryDirectory(prefix="rdbench-") as folder:
        yield Path(folder)


def run_program(
    arguments: Sequence[str | Path],
    *,
    folder: Path,
    stdin: bytes = b"",
    timeout: float = TIMEOUT,
    memory: int = MEMORY,
    check: bool = True,
) -> tuple[bytes, str]:
    """Runs a program to its end, held to one thread, and returns what it wrote to stdout and stderr.

    The arguments reach it as they are. Its whole process group is killed when it takes too long, when this process is
    told to stop, and at its own end, so that nothing goes on behind it.

    Args:
        arguments: the program, by name or absolute path, and its arguments.
        folder: where it runs and puts its temporary files, from :func:`private_folder`.
        stdin: what it may read.
        timeout: seconds.
        memory: MiB of address space; where the system can limit that of another process (Linux).
        check: whether an ending with another status than 0 is an error.

    Raises:
        MissingBackend: there is no such program.
        ProgramError: it took too long or ended with another status than 0; the last lines of its stderr are told.
    """
    program = find_program(str(arguments[0]))
    name = Path(program).name
    process = subprocess.Popen(
        [program, *map(str, arguments[1:])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env={**os.environ, **thread_environment(1), "TMPDIR": str(folder)},
        start_new_session=True,
    )
    try:
        _limit_memory(process.pid, memory)
        output, errors = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise ProgramError(f"{name} took longer than {timeout:g} s and was stopped") from None
    finally:
        _end(process)
    text = errors.decode("utf-8", "replace")
    if check and process.returncode:
        lines = " | ".join([line.strip() for line in text.splitlines() if line.strip()][-_LAST_LINES:])
        raise ProgramError(f"{name} {_ending(process.returncode)}: {lines or 'it wrote nothing to stderr'}")
    return output, text


def _limit_memory(pid: int, mebibytes: int) -> None:
    """Limits a running process from outside: code between fork and exec is not safe beside threads."""
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(ProcessLookupError):  # it has ended already
            resource.prlimit(pid, resource.RLIMIT_AS, (mebibytes << 20, mebibytes << 20))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kills a process and all of its group, and leaves no zombie and no open pipe."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody of the group is left
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _ending(status: int) -> str:
    if status > 0:
        return f"ended with status {status}"
    return f"was ended by {signal_name(-status)}"


class _Terminated(BaseException):
    """SIGTERM came: everything is unwound."""


@contextmanager
def _unwound_by_sigterm() -> Iterator[None]:
    """Lets SIGTERM, by which the engine stops a worker, unwind what is inside before it does what it did before."""
    before = signal.getsignal(signal.SIGTERM)
    main = threading.current_thread() is threading.main_thread()  # no other may set handlers
    if not main or before is None or before is signal.SIG_IGN:
        yield
        return

    def unwind(number: int, frame: object) -> None:
        raise _Terminated

    signal.signal(signal.SIGTERM, unwind)
    try:
        yield
    except _Terminated:
        signal.signal(signal.SIGTERM, before)
        signal.raise_signal(signal.SIGTERM)
        raise ProgramError("stopped by SIGTERM") from None  # the handler before us has let us live
    finally:
        signal.signal(signal.SIGTERM, before)
