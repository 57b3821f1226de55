"""Keras and the framework behind it, loaded only when a network is built."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmark.errors import MissingBackend


def backend_name() -> str:
    """``tensorflow`` unless ``KERAS_BACKEND`` says otherwise."""
    return os.environ.get("KERAS_BACKEND", "tensorflow")


def backend_version() -> str:
    """Versions of Keras, its backend and the entropy coder, without loading any of them.

    Raises:
        MissingBackend: one is not installed; the message says how to install it.
    """
    found = []
    for package in ("keras", backend_name(), "constriction"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError as error:
            raise MissingBackend(f"learned codecs need {package}: pip install 'rdbench[neural]'") from error
    return ", ".join(found)


@contextmanager
def _native_chatter_muted() -> Iterator[None]:
    """Holds back what C++ libraries write to the terminal while they load; Python's exceptions still come through.

    TensorFlow reports its processor features there before any setting of its log level takes effect.
    """
    if "keras" in sys.modules:
        yield
        return
    sys.stderr.flush()
    terminal = os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nothing)


def load_keras() -> Any:
    """Keras with its backend, without the chatter that TensorFlow prints when it loads.

    Raises:
        MissingBackend: Keras or its backend is not installed.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with _native_chatter_muted():
            import keras
    except ImportError as error:
        raise MissingBackend(
            f"learned codecs need Keras and {backend_name()}: pip install 'rdbench[neural]'"
        ) from error
    return keras
