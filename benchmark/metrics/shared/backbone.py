"""Networks trained on ImageNet, on which metrics build: files that the user fetches, known by their SHA-256."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from benchmark.errors import MissingBackend

BACKBONES_VARIABLE = "RDBENCH_BACKBONES"
"""The environment variable that names the folder of the files."""


@dataclass(frozen=True)
class Backbone:
    """A network of torchvision.

    Attributes:
        title: its name.
        file: the name of the file of its weights.
        digest: the first eight hexadecimal digits of the SHA-256 of the file, which its publisher gives in the name.
    """

    title: str
    file: str
    digest: str


ALEXNET = Backbone("AlexNet", "alexnet-owt-7be5be79.pth", "7be5be79")
VGG16 = Backbone("VGG-16", "vgg16-397923af.pth", "397923af")


def backbone_path(metric: str, backbone: Backbone) -> Path:
    """The file of a network.

    Args:
        metric: title of the metric that needs it, for the message.
        backbone: the network.

    Raises:
        MissingBackend: it is not there, or is another file.
    """
    folder = os.environ.get(BACKBONES_VARIABLE, "")
    path = Path(folder) / backbone.file
    fetch = (
        f"fetch https://download.pytorch.org/models/{backbone.file} (SHA-256 {backbone.digest}…) into a folder, and "
        f"let {BACKBONES_VARIABLE} name it"
    )
    if not folder or not path.is_file():
        raise MissingBackend(f"{metric} needs the weights of {backbone.title}: {fetch}")
    about = path.stat()
    found = _sha256(path, about.st_size, about.st_mtime_ns)
    if not found.startswith(backbone.digest):
        raise MissingBackend(f"{path}: expected a file of SHA-256 {backbone.digest}…, got {found[:8]}…: {fetch}")
    return path


def load_tensors(path: Path) -> Mapping[str, Any]:
    """Tensors of a file of PyTorch by name; it is read without running any code of it."""
    import torch

    tensors: Mapping[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return tensors


def package_tensors(package: str, file: str) -> Mapping[str, Any]:
    """Tensors of a file that comes with an installed package.

    Args:
        package: name of the distribution.
        file: path of the file in it.
    """
    return load_tensors(Path(str(distribution(package).locate_file(file))))


@cache
def _sha256(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
