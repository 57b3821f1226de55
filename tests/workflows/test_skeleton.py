"""Skeletons of codecs: what is written runs as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.plugins import codec_class
from benchmark.workflows.skeleton import write_codec
from tests.conftest import ROOT
from tests.needs import installed


@pytest.mark.slow
@pytest.mark.parametrize("torch", [False, True], ids=["numpy", "torch"])
def test_a_skeleton_passes_its_own_test(tmp_path: Path, torch: bool) -> None:
    if torch and not installed("torch"):
        pytest.skip("torch is not installed: extra torch")
    paths = write_codec("my-codec", tmp_path / "new", torch=torch, python="")
    assert [path.name for path in paths] == ["my-codec.toml", "my_codec.py", "test_my_codec.py"]
    assert "3 passed" in said_of(paths[-1])


def said_of(path: Path) -> str:
    """What pytest says of the test of a skeleton."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)],
        cwd=path.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.slow
def test_a_codec_of_colour_alone_passes_the_test_too(tmp_path: Path) -> None:
    declaration, _, test = write_codec("my-codec", tmp_path, torch=False, python="")
    text = declaration.read_text(encoding="utf-8").replace("channels = [1, 3]", "channels = [3]")
    declaration.write_text(text, encoding="utf-8")
    assert "2 passed, 1 skipped" in said_of(test)


def test_the_interpreter_is_that_of_the_option_or_ours(tmp_path: Path) -> None:
    write_codec("first", tmp_path, torch=False, python="")
    write_codec("second", tmp_path, torch=True, python="venv/bin/python")
    assert f'python = "{sys.executable}"' in (tmp_path / "first.toml").read_text(encoding="utf-8")
    assert 'python = "venv/bin/python"' in (tmp_path / "second.toml").read_text(encoding="utf-8")
    for name in ("first", "second"):
        codec = codec_class(str(tmp_path / f"{name}.toml"))
        assert (codec.name, codec.grid) == (name, {"step": (8, 16, 32, 64)})


@pytest.mark.parametrize("name", ["Two", "a_b", "../x", "1st", "json", "class", "torch", ""])
def test_names_that_no_skeleton_has(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="expected small letters, digits and '-', a letter first"):
        write_codec(name, tmp_path, torch=False, python="")
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_over(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'jpeg' is that of another codec"):
        write_codec("jpeg", tmp_path, torch=False, python="")
    (tmp_path / "test_mine.py").write_text("mine")
    with pytest.raises(UsageError, match=r"test_mine\.py: is there already; take another name"):
        write_codec("mine", tmp_path, torch=False, python="")
    assert [path.name for path in tmp_path.iterdir()] == ["test_mine.py"]
