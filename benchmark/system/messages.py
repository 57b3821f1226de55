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
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

MOST = 1 << 30
"""Bytes that a message may have."""

_HEADER, _LONG = struct.Struct("!i"), struct.Struct("!Q")
"""The length of a message; −1 where a longer number follows: the form of ``multiprocessing``."""

_PythonUnpickler: Any = pickle._Unpickler

_HASHED = {str, bytes, int, float, bool}

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


class _Plain(_PythonUnpickler):  # type: ignore[misc]  # it has no type
    """Reads plain data: built-in values, data classes of this bench, and errors of it and of Python.

    It is Python's own reader in Python, of which each step that could run code, or take for ever, can be looked at.
    """

    dispatch: ClassVar[dict[int, Any]] = dict(_PythonUnpickler.dispatch)

    def find_class(self, module: str, name: str) -> Any:
        """A class that plain data may have; nothing is imported for it.

        Raises:
            pickle.UnpicklingError: it may not.
        """
        if module == "builtins":
            found = getattr(builtins, name, None)
            if name in _BUILTINS or (isinstance(found, type) and issubclass(found, BaseException)):
                return found
        elif module.partition(".")[0] == "benchmark":
            found = vars(sys.modules.get(module, builtins)).get(name)
            if isinstance(found, type) and (dataclasses.is_dataclass(found) or issubclass(found, Exception)):
                return found
        raise pickle.UnpicklingError(f"expected plain data, got {module}.{name}")

    def _called(self) -> None:
        """Makes an error from its arguments, or a built-in value; data classes are never called."""
        called, arguments = self.stack[-2:]
        if dataclasses.is_dataclass(called):
            raise pickle.UnpicklingError(f"expected plain data, got a call of {called!r}")
        _hashable(arguments)
        _PythonUnpickler.load_reduce(self)

    def _made(self) -> None:
        """Makes an empty data class."""
        if self.stack[-1] != ():
            raise pickle.UnpicklingError("expected plain data, got arguments of a class")
        _PythonUnpickler.load_newobj(self)

    def _filled(self) -> None:
        """Sets the fields of a data class, or the notes of an error: never those of a class itself."""
        filled, state = self.stack[-2:]
        if isinstance(filled, type) or type(state) is not dict:
            raise pickle.UnpicklingError("expected plain data, got other state than fields")
        if isinstance(filled, BaseException):
            for value in state.values():
                _hashable(value if type(value) is list else [value])
        _PythonUnpickler.load_build(self)

    def _keyed(self) -> None:
        """Sets entries of a dictionary."""
        self._put_into(dict)
        _hashable(self.stack[::2])
        _PythonUnpickler.load_setitems(self)

    def _keyed_one(self) -> None:
        self._put_into(dict, self.stack[:-2])
        _hashable([self.stack[-2]])
        _PythonUnpickler.load_setitem(self)

    def _added(self) -> None:
        """Adds to a set."""
        self._put_into(set)
        _hashable(self.stack)
        _PythonUnpickler.load_additems(self)

    def _listed(self) -> None:
        """Adds to a list."""
        self._put_into(list)
        _PythonUnpickler.load_appends(self)

    def _listed_one(self) -> None:
        self._put_into(list, self.stack[:-1])
        _PythonUnpickler.load_append(self)

    def _put_into(self, kind: type, below: Sequence[Any] | None = None) -> None:
        """Refuses what is not of a kind, and may do anything where something is put into it."""
        place = (self.metastack[-1] if below is None else below)[-1]
        if type(place) is not kind:
            raise pickle.UnpicklingError(
                f"expected plain data, got {type(place).__name__} in place of a {kind.__name__}"
            )

    def _frozen(self) -> None:
        _hashable(self.stack)
        _PythonUnpickler.load_frozenset(self)


_Plain.dispatch |= {
    pickle.REDUCE[0]: _Plain._called,
    pickle.NEWOBJ[0]: _Plain._made,
    pickle.BUILD[0]: _Plain._filled,
    pickle.SETITEMS[0]: _Plain._keyed,
    pickle.SETITEM[0]: _Plain._keyed_one,
    pickle.ADDITEMS[0]: _Plain._added,
    pickle.FROZENSET[0]: _Plain._frozen,
    pickle.APPENDS[0]: _Plain._listed,
    pickle.APPEND[0]: _Plain._listed_one,
}
for _code in (pickle.NEWOBJ_EX, pickle.OBJ, pickle.INST, pickle.EXT1, pickle.EXT2, pickle.EXT4, pickle.PERSID):
    del _Plain.dispatch[_code[0]]  # what plain data has no use for


def _hashable(values: Iterable[Any]) -> None:
    """Refuses what takes long to hash, such as tuples that hold themselves again and again.

    Raises:
        pickle.UnpicklingError: there is something else than numbers and texts.
    """
    if wrong := [value for value in values if value is not None and type(value) not in _HASHED]:
        raise pickle.UnpicklingError(f"expected plain data, got {type(wrong[0]).__name__} where numbers and texts are")


def plain(message: bytes) -> Any:
    """What a message says that is plain data.

    Raises:
        pickle.UnpicklingError: it holds something else.
    """
    return _Plain(io.BytesIO(message)).load()
