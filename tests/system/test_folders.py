"""Folders that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.errors import OutputError, UsageError
from benchmark.system.folders import whole_folder


def test_a_folder_takes_the_place_of_another_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "set"
    left = tmp_path / ".set.partial"
    (left / "below").mkdir(parents=True)
    (left / "stale").write_bytes(b"of a process that was killed")
    path.mkdir()
    (path / "old").write_bytes(b"")
    with whole_folder(path) as folder:
        assert [entry.name for entry in folder.iterdir()] == [".rdbench.lock"]
        (folder / "new").write_bytes(b"")
        with pytest.raises(UsageError, match="another process works in this folder"), whole_folder(path):
            pass
        assert [entry.name for entry in path.iterdir()] == ["old"]
    assert [entry.name for entry in path.iterdir()] == ["new"]
    with pytest.raises(ZeroDivisionError), whole_folder(path) as folder:
        (folder / "half").write_bytes(b"")
        raise ZeroDivisionError
    assert [entry.name for entry in path.iterdir()] == ["new"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["set"]


def test_a_link_is_not_filled_and_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_bytes(b"")
    (tmp_path / ".set.partial").symlink_to(tmp_path / "mine")
    with pytest.raises(OutputError, match="it is a link"), whole_folder(tmp_path / "set"):
        pass
    assert (tmp_path / "mine" / "file").exists()
