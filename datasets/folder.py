"""Any directory of images, also one that lies elsewhere."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmark.codec import Batch
from benchmark.dataset import ImageFiles, chosen_images, find_images, no_images, read_image
from benchmark.errors import UsageError
from benchmark.system.names import unprintable
from benchmark.system.remote import RemoteFolder, is_address


class Folder(ImageFiles):
    """``folder:PATH``: every image below a directory, in order of path; 8-bit grey or RGB, or converted to it.

    PATH may be an address, such as ``s3://bucket/prefix``. Then the images are listed once by the process that plans a
    run, and each is read by the worker that needs it.
    """

    name = "folder"
    summary = "every image below a directory, recursively"
    arguments = "PATH"

    def __init__(self, roots: Sequence[Path] = (), argument: str = "") -> None:
        super().__init__(roots, argument)
        if not argument:
            raise UsageError("data set 'folder' needs a path: --dataset folder:PATH")
        self._remote = RemoteFolder(argument) if is_address(argument) else None
        if self._remote:
            return
        told = unprintable(argument)  # rows and study files hold a name as all files can
        if told != argument and not Path(argument).expanduser().exists() and Path(told).expanduser().exists():
            self.argument = told

    def locate(self) -> dict[str, Path]:
        return find_images(Path(self.argument).expanduser(), self.passed_over)

    @cached_property
    def _listed(self) -> dict[str, str]:
        """The states of the images that lie elsewhere, by name."""
        assert self._remote is not None
        states = dict(self._remote.files())
        chosen, others = chosen_images(states)
        self.passed_over.update(others)
        if not chosen:
            raise no_images(self.argument, others)
        return {name: states[name] for name in chosen}

    def items(self) -> list[str]:
        return list(self._listed) if self._remote else super().items()

    def load(self, item: str) -> Batch:
        if not self._remote:
            return super().load(item)
        content = io.BytesIO(self._remote.read(item))
        return read_image(content, self.conversions, as_stored=self.as_stored, name=f"{self.argument}/{item}")[
            np.newaxis
        ]

    def state(self, item: str) -> str:
        return self._listed.get(item, "") if self._remote else self.file_state(item)

    def count(self) -> int:
        return len(self._listed) if self._remote else super().count()
