"""JSON and TOML that users write or hand over: studies, published figures, codecs, manifests, cells of a records file.

A document that is nested very deeply is none of them. It is refused here, for whatever walks through it later would
end with a ``RecursionError``.
"""

from __future__ import annotations

import json
import stat
import tomllib
from pathlib import Path
from typing import Any

from benchmark.errors import UsageError

DEEPEST = 50
"""Levels of lists and tables in each other that a document may have. Those of this bench have fewer than ten."""

LARGEST = 256 << 20
"""Bytes that a document may have."""

_TOO_DEEP = f"its lists and tables are nested more than {DEEPEST} levels deep"


def parse_json(text: str | bytes) -> Any:
    """What a JSON text says.

    Args:
        text: the text; bytes are in UTF-8, UTF-16 or UTF-32.

    Raises:
        ValueError: it is no JSON, or nested more than :data:`DEEPEST` levels deep.
    """
    try:
        found = json.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    _check_depth(found)
    return found


def read_json(path: Path) -> Any:
    """What a JSON file says, in UTF-8.

    Raises:
        OSError: it cannot be read.
        ValueError: see :func:`parse_json`.
    """
    return parse_json(_text(path))


def read_toml(path: Path) -> dict[str, Any]:
    """The document of a TOML file.

    Raises:
        UsageError: it cannot be read, is no TOML, or is nested more than :data:`DEEPEST` levels deep.
    """
    try:
        text = _text(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    try:
        document = tomllib.loads(text)
        _check_depth(document)
    except RecursionError:
        raise UsageError(f"{path}: not valid TOML: {_TOO_DEEP}") from None
    except ValueError as error:  # also that of a number of thousands of digits
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    return document


def _text(path: Path) -> str:
    """The text of a file that has an end and is no larger than a document.

    Raises:
        OSError: it cannot be read, is no file, or is too large.
    """
    about = path.stat()
    if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):  # reading tells of a folder
        raise OSError(0, "expected a file, got a device or a pipe")
    if about.st_size > LARGEST:
        raise OSError(0, f"expected at most {LARGEST >> 20} MiB, got {about.st_size >> 20}")
    return path.read_text(encoding="utf-8")


def _check_depth(document: Any) -> None:
    """Refuses a document that is nested too deeply, level by level: this must not recurse itself.

    Raises:
        ValueError: it is.
    """
    level = [document]
    for _ in range(DEEPEST + 1):
        level = [
            item
            for part in level
            if isinstance(part, (dict, list))
            for item in (part.values() if isinstance(part, dict) else part)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return
    raise ValueError(_TOO_DEEP)
