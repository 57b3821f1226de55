"""Sets of trained weights: where they lie, what they say of themselves, how a stream names them.

A set is a folder with a model card, ``card.json``, and for each operating point its network, ``.weights.npz``, and the
tables of its entropy coder, such as ``.counts.npz``. All are read without pickle. Sets that come with the bench lie in
``codecs/weights/<codec>/<set>``; a user's own are found below the folder that ``RDBENCH_WEIGHTS`` names.

The file of a network holds its variables in the order of Keras' ``get_weights``, named by number: ``000``, ``001``, …
With the storage ``int8``, kernels, which are variables named "kernel" of two or more axes, are ``int8`` in units of
``float16`` scales, ``000.scale``: of the weights of each index of the last axis, every 64 in a row share one. All other
variables are ``float16``: a matrix that 8 bits would hurt needs another name than "kernel".
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import math
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from benchmark.errors import BenchmarkError, BitstreamError, UsageError, one_line, typed_line
from benchmark.neural.streams.entropy import Counts
from benchmark.record.columns import shortened

WEIGHTS_VARIABLE = "RDBENCH_WEIGHTS"

Storage = Literal["int8", "float16"]
"""What a network's kernels are stored as."""

_GROUP = 64
"""Weights that share a scale."""

CARD = "card.json"
"""Name of the file of a model card."""

_LARGEST_CARD = 1 << 20
"""Bytes that a model card may have."""

_LARGEST = 65_536
"""The largest number of a card that is a size, a number of levels or of quantiser steps."""

_SIZES = ("stride", "channels", "levels", "width", "widths", "filters", "model")
"""Keys of a card that say how large a network is."""

_DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    RecursionError,
    StopIteration,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What libraries raise of damaged files."""


@dataclass(frozen=True)
class TrainedPoint:
    """One operating point of a set of weights.

    Attributes:
        folder: the folder of the set.
        quality: number of the point, 1 for the lowest rate.
        stem: file name without its endings.
        steps: quantiser step at which it was made to work, in units of ``entropy.STEP_UNIT``; 0 where none is.
        card: the set's model card.
    """

    folder: Path
    quality: int
    stem: str
    steps: int
    card: dict[str, Any] = field(compare=False)

    @property
    def weights_path(self) -> Path:
        """The file with the network, see :func:`load_weights`."""
        return self.folder / f"{self.stem}.weights.npz"

    def counts(self) -> list[Counts]:
        """Counts of the latent for each kind of tile, see ``entropy.learn_counts``.

        Raises:
            UsageError: their file is damaged.
        """
        path = self.folder / f"{self.stem}.counts.npz"
        with whole_set(path, "a file of counts"), path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return [stored[kind] for kind in self.card["kinds"]]

    def identity(self) -> bytes:
        """Eight bytes by which a stream names this point: of the SHA-256 over its network and tables, by file name.

        Raises:
            UsageError: a file cannot be read.
        """
        with whole_set(self.folder):
            return _identity(*sorted(self.folder.glob(f"{self.stem}.*.npz")))


def set_folders(codec: str) -> dict[str, Path]:
    """Folders of all sets of a codec's weights by name; a user's own win over those of the same name."""
    return {folder.name: folder for folder in _all_folders(codec)}


def sets_digest(codec: str, names: Iterable[str], *, quality: int | None = None) -> str:
    """Eight hexadecimal digits for each operating point of sets of weights, joined by ``+``.

    Sets that are not here have none, and neither have damaged ones: whoever encodes with them is told what is wrong.

    Args:
        codec: name of the codec.
        names: names of the sets.
        quality: number of the point; None for the first one.
    """
    here, found = set_folders(codec), []
    for name in names:
        with contextlib.suppress(UsageError):
            known = points(codec, name) if name in here else []
            chosen = known[:1] if quality is None else [point for point in known if point.quality == quality]
            found += [point.identity().hex()[:8] for point in chosen]
    return "+".join(found)


def damaged_sets(codec: str) -> dict[str, str]:
    """What is wrong with the model cards of sets of a codec's weights, by name; those that are well are left out."""
    found = {}
    for name, folder in set_folders(codec).items():
        try:
            _points(folder)
        except UsageError as error:
            found[name] = str(error)
    return found


