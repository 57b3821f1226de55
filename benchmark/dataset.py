"""The data-set interface, and the search for files that every data set shares."""

from __future__ import annotations

import os
import stat
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import BinaryIO, ClassVar

import numpy as np
import numpy.typing as npt
from platformdirs import user_cache_path

from benchmark.codec import Batch
from benchmark.errors import MissingData, UsageError, did_you_mean
from benchmark.formats.about import SUFFIXES
from benchmark.formats.conversions import with_conversions
from benchmark.system.files import files_below

DATA_VARIABLE = "RDBENCH_DATA"

SETTLING = 2.0
"""Seconds after a change within which another one may leave a file's times as they are: those of some systems are so
coarse."""

BATCH = 1000
"""Images in an item of many: enough to make a container's header vanish, few enough to spread over workers."""


def cache_dir() -> Path:
    """The folder where ``data fetch`` puts data sets: the user's cache, as the platform names it."""
    return user_cache_path("rdbench")


def data_roots(data_root: Path | None = None) -> list[Path]:
    """Folders that may hold data sets, in the order in which they are searched."""
    roots = []
    if data_root is not None:
        roots.append(data_root)
    if os.environ.get(DATA_VARIABLE):
        roots.append(Path(os.environ[DATA_VARIABLE]))
    roots.append(cache_dir())
    return roots


