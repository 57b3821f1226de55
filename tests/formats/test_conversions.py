"""Names of conversions, and how a data set's name carries them."""

from __future__ import annotations

import pytest

from benchmark.errors import UsageError
from benchmark.formats.conversions import parse_conversions, split_conversions, with_conversions


def test_names_have_one_order() -> None:
    assert parse_conversions(["srgb,flatten=white", "depth=8", "srgb"]) == ("depth=8", "flatten=white", "srgb")
    assert parse_conversions([]) == ()


@pytest.mark.parametrize("text", ["depth=9", "flatten", "", "srgb,"])
def test_unknown_names_are_told(text: str) -> None:
    with pytest.raises(UsageError, match=r"unknown conversion .* known: depth=8, "):
        parse_conversions([text])


def test_two_grounds_contradict_each_other() -> None:
    with pytest.raises(UsageError, match="contradict"):
        parse_conversions(["flatten=white", "flatten=black"])


def test_a_name_carries_them_and_gives_them_back() -> None:
    name = with_conversions("folder:a+b/c+d", ["srgb", "depth=8"])
    assert name == "folder:a+b/c+d+depth=8+srgb"
    assert split_conversions(name) == ("folder:a+b/c+d", ("depth=8", "srgb"))
    assert with_conversions(name, ["orientation"]) == "folder:a+b/c+d+depth=8+orientation+srgb"
    assert with_conversions("kodak", []) == "kodak"
    assert split_conversions("folder:x+depth=9") == ("folder:x+depth=9", ())
