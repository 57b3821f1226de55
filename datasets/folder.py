"""Any directory of images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmark.dataset import ImageFiles, find_images
from benchmark.errors import UsageError
from benchmark.system.names import unprintable


class Folder(ImageFiles):
    """``folder:PATH``: every image below a directory, in order of path; 8-bit grey or RGB, or converted to it."""

    name = "folder"
    summary = "every image below a directory, recursively"
    arguments = "PATH"

    def __init__(self, roots: Sequence[Path] = (), argument: str = "") -> None:
        super().__init__(roots, argument)
        if not argument:
            raise UsageError("data set 'folder' needs a path: --dataset folder:PATH")
        told = unprintable(argument)  # rows and study files hold a name as all files can
        if told != argument and not Path(argument).expanduser().exists() and Path(told).expanduser().exists():
            self.argument = told

    def locate(self) -> dict[str, Path]:
        return find_images(Path(self.argument).expanduser(), self.passed_over)
