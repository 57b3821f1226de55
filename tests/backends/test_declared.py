"""What TOML files of codecs say alike."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from benchmark.backends.declared import PLACEHOLDER, DeclaredCodec, check_keys, check_limits, declare
from benchmark.errors import UsageError


class Nothing(DeclaredCodec):
    """Does no work."""

    @classmethod
    def version(cls) -> str:
        return "1"

    @classmethod
    def used_files(cls) -> list[Path]:
        return []

    def encode(self, image: Any) -> bytes:
        return b""

    @classmethod
    def decode(cls, data: bytes) -> Any:
        raise NotImplementedError


def declared(document: dict[str, Any]) -> type[Nothing]:
    return declare(Nothing, Path("codec.toml"), document, ("taken",), lambda settings: {"told": settings})


def test_settings_are_fields_and_the_knob_is_the_first() -> None:
    knob = {"name": "quality", "low": 1, "high": 9, "default": 5, "grid": [1, 9]}
    cls: Any = declared({"name": "a", "settings": {"mode": {"default": "x"}}, "knob": knob})
    assert cls.told == ("quality", "mode")
    assert (cls.knob.field, cls.knob.low, cls.knob.high, cls.knob.increasing) == ("quality", 1, 9, True)
    assert cls().settings == {"quality": 5, "mode": "x"}
    assert (cls.grid, cls.summary) == ({"quality": (1, 9)}, "a, described by codec.toml")
    assert cls.undetected == {"truncated", "altered"}


@pytest.mark.parametrize("name", ["taken", "encode", "grid", "lambda", "two words"])
def test_names_that_no_setting_may_have(name: str) -> None:
    with pytest.raises(UsageError, match=f"codec.toml: '{name}' cannot be the name of a setting"):
        declared({"name": "a", "settings": {name: {"default": 1}}})


def test_keys_and_limits_are_checked() -> None:
    known = {"a": (int,), "b": (str, list)}
    check_keys("here", {"a": 1, "b": []}, known, ("a",))
    for table, message in (
        ({"c": 1}, "here: unknown key 'c'; known: a, b"),
        ({"a": True}, "here: a: expected a whole number, got True"),
        ({"a": 1, "b": 1}, "here: b: expected a text or a list, got 1"),
        ({"b": ""}, "here: key 'a' is missing"),
    ):
        with pytest.raises(UsageError, match=re.escape(message)):
            check_keys("here", table, known, ("a",))
    check_limits(Path("x"), {"timeout": 0.1})
    for limit in (0, -1, 1e10, float("nan")):
        with pytest.raises(UsageError, match="x: timeout: expected a number from 0"):
            check_limits(Path("x"), {"timeout": limit})


def test_placeholders() -> None:
    assert PLACEHOLDER.findall("q{quality}-{a1}.pth {} { b }") == ["quality", "a1"]
