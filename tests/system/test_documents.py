"""JSON and TOML of users: what is none is told, however it is spoilt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.system import documents
from benchmark.system.documents import DEEPEST, parse_json, read_json, read_toml


@pytest.mark.parametrize("levels", [DEEPEST + 2, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ("[", "")])
def test_json_that_is_nested_too_deeply_is_refused(opening: str, closing: str, levels: int) -> None:
    with pytest.raises(ValueError, match="nested more than 50 levels" if closing else "nested more|Expecting value"):
        parse_json(opening * levels + "1" + closing * levels if closing else opening * levels)


def test_json_of_a_common_depth_is_read(tmp_path: Path) -> None:
    text = "[" * DEEPEST + '{"a": 1}' + "]" * DEEPEST
    assert parse_json(text) == parse_json(text.encode())
    (tmp_path / "a.json").write_text('{"é": [1, null]}', encoding="utf-8")
    assert read_json(tmp_path / "a.json") == {"é": [1, None]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = " + "[" * 100_000, "nested more than 50 levels deep"),
        ("a = " + "[" * 60 + "]" * 60, "nested more than 50 levels deep"),
        (".".join("a" * 5000) + " = 1", "nested more than 50 levels deep"),
        ("[" + ".".join("a" * 5000) + "]", "nested more than 50 levels deep"),
        ("a = " + "1" * 5000, "4300 digits"),
        ("a = ", "Invalid value"),
    ],
)
def test_toml_that_is_none_is_refused_in_one_line(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=rf"a\.toml: not valid TOML: .*{reason}") as error:
        read_toml(path)
    assert len(str(error.value).splitlines()) == 1


def test_toml_of_a_common_depth_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("a.b.c = [[1], {d = 2}]\n")
    assert read_toml(path) == {"a": {"b": {"c": [[1], {"d": 2}]}}}


def test_what_has_no_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.toml"
    path.write_text("a = 1\n" * 20)
    monkeypatch.setattr(documents, "LARGEST", 100)
    with pytest.raises(UsageError, match="expected at most"):
        read_toml(path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.toml")
        with pytest.raises(UsageError, match="expected a file, got a device or a pipe"):
            read_toml(tmp_path / "pipe.toml")