class Dataset(ABC):
    """A named, ordered set of images, read one item at a time so that memory does not grow with the set.

    An item is a batch of images of one size: of one photograph, or of many patches. A data set is one class in a file
    of ``datasets/`` (or an entry point of the group ``rdbench.datasets``).

    Args:
        roots: folders to search, see :func:`data_roots`.
        argument: what follows the colon in ``name:argument``, such as a path or a split.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    expected: ClassVar[int | None] = None
    """How many images the whole set has; None when it has no fixed size."""
    arguments: ClassVar[str] = ""
    """What may follow the colon, for ``list datasets``; empty when nothing may."""
    fetchable: ClassVar[bool] = False
    """Whether ``data fetch`` can download it."""
    built_by: ClassVar[str] = ""
    """The command that makes it from other data, such as ``data build-bd``; empty where there is none."""

    def __init__(self, roots: Sequence[Path] = (), argument: str = "") -> None:
        if argument and not self.arguments:
            raise UsageError(f"data set {self.name!r} takes nothing after the colon, got {argument!r}")
        self.roots = list(roots)
        self.argument = argument

    @abstractmethod
    def items(self) -> Sequence[str]:
        """Names of the items, in order; they go into the records.

        Raises:
            MissingData: the set is not installed; the message says where it looked and what to run.
        """

    @abstractmethod
    def load(self, item: str) -> Batch:
        """Pixels of one item: ``uint8`` (N, H, W) grey or (N, H, W, 3) sRGB."""

    def reference(self, item: str) -> Batch:
        """Pixels with which decoded images are compared, of the shape of :meth:`load`; by default those encoded."""
        return self.load(item)

    def state(self, item: str) -> str:
        """A text that is another once the pixels of an item may be others, found without reading them.

        It is empty where nothing tells, as by default: then a run reads the item to learn which rows it has already.
        """
        return ""

    @abstractmethod
    def count(self) -> int:
        """How many images are there now."""

    @property
    def label(self) -> str:
        """Name for records and figures, such as ``mnist:train``."""
        return f"{self.name}:{self.argument}" if self.argument else self.name

    def training_images(self) -> Iterator[Batch]:
        """Images that a codec may be trained on; a set with a training split gives that split."""
        for item in self.items():
            yield self.load(item)

    @classmethod
    def fetch(cls, destination: Path) -> Path:
        """Downloads the set below a folder from its official address, checking SHA-256.

        Returns:
            The folder that :meth:`items` will find.
        """
        raise UsageError(f"data set {cls.name!r} has nothing to download")

    def find(self, candidates: Sequence[str], pattern: str) -> Path:
        """The first folder below the roots that holds files of a pattern.

        Args:
            candidates: relative folder names under which the set may lie.
            pattern: glob that at least one file must match.

        Raises:
            MissingData: none does.
        """
        looked = []
        for root in self.roots:
            for candidate in candidates:
                folder = root / candidate
                if any(folder.glob(pattern)):
                    return folder
                looked.append(str(folder))
        raise self.missing(looked)

    def missing(self, looked: Sequence[str]) -> MissingData:
        """The error for a set that was not found."""
        cure = f"run 'python -m benchmark data fetch {self.name}', or set" if self.fetchable else "set"
        places = "\n  ".join(looked)
        return MissingData(
            f"data set {self.name!r} was not found. Looked for:\n  {places}\n"
            f"To get it, {cure} --data-root or {DATA_VARIABLE} to the folder that holds it."
        )


class ImageFiles(Dataset):
    """A data set of image files, an item each.

    Attributes:
        conversions: what may be changed in files that are no 8-bit sRGB pictures, see
            :data:`~benchmark.formats.conversions.CONVERSIONS`. They are a part of the label.
        passed_over: how many files of the folder are none of the set, by ending, where that is known.
    """

    as_stored: ClassVar[bool] = False
    """Whether what files say of their colours is disregarded, as published figures of a set do."""
    conversions: tuple[str, ...] = ()

    def __init__(self, roots: Sequence[Path] = (), argument: str = "") -> None:
        super().__init__(roots, argument)
        self.passed_over: Counter[str] = Counter()
        self._real_folders: dict[str, str] = {}

    @property
    def label(self) -> str:
        """Name and conversions, such as ``folder:photos+depth=8``."""
        return with_conversions(super().label, self.conversions)

    @abstractmethod
    def locate(self) -> dict[str, Path]:
        """The files by item, in order; read only once.

        Raises:
            MissingData: there are none.
        """

    @cached_property
    def paths(self) -> dict[str, Path]:
        """What :meth:`locate` found."""
        return self.locate()

    def items(self) -> list[str]:
        """Names of the files, as :meth:`locate` gives them."""
        return list(self.paths)

    def load(self, item: str) -> Batch:
        """A batch of one: shape (1, H, W) or (1, H, W, 3)."""
        if item not in self.paths:
            raise MissingData(f"data set {self.name!r} has no item {item!r}{did_you_mean(str(item), self.paths)}")
        return read_image(self.paths[item], self.conversions, as_stored=self.as_stored)[np.newaxis]

    def state(self, item: str) -> str:
        """The state of the file; empty for a set that reads its files in another way than :meth:`load` does here."""
        return self.file_state(item) if type(self).load is ImageFiles.load else ""

    def file_state(self, item: str) -> str:
        """Path, size, inode and times of the file: no program can change it and leave them all as they were.

        It is empty for a file that is not there, or that was changed within the last :data:`SETTLING` seconds.
        """
        if item not in self.paths:
            return ""
        path = str(self.paths[item])
        try:
            about = os.lstat(path)
            if stat.S_ISLNK(about.st_mode):
                path = str(self.paths[item].resolve())
                about = os.stat(path)  # noqa: PTH116  # to make paths takes longer than to ask for the state
            else:
                folder, name = os.path.split(path)
                path = os.path.join(self._real_folder(folder), name)  # noqa: PTH118  # likewise
        except OSError:
            return ""
        if time.time() - max(about.st_mtime, about.st_ctime) < SETTLING:
            return ""
        return f"{path} {about.st_size} {about.st_ino} {about.st_mtime_ns} {about.st_ctime_ns}"

    def _real_folder(self, folder: str) -> str:
        """A folder without links. It is looked up once, as :attr:`paths` is: for each file that takes longer than all
        else that is asked of it.
        """
        if folder not in self._real_folders:
            self._real_folders[folder] = str(Path(folder).resolve())
        return self._real_folders[folder]

    def count(self) -> int:
        """How many files there are."""
        return len(self.paths)


class PatchDataset(Dataset):
    """A split of a data set of many small images of one size: an item is a batch of them, numbered from 0."""

    split: str

    @abstractmethod
    def read(self, start: int, stop: int) -> Batch:
        """Pixels of some images that follow each other."""

    def items(self) -> list[str]:
        """Names of batches, such as ``test-00000-00999``: the split, the first and the last image."""
        total = self.count()
        return [f"{self.split}-{start:05d}-{min(start + BATCH, total) - 1:05d}" for start in range(0, total, BATCH)]

    def load(self, item: str) -> Batch:
        """Pixels of the images that an item names."""
        return self.read(*self.places(item))

    def places(self, item: str) -> tuple[int, int]:
        """The first of the images that an item names, and the one after the last.

        Raises:
            MissingData: the split has no such images.
        """
        try:
            split, first, last = item.split("-")
            start, stop = int(first), int(last) + 1
        except ValueError:
            raise MissingData(f"data set {self.name!r} has no item {item!r}") from None
        if split != self.split or not 0 <= start < stop <= self.count():
            raise MissingData(f"data set {self.name!r} has no item {item!r}")
        return start, stop


def find_images(folder: Path, passed_over: Counter[str] | None = None) -> dict[str, Path]:
    """Every image file below a folder, in order of path, by its path from there.

    Hidden files and folders are none, such as ``.ipynb_checkpoints`` and the ``._*`` of macOS.

    Args:
        folder: the folder.
        passed_over: is told how many other files there are, by ending; hidden ones by ``hidden``.

    Raises:
        MissingData: there is no such folder, or no image in it.
    """
    if not folder.is_dir():
        raise MissingData(f"{folder} is not a directory; expected a directory of images")
    try:
        names = sorted(files_below(folder), key=lambda name: name.split("/"))
    except OSError as error:
        raise MissingData(f"{folder}: cannot be searched for images: {error}") from error
    found, others = chosen_images(names)
    if passed_over is not None:
        passed_over.update(others)
    if not found:
        raise no_images(folder, others)
    return {name: folder / name for name in found}


def chosen_images(names: Iterable[str]) -> tuple[list[str], Counter[str]]:
    """Names of files that are images, by their endings, and how many others there are: see :func:`find_images`.

    Args:
        names: paths below a folder, their parts separated by slashes.
    """
    others: Counter[str] = Counter()
    found = []
    for name in names:
        ending = os.path.splitext(name)[1].lower()  # noqa: PTH122  # to make a path of each takes ten times as long
        if ending in SUFFIXES and not name.startswith(".") and "/." not in name:
            found.append(name)
            continue
        path = PurePosixPath(name)
        if any(part.startswith(".") for part in path.parts):
            others["hidden"] += 1
        elif path.suffix.lower() in SUFFIXES:
            found.append(name)
        else:
            others[path.suffix.lower() or "without an ending"] += 1
    return found, others


def no_images(folder: Path | str, others: Counter[str]) -> MissingData:
    """The error for a folder without images; ``others`` says what else is there."""
    there = f"; there are others: {told_counts(others)}" if others else ""
    return MissingData(f"no image below {folder}; looked for {', '.join(sorted(SUFFIXES))}{there}")


def told_counts(counts: Counter[str]) -> str:
    """Counts in words, such as ``2 .avif, 1 hidden``."""
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def read_image(
    path: Path | BinaryIO, conversions: Sequence[str] = (), *, as_stored: bool = False, name: str = ""
) -> npt.NDArray[np.uint8]:
    """Pixels of an 8-bit image file, or of its content: (H, W) grey or (H, W, 3) sRGB.

    Args:
        path: the file.
        conversions: what may be changed, see :data:`~benchmark.formats.conversions.CONVERSIONS`.
        as_stored: whether what the file says of its colours is disregarded.
        name: what messages call it; by default its path.

    Raises:
        UnsupportedImage: it has an alpha channel, more than 8 bits, another colour model or profile, several frames or
            another orientation that no conversion allows for, or is too large.
        MissingData: it cannot be read as an image.
    """
    from benchmark.formats.read import read_pixels

    try:
        data = path.read_bytes() if isinstance(path, Path) else path.read()
    except OSError as error:
        raise MissingData(f"{path}: cannot be read: {error.strerror or error}") from error
    return read_pixels(data, name or str(path), conversions, as_stored=as_stored)
