"""Half-written files: those of killed processes are removed, all others stay."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmark.system.files import beside, replacing
from benchmark.system.leftovers import HISTORY, LIST, leave_alone, remove_leftovers
from tests.conftest import Run, photo

KILLED = """
import os, pathlib, sys
from benchmark.system.files import replacing
with replacing(pathlib.Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), 9)
"""


def leave(path: Path) -> None:
    """Has a process killed while it writes a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert subprocess.run([sys.executable, "-c", KILLED, path], check=False).returncode == -9


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def test_what_a_killed_process_left_is_removed_and_what_is_written_stays(tmp_path: Path) -> None:
    for name in ("records.csv", "kodak/rd.svg", "streams/00/0011"):
        leave(tmp_path / name)
    (tmp_path / "streams" / "11").mkdir()
    (tmp_path / ".rdbench-mine.txt").write_text("mine")
    assert len(names(tmp_path)) == 4
    with replacing(tmp_path / "streams" / "11" / "1122") as file:
        file.write(b"whole")
        remove_leftovers(tmp_path)
    assert names(tmp_path) == [".rdbench-mine.txt", "streams/11/1122"]
    assert (tmp_path / "streams" / "11" / "1122").read_bytes() == b"whole"


def test_links_and_folders_of_such_names_stay(tmp_path: Path) -> None:
    victim = tmp_path / "elsewhere" / "deep" / "victim"
    victim.parent.mkdir(parents=True)
    victim.write_text("mine")
    beside(tmp_path / "a").symlink_to(victim)
    beside(tmp_path / "a").mkdir()
    os.mkfifo(beside(tmp_path / "a"))
    before = sorted(tmp_path.rglob("*"))
    remove_leftovers(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
    assert victim.read_text() == "mine"


def test_where_nobody_can_tell_all_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(tmp_path / "a")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", refuse)
        remove_leftovers(tmp_path)
        assert len(names(tmp_path)) == 1
        with replacing(tmp_path / "b") as file:
            file.write(b"whole")
    assert (tmp_path / "b").read_bytes() == b"whole"
    remove_leftovers(tmp_path)
    assert names(tmp_path) == ["b"]


def test_a_file_taken_for_a_leftover_as_it_is_made_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the making of a file and its locking, another process may remove it."""
    flock, calls = fcntl.flock, 0

    def late(place: int, how: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            remove_leftovers(tmp_path)
        flock(place, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with replacing(tmp_path / "a") as file:
        file.write(b"whole")
    assert calls == 3
    assert names(tmp_path) == ["a"]


@pytest.mark.usefixtures("serial", "undrawn")
def test_runs_and_reports_remove_what_earlier_ones_left(
    rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmark.workflows.report.drawings", lambda *_, **__: [])
    (tmp_path / "set").mkdir()
    Image.fromarray(np.ascontiguousarray(photo(16, 16))).save(tmp_path / "set" / "a.png")
    for name in ("out/records.csv", "out/streams/00/00", "page/index.html"):
        leave(tmp_path / name)
    words = ("--codecs", "jpeg", "--dataset", "folder:set", "--metrics", "psnr", "--out", "out", "--keep", "streams")
    rdbench("run", *words)
    rdbench("report", "out", "--out", "page", "--pictures", "0", "--jobs", "1")
    assert not [name for name in names(tmp_path) if name.endswith(".tmp")]


def test_files_of_an_earlier_report_are_gone_and_those_of_the_user_stay(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    (folder / "assets").mkdir(parents=True)
    old = [folder / "bars.png", folder / "assets" / "a.webp", folder / "index.html"]
    for path in (*old, folder / "rd_of_mine.svg", tmp_path / "outside.txt"):
        path.write_text("x")
    leave_alone(folder, old)
    leave_alone(folder, [folder / "index.html"])
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert found == ["index.html", "rd_of_mine.svg", LIST]
    leave_alone(folder, [folder / "rd_of_mine.svg"], HISTORY)  # another kind's files are left to it
    leave_alone(folder, [], HISTORY)
    assert (folder / "index.html").exists() and not (folder / "rd_of_mine.svg").exists()
    for names in (["../outside.txt", str(tmp_path / "outside.txt")], 5, [5]):
        (folder / LIST).write_text(json.dumps({"files": names}))
        leave_alone(folder, [folder / "index.html"])
        assert (tmp_path / "outside.txt").exists()