def _all_folders(codec: str) -> list[Path]:
    """Folders of all sets of a codec's weights, a user's own last."""
    package = importlib.import_module("benchmark.plugins.codecs")
    roots = [Path(path) / "weights" for path in package.__path__]
    if os.environ.get(WEIGHTS_VARIABLE):
        roots.append(Path(os.environ[WEIGHTS_VARIABLE]))
    found = []
    for root in roots:
        with contextlib.suppress(OSError, ValueError):  # a folder that may not be read, or a name that none can have
            found += [card.parent for card in sorted((root / codec).glob(f"*/{CARD}"))]
    return found


def points(codec: str, name: str) -> list[TrainedPoint]:
    """Operating points of a set of weights, from the lowest rate to the highest.

    Raises:
        UsageError: no such set.
    """
    folders = set_folders(codec)
    if name not in folders:
        listed = ", ".join(folders) or "none"
        raise UsageError(
            f"codec {codec!r} has no weights named {name!r}; found: {listed}. "
            f"Weights of your own are found below the folder that {WEIGHTS_VARIABLE} names."
        )
    return _points(folders[name])


def by_identity(codec: str, identity: bytes) -> TrainedPoint:
    """The operating point that a stream names, whatever the name of its set.

    Raises:
        BitstreamError: these weights are not here.
    """
    for folder in _all_folders(codec):
        with contextlib.suppress(UsageError):  # a damaged set of a user must not stand in the way of others
            for point in _points(folder):
                if point.identity() == identity:
                    return point
    raise BitstreamError(
        f"the stream was made with weights {identity.hex()}, which are not here; weights of your own are found below "
        f"the folder that {WEIGHTS_VARIABLE} names"
    )


@cache
def _points(folder: Path) -> list[TrainedPoint]:
    path = folder / CARD
    with whole_set(path, "a model card"):
        if path.stat().st_size > _LARGEST_CARD:
            raise ValueError(f"expected at most {_LARGEST_CARD} bytes, got {path.stat().st_size}")
        card = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(card, dict):
            raise TypeError(f"expected an object, got {shortened(repr(card))}")
        _check_sizes(card)
        found = [
            TrainedPoint(folder, _number(entry, "quality"), _stem(entry["stem"]), _number(entry, "steps", 0), card)
            for entry in card["points"]
        ]
        if not found:
            raise ValueError("it names no operating point")
        return sorted(found, key=lambda point: point.quality)


def _number(entry: Mapping[str, Any], key: str, default: int | None = None) -> int:
    """A number of a card: whole, from 0 to the largest that any has."""
    value = entry[key] if default is None else entry.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise ValueError(f"{key}: expected a whole number from 0 to {_LARGEST}, got {shortened(repr(value))}")
    return value


