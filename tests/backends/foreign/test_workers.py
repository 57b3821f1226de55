"""The workers of this process: when they are started, and what they cannot load."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmark.backends.foreign.link import end_links
from benchmark.backends.foreign.workers import opened
from benchmark.errors import MissingBackend, ProgramError, UsageError
from benchmark.plugins import codec_class
from tests.backends.foreign.examples import STEPS, declare, made, methods
from tests.conftest import photo


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Iterator[None]:
    yield
    end_links()


def test_one_for_each_of_what_it_does(tmp_path: Path) -> None:
    cls: Any = codec_class(str(declare(tmp_path)))
    encoder, decoder = opened(cls.about, "encode"), opened(cls.about, "decode")
    assert encoder.link is not decoder.link
    assert opened(cls.about, "encode") is encoder
    encoder.link.end()
    assert opened(cls.about, "encode").link.alive
    assert opened(cls.about, "decode") is decoder


def test_an_edited_class_is_loaded_again(tmp_path: Path) -> None:
    codec = made(declare(tmp_path, code=methods("return b'first'")))
    assert codec.encode(photo(4, 4))[1:] == b"first"
    declare(tmp_path, code=methods("return b'the second'"))
    assert codec.encode(photo(4, 4))[1:] == b"the second"


@pytest.mark.parametrize(
    ("changes", "code", "error", "message"),
    [
        ({"python": "none/bin/python"}, STEPS, MissingBackend, "none/bin/python' is not an executable file"),
        ({"codec": "other.py:Steps"}, STEPS, UsageError, r"codec: .*other\.py cannot be read: No such file"),
        ({}, "import no_such_package\n", MissingBackend, r"no_such_package.*line 1.*; install it there"),
        ({}, "syntax error\n", ProgramError, "cannot be loaded: SyntaxError"),
        ({"codec": "steps_model.py:Other"}, STEPS, ProgramError, "steps_model.py has no class 'Other'"),
        ({}, "class Steps:\n    encode = len\n", ProgramError, "class Steps needs a method 'decode'"),
        ({"codec": "json:Steps"}, STEPS, ProgramError, "json has no class 'Steps'"),
    ],
)
def test_a_class_that_cannot_be_loaded_is_told(
    tmp_path: Path, changes: dict[str, Any], code: str, error: type[Exception], message: str
) -> None:
    cls = codec_class(str(declare(tmp_path, changes, code)))
    with pytest.raises(error, match=message):
        cls.version()
