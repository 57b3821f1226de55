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
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error


def make_folder(path: Path) -> Path:
    """Makes a folder, with those above it, unless it is there.

    Raises:
        UsageError: it cannot be made: a file has its name, or nothing may be written there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "a file has this name" if path.is_file() else error.strerror or error
        raise UsageError(f"{path}: expected a folder, or a place where one can be made: {reason}") from error
    return path


def slug(text: str) -> str:
    """A text as the name of a file or folder: of its letters, digits, ``_`` and ``-``, with ``-`` for all else.

    The same text gives the same name everywhere: ``fashion-mnist:noisy`` is ``fashion-mnist-noisy``.
    """
    return re.sub(r"[^\w-]+", "-", text).strip("-")
