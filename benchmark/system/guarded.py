"""Processes of ``multiprocessing`` that end with the one that started them, and leave nothing behind."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing import context, popen_spawn_posix, reduction, resource_tracker, spawn, util
from multiprocessing.process import BaseProcess
from typing import Any

from benchmark.system import guard

UNGUARDED = () if guard.AVAILABLE else ("processes that a codec has started may go on after its task",)
"""What this system lacks, in words for the manifest."""

SPARED: set[int] = set()
"""Process ids of what a worker has started for itself, and not its tasks: they go on after a task."""

_PATIENCE = 3.0
"""Seconds that processes have to end by themselves once they are told to."""


def worker_context() -> Any:
    """A context of :mod:`multiprocessing` whose processes have a guard, on Linux; elsewhere those of Python."""
    if not guard.AVAILABLE:
        return multiprocessing.get_context("spawn")
    _start_tracker()
    return _Context()


def begin_worker() -> None:
    """What a worker does first."""
    if guard.AVAILABLE:
        guard.adopt_orphans()


def end_task() -> None:
    """What a worker does after each task: it ends all processes that the task has left."""
    if guard.AVAILABLE:
        guard.end_children(spared=SPARED)


def end_copies(owner: int) -> None:
    """Ends this process if it is a copy: code that forks, and returns twice, comes back in one that nobody asked.

    Whoever answers for such code calls it before an answer, so that no two processes give one.

    Args:
        owner: the process id of the process that was asked.
    """
    if os.getpid() != owner:
        os._exit(1)


def guarded_command(command: Sequence[str], passed: Sequence[int] = ()) -> tuple[list[str], list[int], list[int]]:
    """A command with a guard before it, which ends the command's process and all below it.

    Args:
        command: a program and its arguments.
        passed: what of this process's open files the program gets.

    Returns:
        The command; what of the open files it gets, all to be closed here once it is started; and what is held here:
        once it is closed, the guard ends all. Nothing is held where the system has no guards.
    """
    if not guard.AVAILABLE:
        return [*command], [*passed], []
    alive, ours = os.pipe()
    number, told = os.pipe()
    theirs = [alive, told, *passed]
    places = ",".join(map(str, theirs))
    return [sys.executable, "-I", "-S", str(guard.__file__), places, *command], theirs, [ours, number]


def end_processes(processes: Sequence[BaseProcess]) -> None:
    """Ends processes, all at once: by SIGTERM, and after a while by SIGKILL."""
    deadline = time.monotonic() + _PATIENCE
    with contextlib.suppress(OSError, ValueError):
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(max(0.0, deadline - time.monotonic()))
            process.kill()


class _Popen(popen_spawn_posix.Popen):
    """Starts the guard in place of the process, which the guard then starts.

    ``pid`` is that of the process, so that it can be told to end. What is waited for is the guard: it ends as the
    process has ended, once nothing of it is left.
    """

    _guard: int

    def _launch(self, process_obj: Any) -> None:  # as in the standard library, but for the guard
        tracker = resource_tracker.getfd()
        self._fds: list[int]
        content = io.BytesIO()
        context.set_spawning_popen(self)
        try:
            reduction.dump(spawn.get_preparation_data(process_obj._name), content)
            reduction.dump(process_obj, content)
        finally:
            context.set_spawning_popen(None)
        pipes = [*os.pipe(), *os.pipe(), *os.pipe()]
        self.sentinel, child_w, child_r, parent_w, pid_r, pid_w = pipes
        kept = [self.sentinel, parent_w]
        try:
            command = spawn.get_command_line(tracker_fd=tracker, pipe_handle=child_r)
            self._fds += [tracker, child_r, child_w]
            passed = ",".join(map(str, [child_r, pid_w, *self._fds]))
            with _without_signals(guard.UNHEARD):  # until it can ignore them
                self._guard = util.spawnv_passfds(
                    os.fsencode(sys.executable),
                    [sys.executable, "-I", "-S", guard.__file__, passed, *command],
                    [*self._fds, pid_w],
                )
            os.close(pid_w)
            pipes.remove(pid_w)
            told = os.read(pid_r, 32)
            if not told:
                raise OSError("a worker process could not be started")
            self.pid = int(told)
            with open(parent_w, "wb", closefd=False) as file:
                file.write(content.getbuffer())
        except BaseException:
            kept = []
            raise
        finally:
            self.finalizer = util.Finalize(self, util.close_fds, kept)  # type: ignore[attr-defined]
            for place in pipes:
                if place not in kept:
                    os.close(place)

    def _send_signal(self, sig: int) -> None:
        if self.returncode is None:
            # A codec may have stopped the guard: it has to go on, to see the end of the process.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._guard, signal.SIGCONT)
        super()._send_signal(sig)  # type: ignore[misc]  # of the standard library's own base class

    def poll(self, flag: int = os.WNOHANG) -> int | None:
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self._guard, flag)
            except ChildProcessError:
                return None
            if pid == self._guard:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def _start_tracker() -> None:
    """Starts the process of the standard library that keeps the books of semaphores.

    It hears of no SIGHUP, as it hears of no SIGINT: it would die with a terminal before the semaphores are given back.
    """
    with _without_signals({signal.SIGHUP}):
        resource_tracker.ensure_running()


@contextlib.contextmanager
def _without_signals(numbers: Iterable[signal.Signals]) -> Iterator[None]:
    """Blocks signals in this thread, and in the processes that it starts: what is blocked stays so there."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Process(context.SpawnProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802  # its name in the standard library
        return _Popen(process_obj)


class _Context(context.SpawnContext):
    Process = _Process
