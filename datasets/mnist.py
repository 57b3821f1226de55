"""MNIST and Fashion-MNIST: 28×28 grey images in idx files."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np

from benchmark.codec import Batch, Image
from benchmark.dataset import Dataset, PatchDataset
from benchmark.errors import DigestError, UsageError

NOISE = 0.3
"""Standard deviation of the noise of ``noisy``, of a range of 0 to 1 (Keras' example of a denoising autoencoder)."""

_FILES = {"test": "t10k-images-idx3-ubyte", "train": "train-images-idx3-ubyte"}


class _Idx(PatchDataset):
    """Images of one idx file; digests are of the decompressed file, since mirrors gzip it anew.

    ``noisy`` is the test split with noise, an image's place in the split being its seed; the reference is clean.
    """

    arguments = "test (default), train or noisy"
    fetchable = True
    folders: ClassVar[tuple[str, ...]]
    system_folder: ClassVar[Path | None] = None
    address: ClassVar[str]
    digests: ClassVar[dict[str, str]]

    def __init__(self, roots: Sequence[Path] = (), argument: str = "") -> None:
        super().__init__(roots, "" if argument == "test" else argument)
        if argument not in ("", "test", "train", "noisy"):
            raise UsageError(f"data set {self.name!r} has the splits test and train, and noisy, got {argument!r}")
        self.split = "train" if argument == "train" else "test"
        self.noisy = argument == "noisy"

    @cached_property
    def _pixels(self) -> Batch:
        data = self._path().read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        digest = hashlib.sha256(data).hexdigest()
        if digest != self.digests[self.split]:
            raise DigestError(
                f"{self._path()}: expected SHA-256 {self.digests[self.split]} of the decompressed file, got {digest}; "
                f"delete it and run 'python -m benchmark data fetch {self.name}'"
            )
        return np.frombuffer(data, np.uint8, offset=16).reshape(-1, 28, 28)

    def _path(self) -> Path:
        looked = []
        for folder in [*(root / name for root in self.roots for name in self.folders), self.system_folder]:
            if folder is not None:
                for suffix in (".gz", ""):
                    path = folder / f"{_FILES[self.split]}{suffix}"
                    if path.is_file():
                        return path
                    looked.append(str(path))
        raise self.missing(looked)

    def items(self) -> list[str]:
        self._path()
        return super().items()

    def read(self, start: int, stop: int) -> Batch:
        clean = self._pixels[start:stop]
        if not self.noisy:
            return clean
        return np.stack([add_noise(image, place) for place, image in enumerate(clean, start)])

    def reference(self, item: str) -> Batch:
        start, stop = self.places(item)
        return self._pixels[start:stop]

    def count(self) -> int:
        return 10_000 if self.split == "test" else 60_000

    def training_images(self) -> Iterator[Batch]:
        return Dataset.training_images(type(self)(self.roots, "train"))

    @classmethod
    def fetch(cls, destination: Path) -> Path:
        import pooch

        folder = destination / cls.folders[0]
        for split, digest in cls.digests.items():
            name = f"{_FILES[split]}.gz"
            path = Path(pooch.retrieve(f"{cls.address}{name}", known_hash=None, fname=name, path=folder))
            found = hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest()
            if found != digest:
                path.unlink()
                raise DigestError(f"{cls.address}{name}: expected SHA-256 {digest} when decompressed, got {found}")
        return folder


def add_noise(image: Image, seed: int) -> Image:
    """An image plus Gaussian noise of :data:`NOISE`, clipped and rounded to 8 bits; the same for the same seed.

    ``RandomState`` is the one generator of NumPy whose numbers are promised never to change (NEP 19).
    """
    noise = np.random.RandomState(seed).standard_normal(image.shape)
    return np.rint(255 * np.clip(image / 255 + NOISE * noise, 0, 1)).astype(np.uint8)


class Mnist(_Idx):
    """MNIST (LeCun, Cortes and Burges 1998): handwritten digits, 10,000 test and 60,000 training images."""

    name = "mnist"
    summary = "handwritten digits, 28×28 grey: 10,000 test and 60,000 training images"
    folders = ("mnist",)
    address = "https://ossci-datasets.s3.amazonaws.com/mnist/"
    digests: ClassVar[dict[str, str]] = {
        "test": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "train": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    }


class FashionMnist(_Idx):
    """Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): articles of clothing, the same shape as MNIST."""

    name = "fashion-mnist"
    summary = "articles of clothing, 28×28 grey: 10,000 test and 60,000 training images"
    folders = ("fashion-mnist",)
    system_folder = Path("/usr/share/datasets/fashion-mnist")
    address = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
    digests: ClassVar[dict[str, str]] = {
        "test": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "train": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    }
