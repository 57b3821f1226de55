"""What ends processes: a guard between this process and each worker, and the end of all that a worker has started.

Linux alone gives what this takes: a process whose parent has ended goes to the nearest *subreaper* above it. A worker
is one, so that after a task it can end what the task has started, also what left its group or session. Its guard is
one, too. It ends the worker once the process that wanted it has ended, however that was, and ends whatever the worker
leaves.

The guard is this file, run by a Python of its own: it imports the standard library alone, and never a plug-in.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path

_PATIENCE = 10.0
"""Seconds after which processes that do not end, such as those of another user, are left alone."""

_SET_DEATH_SIGNAL, _SET_SUBREAPER, _GET_SUBREAPER = 1, 36, 37
"""Numbers of ``prctl``."""


def _is_available() -> bool:
    if sys.platform != "linux" or not Path("/proc/self/stat").exists():
        return False
    answer = ctypes.c_int()
    return bool(ctypes.CDLL(None).prctl(_GET_SUBREAPER, ctypes.byref(answer), 0, 0, 0) == 0)


AVAILABLE = _is_available()
"""Whether this system has what the guard takes."""


UNHEARD = (signal.SIGINT, signal.SIGHUP) if AVAILABLE else ()
"""Signals that reach the whole group: the process above the guard alone decides what they mean."""


def adopt_orphans() -> None:
    """Makes this process the parent of those below it whose own parent ends."""
    _prctl(_SET_SUBREAPER, 1)


def end_with_parent(parent: int) -> None:
    """Has this process killed as soon as its parent ends.

    Args:
        parent: the process id of the parent: where it has ended already, this process ends here.
    """
    _prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def end_children(patience: float = _PATIENCE, *, spared: Collection[int] = ()) -> None:
    """Kills all processes that this process has started or adopted, and those below them.

    Args:
        patience: seconds to wait for them at most.
        spared: process ids of those that go on.
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and (children := [pid for pid in _children() if pid not in spared]):
        for pid in children:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.001)


def _children() -> list[int]:
    """Process ids of the children of this process, of all its threads."""
    me = os.getpid()
    found: list[int] = []
    try:
        for thread in os.scandir("/proc/self/task"):
            found += map(int, Path(thread.path, "children").read_text(encoding="ascii").split())
    except OSError:  # a system that does not list them, or a thread that ended just now
        found = [pid for pid in map(_number, os.scandir("/proc")) if pid and _parent(pid) == me]
    return found


def _number(entry: os.DirEntry[str]) -> int:
    return int(entry.name) if entry.name.isdecimal() else 0


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        # The name of a program stands in brackets and may hold any characters.
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1])
    return 0


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def _guard(alive: int, told: int, passed: Sequence[int], command: list[str]) -> int:
    """Starts a worker and waits for its end.

    Args:
        alive: reads a pipe whose other end is closed as the process that wants the worker ends.
        told: gets the worker's process id.
        passed: what the worker reads and writes; it is closed here.
        command: the worker.

    Returns:
        The exit code of the worker; that of :mod:`subprocess`, negative for a signal.
    """
    adopt_orphans()
    for number in UNHEARD:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, UNHEARD)  # which blocks them as it starts this process
    me = os.getpid()
    worker = os.fork()
    if worker == 0:
        os.close(told)
        end_with_parent(me)
        os.setsid()  # a codec that ends its own group ends no other
        os.execv(command[0], command)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(worker, signal.SIGKILL))
    os.setsid()  # what ends the group of the worker does not end its guard
    for place in passed:
        if place != alive:
            os.close(place)
    with contextlib.suppress(BrokenPipeError):  # nobody wants the worker any more, and it is ended below
        os.write(told, str(worker).encode())
    os.close(told)
    _wait(worker, alive)
    _, status = os.waitpid(worker, 0)
    end_children()
    return os.waitstatus_to_exitcode(status)


def _wait(worker: int, alive: int) -> None:
    """Waits for the end of a worker, and kills it once nobody wants it any more."""
    watched = select.poll()
    watched.register(alive, 0)  # tells the end of the pipe alone, not what lies in it
    pause = 50
    with contextlib.suppress(AttributeError, OSError):  # older kernels
        watched.register(os.pidfd_open(worker), select.POLLIN)
        pause = 1000  # a signal that came just before the wait began is heard after it
    while os.waitid(os.P_PID, worker, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if alive in dict(watched.poll(pause)):
            os.kill(worker, signal.SIGKILL)
            watched.unregister(alive)


def _end_like(code: int) -> None:
    """Ends this process as another one has ended."""
    if code < 0:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(OSError):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code if code >= 0 else 1)


if __name__ == "__main__":
    _alive, _told, *_passed = map(int, sys.argv[1].split(","))
    _end_like(_guard(_alive, _told, [_alive, *_passed], sys.argv[2:]))
