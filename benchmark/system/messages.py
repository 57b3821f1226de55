"""What worker processes tell: messages, read without waiting and without trust.

A worker runs code that nobody here has read. It may find the pipe and write anything into it: half a message, for which
whoever reads must not wait, or a pickle that runs code where it is read.
"""

from __future__ import annotations

import builtins
import dataclasses
import io
import pickle
import struct
from collections.abc import Iterator
from typing import Any

MOST = 1 << 30
"""Bytes that a message may have."""

_HEADER, _LONG = struct.Struct("!i"), struct.Struct("!Q")
"""The length of a message; −1 where a longer number follows: the form of ``multiprocessing``."""

_BUILTINS = {"set", "frozenset", "bytearray", "complex"}


class Messages:
    """Messages that arrive in pieces, in the form in which ``multiprocessing.connection`` sends them."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def arrived(self, data: bytes) -> None:
        """Takes a piece."""
        self._bytes += data

    def whole(self) -> Iterator[bytes]:
        """Messages that are whole, each once.

        Raises:
            ValueError: what arrived is no message: it says a length that none has.
        """
        while len(self._bytes) >= _HEADER.size:
            (length,), start = _HEADER.unpack_from(self._bytes), _HEADER.size
            if length == -1:
                start += _LONG.size
                if len(self._bytes) < start:
                    return
                (length,) = _LONG.unpack_from(self._bytes, _HEADER.size)
            if not 0 <= length <= MOST:
                raise ValueError(f"it is no message: expected at most {MOST} bytes, got {length}")
            if len(self._bytes) < start + length:
                return
            message = bytes(memoryview(self._bytes)[start : start + length])
            del self._bytes[: start + length]
            yield message


class _Plain(pickle.Unpickler):
    """Reads plain data: built-in values, data classes of this bench, and errors of it and of Python."""

    def find_class(self, module: str, name: str) -> Any:
        """A class that plain data may have; nothing is imported from elsewhere for it.

        Raises:
            pickle.UnpicklingError: it may not.
        """
        if module == "builtins":
            found = getattr(builtins, name, None)
            if name in _BUILTINS or (isinstance(found, type) and issubclass(found, BaseException)):
                return found
        elif module.partition(".")[0] == "benchmark":
            found = super().find_class(module, name)
            if isinstance(found, type) and (dataclasses.is_dataclass(found) or issubclass(found, Exception)):
                return found
        raise pickle.UnpicklingError(f"expected plain data, got {module}.{name}")


def plain(message: bytes) -> Any:
    """What a message says that is plain data.

    Raises:
        pickle.UnpicklingError: it holds something else.
    """
    return _Plain(io.BytesIO(message)).load()
