"""Names for files and folders: one text has one name, whoever asks."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmark.analysis.results import results_of
from benchmark.errors import OutputError, UsageError
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from benchmark.report.figures.curves import draw_all
from benchmark.run.several import each_dataset
from benchmark.run.study import resolve
from benchmark.system.files import append_file, files_below, make_folder, replace_file, replacing, slug
from benchmark.workflows.cross import Cross

NAMES = {
    "kodak": "kodak",
    "fashion-mnist:noisy": "fashion-mnist-noisy",
    "folder:/a/set_1 (b).v2": "folder-a-set_1-b-v2",
    "kodak (11 of 24)": "kodak-11-of-24",
    "folder:../Bücher/": "folder-Bücher",
    "folder:../con": "folder-con",
}
SPECS = list(NAMES)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    assert make_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    for place in ("file", "file/below"):
        with pytest.raises(UsageError, match=r"file.*: expected a folder, or a place where one can be made"):
            make_folder(tmp_path / place)
    assert (tmp_path / "file").is_file()


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path, victim = tmp_path / "a.txt", tmp_path / "victim"
    replace_file(path, "é\udce9\n")
    assert path.read_bytes() == "é\\udce9\n".encode()
    with pytest.raises(ZeroDivisionError), replacing(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]
    victim.write_bytes(b"mine")
    path.unlink()
    path.symlink_to(victim)
    replace_file(path, b"new", durable=True)
    assert (path.read_bytes(), path.is_symlink(), victim.read_bytes()) == (b"new", False, b"mine")


def test_a_text_is_added_to_a_file_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(OutputError, match=r"a\.txt: cannot be written: somebody has removed it"):
        append_file(path, "a")
    append_file(path, "a\n", make=True)
    append_file(path, "b\n", durable=True)
    assert path.read_bytes() == b"a\nb\n"


@pytest.mark.parametrize(("written", "left"), [(1, b"a\n"), (2, b"a\nb\n")])
def test_a_signal_leaves_a_text_that_is_added_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int, left: bytes
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\n")
    write = os.write

    def interrupted(place: int, data: memoryview) -> int:
        write(place, data[:written])
        raise KeyboardInterrupt

    monkeypatch.setattr("os.write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        append_file(path, "b\n")
    assert path.read_bytes() == left  # others may have read what was whole


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(OutputError, match=r"a\.txt: cannot be written"):
        append_file(tmp_path / "a.txt", "a")
    reader = os.open(tmp_path / "a.txt", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(OutputError, match=r"a\.txt: cannot be written: it is no file"):
            append_file(tmp_path / "a.txt", "a")
    finally:
        os.close(reader)


def test_a_folder_that_nobody_can_make_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(OutputError, match="the system lets nobody make one there"):
        make_folder(tmp_path / "proc")


@pytest.mark.parametrize(("text", "name"), list(NAMES.items()))
def test_a_name_has_letters_digits_and_dashes(text: str, name: str) -> None:
    assert slug(text) == name


def test_a_data_set_has_one_name_in_results_weights_and_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def draw(*words: Any) -> list[Path]:
        drawn.append(words[-1].parent.name)
        return []

    monkeypatch.setattr("benchmark.report.figures.curves.draw_rd_curves", draw)
    study, _ = resolve(codecs=["png"], name="s")
    folders = [Path(part.name).name for part in each_dataset(replace(study, name="s"), SPECS)]
    cross = Cross("s", "cvae", SPECS, SPECS, {}, ["psnr"], 1, "float32")
    weights = [cross.weights(spec).removeprefix("s-") for spec in SPECS]
    summary = pd.DataFrame(
        {
            "dataset": SPECS,
            "codec": "jpeg",
            "images": 1,
            **dict.fromkeys(("version", "weights", "knob", "target", "target_column", "target_over"), ""),
            "settings": "{}",
            "bpp_mean": 1.0,
            "psnr_rgb_mean": 30.0,
        }
    )
    draw_all(results_of([], [summary], all_metrics()), [find_metric(all_metrics(), "psnr")], tmp_path)
    assert folders == weights == [slug(spec) for spec in SPECS]
    assert drawn == folders


def test_all_files_below_a_folder_are_found_and_none_of_linked_folders(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    folder = tmp_path / "folder"
    for path in (elsewhere / "x", folder / "a" / "b" / "c.png", folder / "a.png", folder / ".hidden" / "d"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (folder / "to a folder").symlink_to(elsewhere)
    (folder / "to a file").symlink_to(elsewhere / "x")
    (folder / "to nothing").symlink_to(tmp_path / "none")
    (folder / "to itself").symlink_to(folder / "to itself")
    os.mkfifo(folder / "a pipe")
    expected = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert sorted(files_below(folder)) == sorted(expected) == [".hidden/d", "a.png", "a/b/c.png", "to a file"]
    with pytest.raises(FileNotFoundError):
        list(files_below(tmp_path / "none"))
