"""Settings as the text of a cell."""

from __future__ import annotations

import pytest

from benchmark.errors import RecordsError
from benchmark.record.settings import Settings, read_settings, settings_text


def test_equal_settings_have_equal_texts() -> None:
    assert settings_text({"b": 1, "a": "x"}) == settings_text({"a": "x", "b": 1}) == '{"a":"x","b":1}'
    settings: Settings = {"on": True, "quality": 50, "step": 0.1, "how": "4:2:0"}
    assert read_settings(settings_text(settings)) == settings


@pytest.mark.parametrize("text", ["", "quality=5", "[1]", '{"a":null}', '{"a":{"b":1}}'])
def test_what_is_no_settings_is_told(text: str) -> None:
    with pytest.raises(RecordsError, match="settings: expected a JSON object"):
        read_settings(text)
