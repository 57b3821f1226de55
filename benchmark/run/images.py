"""What earlier runs have learned of the pictures of a data set, so that a run need not read them to know its rows.

A row is known by the pixels of its picture. To read a picture for that alone takes longer than all else that a run with
nothing to do does. So ``images.json`` in the folder of results holds the digest of the pixels of each picture, with the
state of its file at that time. It is believed as long as the state is the same, see
:meth:`benchmark.dataset.Dataset.state`, and so are the code and the libraries that read pictures.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

from benchmark.dataset import Dataset
from benchmark.formats.limit import max_pixels
from benchmark.system.documents import parse_json
from benchmark.system.files import replace_file
from benchmark.system.installed import installed_version

NAME = "images.json"
"""Name of the file in the folder of results."""

_LIBRARIES = ("numpy", "pillow", "imagecodecs", "tifffile", "pillow-heif", "pillow-avif-plugin")
"""Packages that read pictures."""


class ImageDigests:
    """Digests of the pictures of a data set, of those whose files have not changed since a run has read them.

    Args:
        folder: the folder of results, whose file is read, and written by :meth:`save`.
        dataset: opened. The states of its files are those of this moment: a file that changes later, while the run
            goes on, has another state when the next one begins.
        items: the items that the run is about.
    """

    def __init__(self, folder: Path, dataset: Dataset, items: Sequence[str]) -> None:
        self._path = folder / NAME
        self._reader = _reader(dataset)
        self._states = {item: _hashed(state) for item in items if (state := dataset.state(item))}
        self._told = _read(self._path, self._reader)
        self._found: dict[str, str] = {}

    def of(self, item: str) -> str:
        """The digest of an item's pixels; empty where only reading them can tell."""
        state, digest = self._told.get(item, ("", ""))
        return digest if state and self._states.get(item) == state else ""

    def learn(self, item: str, digest: str) -> None:
        """Takes the digest of pixels that were read after this object was made."""
        if digest and item in self._states:
            self._found[item] = digest

    def save(self) -> None:
        """Writes the file, if there is anything new.

        Raises:
            OutputError: it cannot be written.
        """
        told = self._told | {item: (self._states[item], digest) for item, digest in self._found.items()}
        if told != self._told:
            content = {"reader": self._reader, "images": {item: list(pair) for item, pair in told.items()}}
            replace_file(self._path, json.dumps(content, indent=0, ensure_ascii=False) + "\n")


def _read(path: Path, reader: str) -> dict[str, tuple[str, str]]:
    """State and digest by item, as an earlier run has written them; none where anything is in doubt."""
    try:
        content: Any = parse_json(path.read_bytes())
        entries: Mapping[str, Any] = content["images"] if content["reader"] == reader else {}
        return {item: (_digest(state), _digest(digest)) for item, (state, digest) in entries.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _digest(text: object) -> str:
    if not isinstance(text, str) or not re.fullmatch("[0-9a-f]{64}", text):
        raise ValueError
    return text


def _hashed(state: str) -> str:
    """The digest of a state, which would tell where a user keeps his files."""
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()


def _reader(dataset: Dataset) -> str:
    """A digest of what makes pixels of the files of a data set: code, libraries, conversions, and the limit of size."""
    how = (dataset.label, getattr(dataset, "as_stored", ""), max_pixels())
    digest = hashlib.sha256(repr(how).encode())
    formats = Path(inspect.getfile(max_pixels)).parent
    for path in sorted([Path(inspect.getfile(Dataset)), *formats.glob("*.py")]):
        digest.update(path.read_bytes())
    for name in _LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            digest.update(f"{name} {installed_version(name)}".encode())
    return digest.hexdigest()
