"""Settings as the text of a cell."""

from __future__ import annotations

import pytest

from benchmark.errors import RecordsError, SettingError
from benchmark.record.settings import Keys, Settings, check_range, key_of, parse_value, read_settings, settings_text


def test_equal_settings_have_equal_texts() -> None:
    assert settings_text({"b": 1, "a": "x"}) == settings_text({"a": "x", "b": 1}) == '{"a":"x","b":1}'
    settings: Settings = {"on": True, "quality": 50, "step": 0.1, "how": "4:2:0"}
    assert read_settings(settings_text(settings)) == settings


@pytest.mark.parametrize("text", ["", "quality=5", "[1]", '{"a":null}', '{"a":{"b":1}}'])
def test_what_is_no_settings_is_told(text: str) -> None:
    with pytest.raises(RecordsError, match="settings: expected a JSON object"):
        read_settings(text)


def test_texts_of_the_command_line_are_of_the_type_of_a_setting() -> None:
    assert [parse_value("x", kind, text) for kind, text in ((bool, "True"), (int, "3"), (float, "3"), (str, "3"))] == [
        True,
        3,
        3.0,
        "3",
    ]
    for kind, text, says in ((bool, "1", "true or false"), (int, "2.5", "a whole number"), (float, "x", "a number")):
        with pytest.raises(SettingError, match=f"x: expected {says}, got '{text}'"):
            parse_value("x", kind, text)


def test_values_out_of_range_are_told() -> None:
    check_range("x", 5, {"low": 1, "high": None})
    wrong: list[tuple[int | str, dict[str, object], str]] = [
        (0, {"low": 1, "high": 9}, "1 to 9, got 0"),
        ("c", {"choices": "ab"}, "one of a, b, got"),
    ]
    for value, limits, says in wrong:
        with pytest.raises(SettingError, match=says):
            check_range("x", value, limits)


def test_keys_do_not_depend_on_the_order_of_columns() -> None:
    assert key_of({"image": "a", "repeats": 1}) == key_of({"repeats": 1, "image": "a"})
    assert key_of({"image": "a", "repeats": 1}) != key_of({"image": "a", "repeats": 2})
    assert len(key_of({})) == 16


@pytest.mark.parametrize("differing", [(), ("b",), ("a", "z"), ("a", "b", "c d", "n", "z"), ("new",)])
def test_keys_of_rows_that_differ_in_some_columns_are_those_of_the_whole_rows(differing: tuple[str, ...]) -> None:
    row = {"z": None, "a": 'so "said"', "c d": 0.1 + 0.2, "b": "é\ud800", "n": [1, {"y": 2, "x": True}]}
    some: list[dict[str, object]] = [{}, {"a": "{,}", "b": 5, "z": "\\", "new": "x"}, {"n": {}, "new": None}]
    for values in some:
        changed = row | {name: values.get(name, row.get(name)) for name in differing}
        assert Keys(row, differing).of(Keys.written(changed)) == key_of(changed)
        less = {name: value for name, value in row.items() if name not in differing}
        assert Keys(less, differing).of(Keys.written({name: changed[name] for name in differing})) == key_of(changed)
