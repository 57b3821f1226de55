"""Any directory of images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmark.dataset import ImageFiles
from benchmark.errors import MissingData, UsageError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pnm", ".gif"})


class Folder(ImageFiles):
    """``folder:PATH``: every image below a directory, in order of path; 8-bit grey or RGB."""

    name = "folder"
    summary = "every image below a directory, recursively"
    arguments = "PATH"

    def __init__(self, roots: Sequence[Path] = (), argument: str = "") -> None:
        super().__init__(roots, argument)
        if not argument:
            raise UsageError("data set 'folder' needs a path: --dataset folder:PATH")

    def locate(self) -> dict[str, Path]:
        folder = Path(self.argument).expanduser()
        if not folder.is_dir():
            raise MissingData(f"{folder} is not a directory; expected --dataset folder:PATH with a directory of images")
        found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        if not found:
            raise MissingData(f"no image below {folder}; looked for {', '.join(sorted(SUFFIXES))}")
        return {path.relative_to(folder).as_posix(): path for path in found}
