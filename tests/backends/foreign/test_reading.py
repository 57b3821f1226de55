"""TOML files of codecs of another environment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from benchmark.backends.foreign.estimate import EstimatingCodec
from benchmark.errors import UsageError
from benchmark.plugins import codec_class
from tests.backends.foreign.examples import declare


def test_what_a_file_says_reaches_the_class(tmp_path: Path) -> None:
    changes = {"channels": [3], "timeout": 7, "memory": 99, "pixels": "torch", "checkpoint": "{step}.pth"}
    cls: Any = codec_class(str(declare(tmp_path, changes)))
    about = cls.about
    assert (cls.name, cls.channels, cls.grid, cls.estimates) == ("steps", (3,), {"step": (4, 16)}, False)
    assert (about.python, about.place, about.cls) == (sys.executable, str(tmp_path / "steps_model.py"), "Steps")
    assert (about.timeout, about.memory, about.pixels, about.checkpoint) == (7, 99, "torch", "{step}.pth")
    assert about.needs == ("encode", "decode")


def test_an_interpreter_is_found_from_the_file_and_its_link_is_kept(tmp_path: Path) -> None:
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "python").symlink_to(sys.executable)
    cls: Any = codec_class(str(declare(tmp_path, {"python": "venv/python"})))
    assert cls.about.python == str(tmp_path / "venv" / "python")
    other: Any = codec_class(str(declare(tmp_path, {"python": "python3"})))
    assert other.about.python == "python3", "one on PATH"


@pytest.mark.parametrize("name", ["steps", "steps-estimate"])
def test_an_estimate_says_so_in_its_name(tmp_path: Path, name: str) -> None:
    cls: Any = codec_class(str(declare(tmp_path, {"rate": "estimate", "name": name})))
    assert issubclass(cls, EstimatingCodec)
    assert (cls.name, cls.about.name, cls.about.needs) == ("steps-estimate", "steps-estimate", ("estimate_bits",))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"python": None}, "key 'python' is missing, and so is 'requirements'"),
        ({"requirements": []}, "requirements: expected packages, got none"),
        ({"requirements": ["-r other.txt"]}, "requirements: expected packages with versions, .*got '-r other.txt'"),
        ({"requirements": ["a @ https://x"]}, "requirements: expected packages with versions"),
        ({"requirements": ["https://x/a.whl"]}, "requirements: expected packages with versions"),
        ({"requirements": [1]}, "requirements: expected packages with versions, .*got 1"),
        ({"channels": [[3]]}, r"channels: expected \[3\], \[1\] or \[1, 3\], got \[\[3\]\]"),
        ({"encode": ["x"]}, "unknown key 'encode'"),
        ({"codec": "steps_model.py"}, "codec: expected FILE.py:CLASS or MODULE:CLASS, got 'steps_model.py'"),
        ({"pixels": "jax"}, "pixels: expected numpy or torch, got 'jax'"),
        ({"rate": "free"}, "rate: expected bytes or estimate, got 'free'"),
        ({"channels": [4]}, r"channels: expected \[3\], \[1\] or \[1, 3\], got \[4\]"),
        ({"timeout": 0}, "timeout: expected a number from 0"),
        ({"checkpoint": "q{quality}.pth"}, r"checkpoint: \{quality\} is none of its settings"),
        ({"settings": {"checkpoint": {"default": "a"}}}, "'checkpoint' cannot be the name of a setting"),
    ],
)
def test_a_bad_file_is_told(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = declare(tmp_path, changes)
    with pytest.raises(UsageError, match=message) as caught:
        codec_class(str(path))
    assert str(path) in str(caught.value)