def _stem(text: object) -> str:
    """The name of the files of a point, without their endings: in the folder of the card, and nowhere else."""
    if not isinstance(text, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", text):
        raise ValueError(f"stem: expected letters, digits, _ and -, got {shortened(repr(text))}")
    return text


def _check_sizes(card: Mapping[str, Any]) -> None:
    """Refuses sizes of a network that no network has, before anything of the size is made."""
    for key in _SIZES:
        if key in card:
            _check_size(key, card[key])


def _check_size(key: str, value: object) -> None:
    """A size is a whole number; a list or a table holds one for each layer or part; a text names a known choice."""
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            _check_size(key, item)
    elif not isinstance(value, str):
        _number({key: value}, key)


@contextlib.contextmanager
def whole_set(path: Path, what: str = "a whole set of weights") -> Iterator[None]:
    """Says which file or folder of weights is damaged, whatever the libraries inside raise of it.

    Args:
        path: the file or the folder.
        what: what it should be.

    Raises:
        UsageError: it is damaged.
    """
    try:
        yield
    except BenchmarkError:
        raise
    except OSError as error:
        raise UsageError(f"{path} cannot be read as {what}: {error.strerror or one_line(error)}") from error
    except _DAMAGE as error:
        text = shortened(typed_line(error))
        raise UsageError(f"{path} is not {what} ({text}); train the set anew, or take it away") from error


@cache
def _identity(*paths: Path) -> bytes:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.digest()[:8]


def save_weights(network: Any, path: Path, storage: Storage = "int8") -> None:
    """Writes a network's weights, and reads them back so that the network is what the file says.

    Args:
        network: a Keras model that has been built.
        path: ends in ``.weights.npz``.
        storage: how its kernels are stored.
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    for key, variable, value in zip(_keys(network), network.weights, network.get_weights(), strict=True):
        if storage == "int8" and _is_kernel(variable):
            arrays[key], arrays[f"{key}.scale"] = _quantise(value)
        else:
            arrays[key] = value.astype(np.float16)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]  # its other keyword is a bool
    load_weights(network, path)


def load_weights(network: Any, path: Path) -> None:
    """Reads what :func:`save_weights` wrote into a network of the same architecture.

    Raises:
        UsageError: the file is not there, is damaged, or is of another network.
    """
    if not path.exists():
        raise UsageError(f"{path}: no such file of weights; a set needs one for each point of its card")
    with whole_set(path, "a file of weights"), path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        arrays = dict(stored)
    keys = _keys(network)
    found = [key for key in arrays if not key.endswith(".scale")]
    if found != keys:
        raise UsageError(f"{path}: expected {len(keys)} arrays of weights, got {len(found)}: it is of another network")
    network.set_weights(
        [
            _restored(arrays, key, tuple(variable.shape), path)
            for key, variable in zip(keys, network.weights, strict=True)
        ]
    )


def _keys(network: Any) -> list[str]:
    return [f"{number:03d}" for number in range(len(network.weights))]


def _is_kernel(variable: Any) -> bool:
    return bool(variable.name == "kernel" and len(variable.shape) > 1)


def _quantise(kernel: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float16]]:
    """A kernel in 8 bits, of its own shape, and its scales, one for each group and index of the last axis."""
    flat = kernel.reshape(-1, kernel.shape[-1])
    groups = np.pad(flat, ((0, -len(flat) % _GROUP), (0, 0))).reshape(-1, _GROUP, kernel.shape[-1])
    tiny = np.finfo(np.float16).smallest_subnormal
    scales = np.maximum(np.abs(groups).max(axis=1) / 127, tiny).astype(np.float16)
    exact = groups / scales[:, np.newaxis].astype(np.float32)
    values = np.rint(exact)
    # Rounding must not change a group's sum: its inputs, mostly rectified, have a mean, and the output would drift. So
    # as many weights as the sum is off by are rounded the other way, those first that this moves least.
    error = values - exact
    excess = np.rint(error.sum(axis=1, keepdims=True))
    rank = np.argsort(np.argsort(-np.sign(excess) * error, axis=1), axis=1)
    values = np.clip(values - np.sign(excess) * (rank < np.abs(excess)), -127, 127)
    return values.reshape(-1, kernel.shape[-1])[: len(flat)].reshape(kernel.shape).astype(np.int8), scales


def _restored(
    arrays: dict[str, npt.NDArray[Any]], key: str, shape: tuple[int, ...], path: Path
) -> npt.NDArray[np.float32]:
    """A variable's values from the arrays of a file, once they have the types and shapes that it may have."""
    array, scales = arrays[key], arrays.get(f"{key}.scale")
    found = _form(array) if scales is None else f"{_form(array)} with scales {_form(scales)}"
    groups = -(-math.prod(shape[:-1]) // _GROUP)
    allowed = [f"float16 {shape}", f"int8 {shape} with scales float16 {(groups, *shape[-1:])}"]
    if found not in allowed:
        raise UsageError(f"{path}: array {key} is {found}; the network takes {' or '.join(allowed)}")
    values = array.astype(np.float32)
    if scales is None:
        return values
    flat = values.reshape(-1, shape[-1])
    return (flat * np.repeat(scales.astype(np.float32), _GROUP, axis=0)[: len(flat)]).reshape(shape)


def _form(array: npt.NDArray[Any]) -> str:
    return f"{array.dtype.name} {array.shape}"
