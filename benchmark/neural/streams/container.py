"""The stream containers of the bench's own codecs: one header for one image or for many of one size.

    magic       3 bytes  "RDB"
    format      1 byte   1, or 2 for a stream of levels
    codec       string   name
    weights     8 bytes  identity of the weights, see weights.py
    settings    varints  how many, then each
    count, height, width, channels   varints
    payload     string
    checksum    4 bytes  CRC-32 of all that precedes, little-endian

In a stream of levels each level is a payload with a checksum of its own, and the header has no payload: whoever cuts
such a stream after any whole level has a whole stream. A varint is LEB128; a string is its length as a varint, then its
bytes. A header takes about 30 bytes, a level 6.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.errors import BitstreamError
from benchmark.formats.limit import check_claim

MAGIC = b"RDB\x01"
MAGIC_LEVELS = b"RDB\x02"
MAX_SIDE = 1 << 16
MAX_SAMPLES = 1 << 28
"""Largest count × height × width × channels that a decoder agrees to allocate."""


@dataclass(frozen=True)
class Frame:
    """What a stream says.

    Attributes:
        codec: name of the codec that wrote it.
        weights: identity of the weights, 8 bytes.
        settings: the codec's settings, as non-negative integers.
        count, height, width, channels: how many images of what size; channels are 1 or 3.
        payload: entropy-coded symbols; empty in the header of a stream of levels.
    """

    codec: str
    weights: bytes
    settings: tuple[int, ...]
    count: int
    height: int
    width: int
    channels: int
    payload: bytes = b""


def pack(frame: Frame) -> bytes:
    """The bytes of a frame."""
    return _sealed(MAGIC + _head(frame) + _varint(len(frame.payload)) + frame.payload)


def pack_levels(frame: Frame, levels: Sequence[bytes]) -> bytes:
    """The bytes of a stream of levels."""
    return _sealed(MAGIC_LEVELS + _head(frame)) + b"".join(_sealed(_varint(len(level)) + level) for level in levels)


def _head(frame: Frame) -> bytes:
    name = frame.codec.encode("ascii")
    numbers = (len(frame.settings), *frame.settings, frame.count, frame.height, frame.width, frame.channels)
    return _varint(len(name)) + name + frame.weights + b"".join(map(_varint, numbers))


def _sealed(content: bytes) -> bytes:
    return content + zlib.crc32(content).to_bytes(4, "little")


def stream_codec(data: bytes) -> str | None:
    """Name of the codec that a stream claims to be of; None if it is no stream of ours."""
    if data[:4] not in (MAGIC, MAGIC_LEVELS):
        return None
    return data[5 : 5 + data[4]].decode("ascii", errors="replace") if len(data) > 4 else None


def unpack(data: bytes, codec: str) -> Frame:
    """The frame that bytes hold, with every field checked before anything of its size is allocated.

    Raises:
        BitstreamError: not such a stream, another codec's, truncated, altered, or of absurd size.
    """
    _check_magic(data, codec, MAGIC)
    if len(data) < 8 or zlib.crc32(data[:-4]) != int.from_bytes(data[-4:], "little"):
        raise BitstreamError("the stream is truncated or altered: its checksum does not match")
    reader = _Reader(data[4:-4])
    frame = _read_head(reader, codec)
    payload = reader.take(reader.varint())
    if reader.left:
        raise BitstreamError(f"{reader.left} bytes follow the payload")
    return dataclasses.replace(frame, payload=payload)


def unpack_levels(data: bytes, codec: str) -> tuple[Frame, list[bytes]]:
    """Header and levels of a stream of levels, or of one cut after a whole level.

    Raises:
        BitstreamError: as :func:`unpack`; or it ends before or inside a level.
    """
    _check_magic(data, codec, MAGIC_LEVELS)
    reader = _Reader(data)
    reader.take(4)
    frame = _read_head(reader, codec)
    reader.check_seal(0)
    levels: list[bytes] = []
    while reader.left or not levels:
        start = reader.position
        levels.append(reader.take(reader.varint()))
        reader.check_seal(start)
    return frame, levels


def _check_magic(data: bytes, codec: str, magic: bytes) -> None:
    if data[:3] != magic[:3]:
        raise BitstreamError(f"not a stream of {codec!r}: it does not start with {magic[:3]!r}")
    if data[3:4] != magic[3:]:
        raise BitstreamError(f"stream format {data[3:4].hex() or 'missing'} is not one that {codec!r} reads")


def _read_head(reader: _Reader, codec: str) -> Frame:
    name = reader.take(reader.varint()).decode("ascii", errors="replace")
    if name != codec:
        raise BitstreamError(f"the stream was written by codec {name!r}, not by {codec!r}")
    weights = reader.take(8)
    settings = tuple(reader.varint() for _ in range(reader.varint(limit=64)))
    count, height, width, channels = (reader.varint() for _ in range(4))
    if channels not in (1, 3) or not (0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE and count > 0):
        raise BitstreamError(f"absurd size: {count} images of {width}×{height} with {channels} channels")
    check_claim("the stream", width, height)
    if count * height * width * channels > MAX_SAMPLES:
        raise BitstreamError(f"{count} images of {width}×{height}×{channels} exceed the limit of {MAX_SAMPLES} samples")
    return Frame(name, weights, settings, count, height, width, channels)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    @property
    def left(self) -> int:
        return len(self.data) - self.position

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise BitstreamError(f"the stream ends {size - self.left} bytes early")
        self.position += size
        return self.data[self.position - size : self.position]

    def check_seal(self, start: int) -> None:
        """Reads a checksum, which must be that of what was read since ``start``."""
        expected = zlib.crc32(self.data[start : self.position])
        if self.take(4) != expected.to_bytes(4, "little"):
            raise BitstreamError("the stream is altered: a checksum does not match")

    def varint(self, limit: int = 1 << 62) -> int:
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if value > limit or shift > 63:
                raise BitstreamError("a number in the header is out of range")
            if byte < 0x80:
                return value
