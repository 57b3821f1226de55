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

import hashlib
import importlib
import json
import math
import os
import zipfile
import zlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from benchmark.errors import BitstreamError, UsageError
from benchmark.neural.streams.entropy import Counts

WEIGHTS_VARIABLE = "RDBENCH_WEIGHTS"

Storage = Literal["int8", "float16"]
"""What a network's kernels are stored as."""

_GROUP = 64
"""Weights that share a scale."""


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
        """Counts of the latent for each kind of tile, see ``entropy.learn_counts``."""
        with np.load(self.folder / f"{self.stem}.counts.npz", allow_pickle=False) as stored:
            return [stored[kind] for kind in self.card["kinds"]]

    def identity(self) -> bytes:
        """Eight bytes by which a stream names this point: of the SHA-256 over its network and tables, by file name."""
        return _identity(*sorted(self.folder.glob(f"{self.stem}.*.npz")))


def set_folders(codec: str) -> dict[str, Path]:
    """Folders of all sets of a codec's weights by name; a user's own win over those of the same name."""
    return {folder.name: folder for folder in _all_folders(codec)}


def _all_folders(codec: str) -> list[Path]:
    """Folders of all sets of a codec's weights, a user's own last."""
    package = importlib.import_module("benchmark.plugins.codecs")
    roots = [Path(path) / "weights" for path in package.__path__]
    if os.environ.get(WEIGHTS_VARIABLE):
        roots.append(Path(os.environ[WEIGHTS_VARIABLE]))
    return [card.parent for root in roots for card in sorted((root / codec).glob("*/card.json"))]


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
        try:
            found = _points(folder)
        except UsageError:  # a damaged set of a user must not stand in the way of others
            continue
        for point in found:
            if point.identity() == identity:
                return point
    raise BitstreamError(
        f"the stream was made with weights {identity.hex()}, which are not here; weights of your own are found below "
        f"the folder that {WEIGHTS_VARIABLE} names"
    )


@cache
def _points(folder: Path) -> list[TrainedPoint]:
    path = folder / "card.json"
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        found = [
            TrainedPoint(folder, entry["quality"], entry["stem"], entry.get("steps", 0), card)
            for entry in sorted(card["points"], key=lambda entry: int(entry["quality"]))
        ]
        if not found:
            raise ValueError("it names no operating point")
        return found
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path} is not a model card ({error!r}); train the set anew, or take it away") from error


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
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = dict(stored)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file of weights; a set needs one for each point of its card") from None
    except (OSError, EOFError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise UsageError(f"{path} is not a file of weights: {error}") from error
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
