"""The settings of a codec as texts: of a cell of the records, and of the command line; and the values they may have.

And keys of rows, which are digests of such values.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from benchmark.errors import KIND_WORDS, RecordsError, SettingError, meant
from benchmark.record.columns import shortened
from benchmark.system.documents import parse_json

Settings = dict[str, bool | int | float | str]
"""Value of each setting, by name."""

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
"""Made once: a run with nothing to do asks for a key of each of its rows."""


def settings_text(settings: Mapping[str, bool | int | float | str]) -> str:
    """Settings as canonical JSON: sorted names, no spaces. Equal settings have equal texts."""
    return _CANONICAL.encode(dict(settings))


def key_of(dependencies: Mapping[str, Any]) -> str:
    """The key of a row: 16 hexadecimal digits, a digest of what its figures depend on.

    Args:
        dependencies: plain values by column, see ``Record.dependencies``.
    """
    return _digest(_CANONICAL.encode(dependencies))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Keys:
    """Keys of rows of which a few columns alone differ: what the others add to the texts is made once.

    Args:
        dependencies: plain values by column, as of :func:`key_of`. Those that differ need not be there.
        differing: names of the columns that differ.
    """

    def __init__(self, dependencies: Mapping[str, Any], differing: Collection[str]) -> None:
        self._varying: list[tuple[str, str]] = []
        """What stands before each of the values that differ, and the name of its column."""
        text = "{"
        for name in sorted({*dependencies, *differing}):
            text += f"{'' if text == '{' else ','}{_CANONICAL.encode(name)}:"
            if name in differing:
                self._varying.append((text, name))
                text = ""
            else:
                text += _CANONICAL.encode(dependencies[name])
        self._end = text + "}"

    @staticmethod
    def written(values: Mapping[str, Any]) -> dict[str, str]:
        """Values as :meth:`of` takes them, to be asked for once for all keys of them."""
        return {name: _CANONICAL.encode(value) for name, value in values.items()}

    def of(self, written: Mapping[str, str]) -> str:
        """The key of a row: that which :func:`key_of` gives of all its values.

        Args:
            written: those that differ, by column, as :meth:`written` gives them.
        """
        return _digest("".join([f"{text}{written[name]}" for text, name in self._varying]) + self._end)


def read_settings(text: str) -> Settings:
    """The settings that a text of :func:`settings_text` means.

    Raises:
        RecordsError: it is no JSON object of plain values.
    """
    try:
        found = parse_json(text)
    except ValueError as error:
        raise RecordsError(f"settings: expected a JSON object, got {shortened(text)}: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(value, bool | int | float | str) for value in found.values()):
        raise RecordsError(
            f"settings: expected a JSON object of numbers, texts and truth values, got {shortened(text)}"
        )
    return found


def parse_value(where: str, kind: type, text: str) -> bool | int | float | str:
    """The value of a setting that a text on the command line means.

    Args:
        where: what the message calls the setting.
        kind: the type of the setting.
        text: the text.

    Raises:
        SettingError: the text is not of this type.
    """
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise SettingError(f"{where}: expected true or false, got {text!r}")
        return text.lower() == "true"
    try:
        value: bool | int | float | str = kind(text)
    except ValueError:
        raise SettingError(f"{where}: expected {KIND_WORDS[kind]}, got {text!r}") from None
    return value


def check_range(where: str, value: bool | int | float | str, limits: Mapping[str, Any]) -> None:
    """Refuses a value that a setting may not have.

    Args:
        where: what the message calls the setting.
        value: the value.
        limits: ``choices``, ``low`` and ``high``, each missing or None where there is none.

    Raises:
        SettingError: it is none of the choices, or out of range.
    """
    choices = limits.get("choices")
    if choices is not None and value not in choices:
        listed = ", ".join(map(str, choices))
        raise SettingError(f"{where}: expected one of {listed}, got {value!r}{meant(str(value), map(str, choices))}")
    low, high = limits.get("low"), limits.get("high")
    if isinstance(value, int | float) and not isinstance(value, bool):
        fits = (low is None or value >= low) and (high is None or value <= high)  # NaN does not
        if not fits:
            raise SettingError(f"{where}: expected {low} to {high}, got {value!r}")
