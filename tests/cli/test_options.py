"""What commands share: names, pairs, data sets by a directory, files."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from PIL import Image

from benchmark.cli.options import names_of, pair, read, training_set, typed_command, write
from benchmark.errors import UsageError
from tests.conftest import photo


def test_lists_are_cut_at_commas() -> None:
    assert names_of(None) is None
    assert names_of("jpeg, webp,,") == ["jpeg", "webp"]
    for text in ("", " ", ",", " , "):
        with pytest.raises(UsageError, match="expected names with commas between them, got "):
            names_of(text)


def test_pairs_are_cut_at_the_first_sign() -> None:
    assert pair("--set", "a=b=c") == ("a", "b=c")
    assert pair("--set", "a=")[1] == ""
    for text in ("a", "=b"):
        with pytest.raises(click.UsageError, match=f"--set {text}: expected KEY=VALUE"):
            pair("--set", text)


def test_a_directory_of_images_is_a_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "photos").mkdir()
    Image.fromarray(photo(8, 8)).save(tmp_path / "photos" / "a.png")
    monkeypatch.chdir(tmp_path)
    spec, dataset = training_set("photos", None)
    assert (spec, dataset.count()) == ("folder:photos", 1)
    (tmp_path / "sample").mkdir()
    assert training_set("sample", None)[0] == "sample", "a name that is known goes first"
    with pytest.raises(UsageError, match="unknown data set 'nowhere'"):
        training_set("nowhere", None)


def test_files_are_read_and_written_or_named(tmp_path: Path) -> None:
    write(tmp_path / "a", b"content")
    assert read(tmp_path / "a") == b"content"
    with pytest.raises(UsageError, match="none: cannot be read: No such file"):
        read(tmp_path / "none")
    with pytest.raises(UsageError, match=r"b: cannot be written: there is no folder .*none; make it first"):
        write(tmp_path / "none" / "b", b"")


def test_a_command_can_be_typed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["anything", "run", "--dataset", "folder:my photos"])
    assert typed_command() == "python -m benchmark run --dataset 'folder:my photos'"
