"""What a test needs beside the bench: a package that is missing skips the test, a package that is broken fails it."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import pytest


def installed(name: str) -> bool:
    """Whether a package is there at all; whether it works is another question."""
    return importlib.util.find_spec(name.partition(".")[0]) is not None


def needs(name: str, *, extra: str) -> Any:
    """The module of an optional package.

    ``pytest.importorskip`` would also skip where the package is there and its import fails, such as after half an
    installation: a suite in which nothing learned is tested any more would pass.

    Args:
        name: the module's name.
        extra: the extra of the bench that installs it.

    Returns:
        The module. Where the package is not installed, the test is skipped, or the whole file if this is called at
        its top.

    Raises:
        ImportError: the package is installed and cannot be imported.
    """
    if not installed(name):
        pytest.skip(f"{name.partition('.')[0]} is not installed: extra {extra}", allow_module_level=True)
    if name in ("keras", "tensorflow"):
        from benchmark.neural.backend import load_keras

        load_keras()  # which chooses the backend and keeps TensorFlow quiet
    return importlib.import_module(name)
