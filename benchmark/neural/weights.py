"""Sets of trained weights: where they lie, what they say of themselves, how a stream names them.

A set is a folder with a model card, ``card.json``, and for each operating point a ``.weights.h5`` file of Keras and the
counts of its latent, ``.counts.npz``. Both are read without pickle. Sets that come with the bench lie in
``codecs/weights/<codec>/<set>``; a user's own are found below the folder that ``RDBENCH_WEIGHTS`` names.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.errors import BitstreamError, UsageError
from benchmark.neural.entropy import Counts

WEIGHTS_VARIABLE = "RDBENCH_WEIGHTS"


@dataclass(frozen=True)
class Point:
    """One operating point of a set of weights.

    Attributes:
        folder: of the set.
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
        """The file of Keras with the network."""
        return self.folder / f"{self.stem}.weights.h5"

    def counts(self) -> list[Counts]:
        """Counts of the latent for each kind of tile, see ``entropy.learn_counts``."""
        with np.load(self.folder / f"{self.stem}.counts.npz", allow_pickle=False) as stored:
            return [stored[kind] for kind in self.card["kinds"]]

    def identity(self) -> bytes:
        """Eight bytes by which a stream names this point: of the SHA-256 over its network and then its tables."""
        return _identity(self.weights_path, *sorted(self.folder.glob(f"{self.stem}.*.npz")))


def set_folders(codec: str) -> dict[str, Path]:
    """Folders of all sets of a codec's weights by name; a user's own win over those of the same name."""
    package = importlib.import_module("benchmark.plugins.codecs")
    roots = [Path(path) / "weights" for path in package.__path__]
    if os.environ.get(WEIGHTS_VARIABLE):
        roots.append(Path(os.environ[WEIGHTS_VARIABLE]))
    return {card.parent.name: card.parent for root in roots for card in sorted((root / codec).glob("*/card.json"))}


def points(codec: str, name: str) -> list[Point]:
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


def by_identity(codec: str, identity: bytes) -> Point:
    """The operating point that a stream names.

    Raises:
        BitstreamError: these weights are not here.
    """
    for folder in set_folders(codec).values():
        for point in _points(folder):
            if point.identity() == identity:
                return point
    raise BitstreamError(
        f"the stream was made with weights {identity.hex()}, which are not here; weights of your own are found below "
        f"the folder that {WEIGHTS_VARIABLE} names"
    )


@cache
def _points(folder: Path) -> list[Point]:
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return [
        Point(folder, entry["quality"], entry["stem"], entry.get("steps", 0), card)
        for entry in sorted(card["points"], key=lambda entry: int(entry["quality"]))
    ]


@cache
def _identity(*paths: Path) -> bytes:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.digest()[:8]


def save_half(network: Any, twin: Any, path: Path) -> None:
    """Writes a network's weights in half precision, and reads them back so that the network is what the file says.

    Args:
        network: a Keras model.
        twin: the same architecture under the ``float16`` policy.
        path: ends in ``.weights.h5``.
    """
    twin.set_weights([np.asarray(value, dtype=np.float16) for value in network.get_weights()])
    twin.save_weights(path)
    network.load_weights(path)
