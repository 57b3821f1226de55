"""Files that lie elsewhere: in a bucket or on a server. fsspec reads them, by the form of their address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from benchmark.errors import MissingBackend, MissingData, UsageError, one_line

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)

_DIGESTS = ("ETag", "etag", "md5Hash", "sha256", "blob_id")
"""What stores say of the content of a file: S3, HTTP, Google's, Hugging Face."""


def is_address(text: str) -> bool:
    """Whether a text is the address of something elsewhere, such as ``s3://bucket/prefix``, and no path."""
    return _ADDRESS.match(text) is not None


class RemoteFolder:
    """All files below an address. Nothing is read before it is asked for.

    Args:
        address: such as ``s3://bucket/prefix``. How to reach it, and as whom, is told to the library in its own way,
            such as by ``AWS_ENDPOINT_URL`` and ``AWS_ACCESS_KEY_ID`` in the environment.
    """

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._store: tuple[Any, str] | None = None

    def files(self) -> Iterator[tuple[str, str]]:
        """The files in order of path, by their paths from the address.

        Yields:
            The path of a file, and a text that is another once its content is another; empty where nobody tells.

        Raises:
            MissingBackend: the library for addresses of this form is not installed.
            UsageError: there is no such form.
            MissingData: it cannot be listed.
        """
        store, root = self._opened()
        try:
            found = store.find(root, detail=True)
        except Exception as error:  # each library has errors of its own
            raise MissingData(f"{self.address}: cannot be listed: {one_line(error)}") from error
        below = root.rstrip("/") + "/"
        named = {name.removeprefix(below): about for name, about in found.items() if name.startswith(below)}
        for name in sorted(named, key=PurePosixPath):
            digest = next((str(named[name][key]) for key in _DIGESTS if named[name].get(key)), "")
            yield name, f"{self.address}/{name} {named[name].get('size')} {digest}" if digest else ""

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            MissingData: it cannot be read; others as of :meth:`files`.
        """
        store, root = self._opened()
        try:
            data: bytes = store.cat_file(f"{root.rstrip('/')}/{name}")
        except Exception as error:
            raise MissingData(f"{self.address}/{name}: cannot be read: {one_line(error)}") from error
        return data

    def _opened(self) -> tuple[Any, str]:
        """The store that holds the files, and the path of the folder in it."""
        if self._store is None:
            try:
                import fsspec
            except ImportError as error:
                raise MissingBackend(f"{self.address} needs fsspec: pip install 'rdbench[remote]'") from error
            try:
                self._store = fsspec.core.url_to_fs(self.address)
            except ImportError as error:
                raise MissingBackend(f"{self.address} cannot be read here: {one_line(error)}") from error
            except Exception as error:
                raise UsageError(f"{self.address}: no address that fsspec can read: {one_line(error)}") from error
        return self._store
