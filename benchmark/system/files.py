"""Reads the TOML files that users write: studies, published figures, codecs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from benchmark.errors import UsageError


def read_toml(path: Path) -> dict[str, Any]:
    """The document of a TOML file.

    Raises:
        UsageError: it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
