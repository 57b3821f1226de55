"""The beginning of a stream of another environment's codec: its settings, in as few bytes as they take.

A setting with choices is the place of its value among them. A whole number takes 7 bits a byte, small ones first on
both sides of 0; any other number takes 8 bytes, a text its bytes after their number. A codec without settings has no
such beginning.
"""

from __future__ import annotations

import dataclasses
import struct
from typing import Any, TypeVar

from benchmark.codec import Codec, Setting, setting_types
from benchmark.errors import BitstreamError, SettingError

_NUMBER = struct.Struct("<d")
_MOST_BITS = 128
"""Bits of a whole number in a stream, more than any setting has."""

_Codec = TypeVar("_Codec", bound=Codec)


def pack_settings(codec: Codec) -> bytes:
    """The bytes that a stream of a codec begins with, in the order of its fields."""
    kinds = setting_types(type(codec))
    parts = []
    for field in dataclasses.fields(codec):
        value, choices = getattr(codec, field.name), field.metadata.get("choices")
        parts.append(_packed(list(choices).index(value)) if choices else _packed(kinds[field.name](value)))
    return b"".join(parts)


def unpack_settings(cls: type[_Codec], data: bytes) -> tuple[_Codec, int]:
    """The codec at the settings that a stream begins with, and the place where these end.

    Raises:
        BitstreamError: the stream does not begin with settings of this codec.
    """
    kinds, place = setting_types(cls), 0
    settings: dict[str, Setting] = {}
    try:
        for field in dataclasses.fields(cls):
            choices = field.metadata.get("choices")
            value, place = _unpacked(int if choices else kinds[field.name], data, place)
            settings[field.name] = choices[value] if choices else value
        return cls.from_settings(settings), place
    except (IndexError, struct.error, UnicodeDecodeError, SettingError) as error:
        raise BitstreamError(f"not a stream of {cls.name}: it does not begin with settings of it: {error}") from error


def _packed(value: Setting) -> bytes:
    if isinstance(value, float):
        return _NUMBER.pack(value)
    if isinstance(value, str):
        text = value.encode()
        return _packed(len(text)) + text
    number = 2 * value if value >= 0 else -2 * value - 1
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes(parts) + bytes([number])


def _unpacked(kind: type, data: bytes, place: int) -> tuple[Any, int]:
    """A value of a type, and where it ends."""
    if kind is float:
        return _NUMBER.unpack_from(data, place)[0], place + _NUMBER.size
    number = shift = 0
    while data[place] > 127 and shift < _MOST_BITS:
        number |= (data[place] & 127) << shift
        place, shift = place + 1, shift + 7
    number |= data[place] << shift
    number = -(number + 1) // 2 if number % 2 else number // 2
    place += 1
    if kind is not str:
        return kind(number), place
    if not 0 <= number <= len(data) - place:
        raise IndexError("the text is longer than the stream")
    return data[place : place + number].decode(), place + number
