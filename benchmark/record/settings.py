"""The settings of a codec as the text of a cell, and back. Nothing else reads or writes this text."""

from __future__ import annotations

import json
from collections.abc import Mapping

from benchmark.errors import RecordsError
from benchmark.record.columns import shortened

Settings = dict[str, bool | int | float | str]
"""Value of each setting, by name."""


def settings_text(settings: Mapping[str, bool | int | float | str]) -> str:
    """Settings as canonical JSON: sorted names, no spaces. Equal settings have equal texts."""
    return json.dumps(dict(settings), sort_keys=True, separators=(",", ":"))


def read_settings(text: str) -> Settings:
    """The settings that a text of :func:`settings_text` means.

    Raises:
        RecordsError: it is no JSON object of plain values.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordsError(f"settings: expected a JSON object, got {shortened(text)}: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(value, bool | int | float | str) for value in found.values()):
        raise RecordsError(
            f"settings: expected a JSON object of numbers, texts and truth values, got {shortened(text)}"
        )
    return found
