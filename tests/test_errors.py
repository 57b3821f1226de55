"""How errors are quoted in messages."""

from __future__ import annotations

import pytest

from benchmark.errors import PluginError, contained, typed_line


def test_the_type_of_an_error_is_told_once() -> None:
    assert typed_line(MemoryError()) == "MemoryError"
    assert typed_line(ValueError(" no\nsize ")) == "ValueError: no size"
    assert typed_line(ValueError("abcdef"), 3) == "ValueError: abc"
    with pytest.raises(PluginError, match=r"^png raised SystemExit$"), contained("png"):
        raise SystemExit
