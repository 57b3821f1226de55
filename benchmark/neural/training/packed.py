"""Training images in one file that is easily carried: JPEG files as they are, others compressed without loss."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch
from benchmark.dataset import Dataset, ImageFiles, read_image
from benchmark.errors import UsageError
from benchmark.system.files import make_folder, replacing


def pack(dataset: Dataset, name: str, path: Path, *, count: int | None, max_bytes: int) -> tuple[int, int]:
    """Packs a data set's training images, or as many of them, drawn by a fixed seed, as are asked for and fit.

    Args:
        dataset: its items or, where it has a training split, those of that split.
        name: the name of the data set, for model cards.
        path: ends in ``.npz``.
        count: how many images at most; None for all.
        max_bytes: the most bytes that the file may have.

    Returns:
        How many images were packed, and how many there are.

    Raises:
        UsageError: not one fits.
        MissingData: the data set is not there.
    """
    files = list(_files(dataset))
    chosen, total = [], 4096
    for index in np.random.default_rng(0).permutation(len(files))[:count]:
        size = len(files[index]) + 8
        if total + size <= max_bytes:
            chosen.append(int(index))
            total += size
    if not chosen:
        raise UsageError(f"no image of {name} fits into {max_bytes} bytes; give a larger --max-size")
    chosen.sort()
    label = name if len(chosen) == len(files) else f"{name} ({len(chosen)} of {len(files)})"
    content: dict[str, Any] = {
        "name": np.array(name),
        "label": np.array(label),
        "sizes": np.array([len(files[index]) for index in chosen], np.int64),
        "data": np.frombuffer(b"".join(files[index] for index in chosen), np.uint8),
    }
    make_folder(path.parent)
    with replacing(path) as file:
        np.savez(file, **content)
    return len(chosen), len(files)


class PackedImages:
    """The images of a file that :func:`pack` wrote.

    Attributes:
        name: the name of the data set.
        label: the name, and how much of the data set there is.

    Raises:
        UsageError: it is no such file.
    """

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                self.name, self.label = str(stored["name"]), str(stored["label"])
                self._sizes: npt.NDArray[np.int64] = stored["sizes"]
                self._data: npt.NDArray[np.uint8] = stored["data"]
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
        except (EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise UsageError(f"{path}: expected a file that 'pack' wrote: {error}") from error

    def images(self) -> Iterator[Batch]:
        """Batches of one image each: (1, H, W) grey or (1, H, W, 3)."""
        ends = np.cumsum(self._sizes)
        for start, end in zip(ends - self._sizes, ends, strict=True):
            yield read_image(io.BytesIO(self._data[start:end].tobytes()))[np.newaxis]


def _files(dataset: Dataset) -> Iterator[bytes]:
    """The content of an image file for each training image."""
    if isinstance(dataset, ImageFiles):
        for path in dataset.paths.values():
            image = read_image(path)  # what cannot be trained on is told now
            yield path.read_bytes() if path.suffix.lower() in (".jpg", ".jpeg") else _encoded(image)
    else:
        for batch in dataset.training_images():
            yield from map(_encoded, batch)


def _encoded(image: npt.NDArray[np.uint8]) -> bytes:
    """PNG of a grey image, lossless WebP of a colour one, which is smaller."""
    from PIL import Image

    file = io.BytesIO()
    if image.ndim == 2:
        Image.fromarray(image).save(file, "PNG", optimize=True)
    else:
        Image.fromarray(image).save(file, "WEBP", lossless=True, quality=75, exact=True)
    return file.getvalue()
