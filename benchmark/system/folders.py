"""Folders that appear whole or not at all."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmark.errors import OutputError
from benchmark.system.files import make_folder, writing
from benchmark.system.lock import NAME, folder_lock


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to be filled, which takes the place of another once it is whole.

    Until then it lies beside it, and nobody else fills it. An error inside removes it. What a killed process has left
    is removed by the next one.

    Args:
        path: the path of the folder; what is there is removed at the end.

    Yields:
        The folder to fill.

    Raises:
        UsageError: another process fills the same folder.
        OutputError: it cannot be made.
    """
    partial = path.with_name(f".{path.name}.partial")
    if partial.is_symlink():
        raise OutputError(f"{partial}: it is a link, and links are not written through; remove it")
    make_folder(partial)
    with contextlib.ExitStack() as locked:
        try:
            locked.enter_context(folder_lock(partial))
        except OutputError:
            with contextlib.suppress(OSError):
                partial.rmdir()  # if it is empty
            raise
        try:
            with writing(path):
                for left in partial.iterdir():
                    if left.name != NAME:
                        shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
            yield partial
            with writing(path):
                shutil.rmtree(path, ignore_errors=True)
                (partial / NAME).unlink()
                partial.rename(path)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
