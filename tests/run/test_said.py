"""What codecs say of themselves: numbers and short texts alone."""

from __future__ import annotations

import math
from typing import Any

import pytest

from benchmark.codec import Account, Codec, Complexity
from benchmark.errors import PluginError
from benchmark.run.said import account_of, complexity_of, device_of, nominal_bits_of
from tests.run.examples import Planes


def saying(**methods: Any) -> Codec:
    """A codec that says these things of itself."""
    return type("Said", (Planes,), {name: lambda *_, value=value: value for name, value in methods.items()})()


@pytest.mark.parametrize(
    "found",
    [5, "none", Account(math.nan), Account(math.inf), Account(-1), Account("3"), Account(3, -1)],  # type: ignore[arg-type]
)
def test_an_account_has_numbers(found: object) -> None:
    with pytest.raises(PluginError, match="account: "):
        account_of(saying(account=found), b"")


@pytest.mark.parametrize("found", [(1, 2, 3), Complexity(None, 1, 1), Complexity(1, math.nan, 1), Complexity(1, 1, -2)])  # type: ignore[arg-type]
def test_a_complexity_has_numbers(found: object) -> None:
    with pytest.raises(PluginError, match="complexity: "):
        complexity_of(saying(complexity=found), 8, 8, 3)


@pytest.mark.parametrize("found", [math.nan, -3, "3", True, 10**400])
def test_nominal_bits_are_a_number(found: object) -> None:
    with pytest.raises(PluginError, match="nominal_bits: "):
        nominal_bits_of(saying(nominal_bits=found), b"")


@pytest.mark.parametrize("found", [5, None, "x" * 201, b"cpu"])
def test_a_device_is_a_short_text(found: object) -> None:
    with pytest.raises(PluginError, match="device: expected a text of at most 200 characters"):
        device_of(saying(device=found))


def test_what_is_right_is_as_it_was() -> None:
    account, complexity = Account(12.5, None, 7), Complexity(3, 4, None)
    codec = saying(account=account, complexity=complexity, nominal_bits=16, device="cpu")
    assert account_of(codec, b"") == account
    assert complexity_of(codec, 8, 8, 3) == complexity
    assert nominal_bits_of(codec, b"") == 16
    assert device_of(codec) == "cpu"
    silent = saying(account=None, complexity=None, nominal_bits=None)
    assert [account_of(silent, b""), complexity_of(silent, 8, 8, 3), nominal_bits_of(silent, b"")] == [None] * 3
