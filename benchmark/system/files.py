"""Files: the TOML files that users write (studies, published figures, codecs), and names for files and folders."""

from __future__ import annotations

import re
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


def slug(text: str) -> str:
    """A text as the name of a file or folder: of its letters, digits, ``_`` and ``-``, with ``-`` for all else.

    The same text gives the same name everywhere: ``fashion-mnist:noisy`` is ``fashion-mnist-noisy``.
    """
    return re.sub(r"[^\w-]+", "-", text).strip("-")
