"""Environments that are made for a codec."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmark.backends.foreign.environment import environment_python, is_made, make_environment
from benchmark.backends.foreign.link import end_links
from benchmark.errors import MissingBackend, ProgramError
from benchmark.plugins import codec_class
from tests.backends.foreign.examples import declare
from tests.conftest import Run

STAND_IN = """#!{python}
import os, pathlib, sys

if sys.argv[1:3] == ["-m", "venv"]:
    folder = pathlib.Path(sys.argv[3])
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").write_text(pathlib.Path(__file__).read_text())
    (folder / "bin" / "python").chmod(0o755)
elif sys.argv[1:4] == ["-m", "pip", "install"]:
    with open(os.environ["PIPS"], "a") as file:
        file.write(" ".join(sys.argv[5:]) + "\\n")
    sys.exit("no such package" if "missing" in sys.argv else 0)
else:
    os.execv({python!r}, sys.argv)
"""
"""An interpreter that installs nothing, but says what it was to install."""


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Iterator[None]:
    yield
    end_links()


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("benchmark.backends.foreign.environment.cache_dir", lambda: tmp_path / "cache")
    monkeypatch.setenv("PIPS", str(tmp_path / "pips"))
    path = tmp_path / "stand-in"
    path.write_text(STAND_IN.replace("{python}", sys.executable).replace("{python!r}", repr(sys.executable)))
    path.chmod(0o755)
    return path


def test_it_is_made_once_for_the_same_requirements(tmp_path: Path, base: Path) -> None:
    python = make_environment(["b>1", "a==2"], str(base))
    assert is_made(python)
    assert make_environment(["a==2", "b>1"], str(base)) == python
    assert (tmp_path / "pips").read_text() == "b>1 a==2\n"
    assert environment_python(["a==2"], str(base)) != python
    assert environment_python(["a==2", "b>1"], "") != python


def test_what_could_not_be_installed_leaves_nothing(tmp_path: Path, base: Path) -> None:
    with pytest.raises(ProgramError, match=r"-m pip install ended with exit code 1; .*: no such package"):
        make_environment(["missing"], str(base))
    python = environment_python(["missing"], str(base))
    assert not is_made(python)
    assert not python.parents[1].exists()


def test_a_codec_says_how_its_environment_is_made(tmp_path: Path, base: Path, rdbench: Run) -> None:
    path = declare(tmp_path, {"python": "./stand-in", "requirements": ["numpy>=1.20"]})
    with pytest.raises(MissingBackend, match=r"\(numpy>=1.20\) is not made yet; .*new environment .*steps.toml"):
        codec_class(str(path)).version()
    done = rdbench("new", "environment", str(path))
    assert "is the interpreter of steps: CPython" in done.stdout
    assert codec_class(str(path)).version().startswith("CPython")
    declare(tmp_path)
    refused = rdbench("new", "environment", str(path), check=False)
    assert refused.returncode == 2
    assert "expected a TOML file of a codec with requirements" in refused.stderr
