"""Locks of folders: who holds one is told, and one that nobody holds any more is taken over."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark.errors import OutputError, UsageError
from benchmark.system import lock
from benchmark.system.lock import NAME, folder_lock, shares_locks


def left_behind(folder: Path, *, host: str = "", pid: int = 0) -> Path:
    """The lock file of a process that was killed: this host, and a process that has ended, where nothing is said."""
    if not pid:
        with subprocess.Popen([sys.executable, "-S", "-c", ""]) as process:
            pid = process.pid
    holder = {
        "host": host or socket.gethostname(),
        "pid": pid,
        "since": "2026-01-01T00:00:00",
        "command": "rdbench run",
    }
    (folder / NAME).write_text(json.dumps(holder), encoding="utf-8")
    return folder / NAME


def test_a_lock_says_who_holds_it_and_is_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["/usr/bin/rdbench", "run", "--out", "a b"])
    with folder_lock(tmp_path) as note:
        assert note == ""
        with pytest.raises(UsageError) as refused, folder_lock(tmp_path):
            pass
        assert json.loads((tmp_path / NAME).read_text(encoding="utf-8"))["pid"] == os.getpid()
    told = str(refused.value)
    assert told.startswith(f"{tmp_path}: another process works in this folder (process {os.getpid()} on ")
    assert f"{socket.gethostname()}, since 2" in told
    assert told.endswith("rdbench run --out 'a b'); wait until it has ended, or name another folder")
    assert list(tmp_path.iterdir()) == []
    with folder_lock(tmp_path) as note:
        assert note == ""


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"host": "a", "pid": "b"}'])
def test_a_lock_file_that_says_nothing_is_taken_over(tmp_path: Path, content: str) -> None:
    (tmp_path / NAME).write_text(content, encoding="utf-8")
    with folder_lock(tmp_path) as note:
        assert note == ""


@pytest.mark.parametrize("host", ["", "elsewhere"])
def test_a_lock_of_a_process_that_was_killed_is_taken_over(tmp_path: Path, host: str) -> None:
    """The kernel let go of it, also on another machine, where locks are shared."""
    left_behind(tmp_path, host=host)
    with folder_lock(tmp_path) as note:
        assert note.startswith("took over the lock of a process that has ended (process ")
        assert host in note


def test_a_lock_of_another_machine_is_believed_where_locks_are_not_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "shares_locks", lambda _: False)
    path = left_behind(tmp_path, host="elsewhere")
    with pytest.raises(UsageError, match=f"on elsewhere, .*; if it has ended, remove {path}"), folder_lock(tmp_path):
        pass
    left_behind(tmp_path)
    with folder_lock(tmp_path) as note:
        assert note.startswith("took over")


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_told_and_the_lock_file_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with folder_lock(tmp_path) as note:
        assert note.startswith("this file system has no locks")
        with pytest.raises(UsageError, match="if it has ended, remove"), folder_lock(tmp_path):
            pass
    left_behind(tmp_path)
    with folder_lock(tmp_path) as note:
        assert note.startswith("took over the lock of a process that has ended")
    left_behind(tmp_path, pid=os.getppid())
    with pytest.raises(UsageError, match=f"process {os.getppid()} on "), folder_lock(tmp_path):
        pass


def test_a_lock_file_that_was_removed_before_it_was_locked_locks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the opening of a lock file and its locking, its holder may end and remove it."""
    flock, calls = fcntl.flock, 0

    def late(place: int, how: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            (tmp_path / NAME).unlink()
        flock(place, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with folder_lock(tmp_path):
        assert calls == 2
        assert (tmp_path / NAME).exists()


def test_a_link_in_place_of_a_lock_file_is_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    (tmp_path / NAME).symlink_to(victim)
    with pytest.raises(OutputError, match="it is a link"), folder_lock(tmp_path):
        pass
    assert victim.read_text(encoding="utf-8") == "mine"


MOUNTS = """\
22 27 0:21 / / rw,relatime - ext4 /dev/sda1 rw
31 22 0:30 / /nfs rw,relatime shared:1 - nfs4 host:/a rw,vers=4.2,local_lock=none
32 22 0:31 / /old rw,relatime - nfs host:/b rw,nolock,local_lock=all
33 22 0:32 / /a\\040b rw,relatime - fuse.sshfs host: rw
34 22 0:33 / /lustre rw,localflock - lustre host:/c rw
"""


@pytest.mark.skipif(sys.platform != "linux", reason="mounts are read on Linux")
@pytest.mark.parametrize(
    ("folder", "shared"),
    [("/x", True), ("/nfs/x", True), ("/nfsx", True), ("/old", False), ("/a b/c", False), ("/lustre/x", False)],
)
def test_mounts_tell_whether_locks_are_shared(monkeypatch: pytest.MonkeyPatch, folder: str, shared: bool) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: MOUNTS)
    assert shares_locks(Path(folder)) is shared
