"""BD0 to BD4: patches of photographs, binned by entropy (Ramos, University of Brasília, 2019).

``python -m benchmark data build-bd`` builds them from any photographs: see ``benchmark/workflows/patches.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch
from benchmark.dataset import Dataset, PatchDataset
from benchmark.errors import DigestError, MissingData, UsageError

_SPLITS = ("test", "train")


class _PatchSet(PatchDataset):
    """A split of one of the sets, or of several at once: then each patch counts once, however many sets hold it.

    ``bd2`` lies in the folder ``bd`` below a data folder, ``bd2:clic`` in ``bd-clic``.
    """

    arguments = "[NAME/][test|train]"
    built_by = "data build-bd"
    sets: ClassVar[tuple[str, ...]]

    def __init__(self, roots: Sequence[Path] = (), argument: str = "") -> None:
        variant, slash, split = argument.rpartition("/")
        if not slash and split not in _SPLITS:
            variant, split = split, "test"
        if split not in _SPLITS or "/" in variant or (slash and not variant):
            raise UsageError(f"data set {self.name!r} takes {self.arguments} after the colon, got {argument!r}")
        super().__init__(roots, "/".join(filter(None, (variant, "" if split == "test" else split))))
        self.variant, self.split = variant, split

    @cached_property
    def _folder(self) -> Path:
        return self.find([f"bd-{self.variant}" if self.variant else "bd"], "manifest.json")

    @cached_property
    def _open(self) -> tuple[list[Batch], npt.NDArray[np.int64]]:
        """Memory-mapped shards, of one set after the other, and where among all their rows each patch lies.

        Raises:
            DigestError: the manifest, or a file that it names, is not what ``build-bd`` writes.
        """
        path = self._folder / "manifest.json"
        shards: list[Batch] = []
        indices = []
        try:
            manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            shape = (manifest["patch"], manifest["patch"], 3)
            for name in self.sets:
                part = manifest["sets"][name][self.split]
                path = self._folder / name / f"{self.split}-index.npy"
                indices.append(_map(path, np.int64, ()))
                opened = []
                for file in part["shards"]:
                    path = self._folder / file
                    opened.append(_map(path, np.uint8, shape))
                if not len(indices[-1]) == sum(map(len, opened)) == part["patches"]:
                    raise ValueError(
                        f"expected {part['patches']} patches for {self.split}, got {sum(map(len, opened))} and "
                        f"{len(indices[-1])} indices"
                    )
                shards += opened
        except (OSError, EOFError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise DigestError(
                f"{path}: not as 'data build-bd' writes it ({type(error).__name__}: {error}); delete {self._folder} "
                "and build it again"
            ) from error
        return shards, np.unique(np.concatenate(indices), return_index=True)[1]

    def read(self, start: int, stop: int) -> Batch:
        shards, slots = self._open[0], self._open[1][start:stop]
        patches = np.empty((len(slots), *shards[0].shape[1:]), np.uint8)
        offset = 0
        for shard in shards:
            here = (offset <= slots) & (slots < offset + len(shard))
            if here.any():
                patches[here] = shard[slots[here] - offset]
            offset += len(shard)
        return patches

    def count(self) -> int:
        return len(self._open[1])

    def training_images(self) -> Iterator[Batch]:
        return Dataset.training_images(type(self)(self.roots, f"{self.variant}/train" if self.variant else "train"))

    def missing(self, looked: Sequence[str]) -> MissingData:
        folder = f"bd-{self.variant}" if self.variant else "bd"
        places = "\n  ".join(looked)
        return MissingData(
            f"data set {self.name!r} was not found. Looked for:\n  {places}\n"
            f"To get it, run 'python -m benchmark {self.built_by} --source PHOTOGRAPHS --out DIR/{folder}', and "
            "give --data-root DIR."
        )


def _map(path: Path, dtype: type, shape: tuple[int, ...]) -> Any:
    """A memory-mapped array of rows of a shape.

    Raises:
        ValueError, OSError: the file holds something else, or has another length.
    """
    array = np.load(path, mmap_mode="r")
    if array.dtype != dtype or array.shape[1:] != shape:
        raise ValueError(f"expected {np.dtype(dtype)} rows of shape {shape}, got {array.dtype} {array.shape}")
    if path.stat().st_size != array.offset + array.nbytes:
        raise ValueError(f"expected {array.offset + array.nbytes} bytes, got {path.stat().st_size}")
    return array


class Bd0(_PatchSet):
    """BD0: the fifth of all patches whose PNG files are the shortest."""

    name = "bd0"
    summary = "RGB patches of the lowest fifth by entropy, from photographs of yours"
    sets = ("bd0",)


class Bd1(_PatchSet):
    """BD1: the middle fifth."""

    name = "bd1"
    summary = "the same, middle fifth"
    sets = ("bd1",)


class Bd2(_PatchSet):
    """BD2: the fifth whose PNG files are the longest."""

    name = "bd2"
    summary = "the same, highest fifth"
    sets = ("bd2",)


class Bd3(_PatchSet):
    """BD3: a fifth drawn at random."""

    name = "bd3"
    summary = "the same, a random fifth"
    sets = ("bd3",)


class Bd4(_PatchSet):
    """BD4: as many, drawn at random from the upper half."""

    name = "bd4"
    summary = "the same, as many at random from the upper half"
    sets = ("bd4",)


class BdAll(_PatchSet):
    """The union of the five, each patch once."""

    name = "bd-all"
    summary = "the union of bd0 to bd4, each patch once"
    sets = ("bd0", "bd1", "bd2", "bd3", "bd4")
