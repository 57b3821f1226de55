"""Models in integers: files of named arrays, ``.npz`` without pickle; and the activations that all of them share."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError

ACTIVATION_LIMIT = 255
"""Largest activation of a network in integers."""

Arrays = dict[str, npt.NDArray[Any]]
_Model = TypeVar("_Model")


def save_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Writes a file of arrays by name."""
    content: dict[str, Any] = dict(arrays)
    np.savez_compressed(path, **content)


def load_arrays(path: Path, what: str, make: Callable[[Arrays], _Model]) -> _Model:
    """Reads what :func:`save_arrays` wrote.

    Args:
        path: the path of the file.
        what: what the file should be, for the message: "a model of bits".
        make: builds it of the arrays; a name that is not there is a ``KeyError``.

    Raises:
        UsageError: the file is not such.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return make(dict(stored))
    except (OSError, EOFError, LookupError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise UsageError(f"{path} is not {what}: {error}") from error


def activated(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Activations in place, of sums in their units: rectified, limited and rounded down to whole numbers."""
    np.maximum(values, 0, out=values)  # two calls take less time than np.clip, whose checks are in Python
    np.minimum(values, ACTIVATION_LIMIT, out=values)
    return np.floor(values, out=values)
