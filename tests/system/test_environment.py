"""What a machine is, and variables that are set for a while."""

from __future__ import annotations

import os

import pytest

from benchmark.system.environment import (
    COMPILED,
    compiles,
    describe,
    own_version,
    package_versions,
    thread_environment,
    variables,
)
from benchmark.version import __version__


def test_variables_are_put_back_also_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RDBENCH_TEST_OLD", "before")
    monkeypatch.delenv("RDBENCH_TEST_NEW", raising=False)
    with pytest.raises(KeyError), variables({"RDBENCH_TEST_OLD": "now", "RDBENCH_TEST_NEW": "now"}):
        assert (os.environ["RDBENCH_TEST_OLD"], os.environ["RDBENCH_TEST_NEW"]) == ("now", "now")
        raise KeyError
    assert os.environ["RDBENCH_TEST_OLD"] == "before"
    assert "RDBENCH_TEST_NEW" not in os.environ


def test_one_thread_is_one_for_every_library() -> None:
    one, four = thread_environment(1), thread_environment(4)
    assert one.keys() == four.keys()
    assert (one["OMP_NUM_THREADS"], four["OPENBLAS_NUM_THREADS"]) == ("1", "4")
    assert "eigen=false" in one["XLA_FLAGS"]
    assert "eigen=true" in four["XLA_FLAGS"]


def test_a_machine_is_described() -> None:
    found = describe()
    assert found["rdbench"] == __version__
    assert own_version().startswith(__version__)
    assert {"python", "processor", "cores", "memory_gib", "commit", "system"} <= found.keys()
    assert int(found["cores"]) >= 1
    assert package_versions()["numpy"].count(".") >= 1


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("0", False), ("", False), ("yes", False)])
def test_metrics_are_compiled_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: bool
) -> None:
    monkeypatch.delenv(COMPILED, raising=False)
    assert not compiles()
    monkeypatch.setenv(COMPILED, value)
    assert compiles() is expected
