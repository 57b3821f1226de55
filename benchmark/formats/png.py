"""PNG by its specification (ISO/IEC 15948): chunks with their sums, the header, and samples of any depth."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.formats.about import About, Kind

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a pixel by colour type."""

_KINDS: dict[int, Kind] = {0: "grey", 2: "RGB", 3: "palette", 4: "grey", 6: "RGB"}

_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}

_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Adam7: left, top and the steps across and down of each pass."""

_SRGB_GAMMA, _SRGB_CHROMATICITIES = 45455, (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
"""gAMA and cHRM of sRGB, as the specification gives them."""


@dataclass(frozen=True)
class Chunks:
    """What a PNG file holds.

    Attributes:
        width, height, depth, colour, interlaced: what its header says.
        first: the content of the first chunk of each other name, without IDAT.
        packed: the contents of all IDAT chunks.
    """

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool
    first: dict[bytes, bytes]
    packed: bytes


def read_chunks(data: bytes) -> Chunks:
    """The chunks of a whole file, each of which has the sum that it claims.

    Raises:
        ValueError: it is no whole PNG file, or it is damaged; the message says where.
    """
    first: dict[bytes, bytes] = {}
    packed: list[bytes] = []
    for name, content in _chunks(data):
        if not first and name != b"IHDR":
            raise ValueError(f"expected IHDR first, got {name!r}")
        if name == b"IDAT":
            packed.append(content)
        else:
            first.setdefault(name, content)
    if len(first[b"IHDR"]) != 13:
        raise ValueError(f"IHDR has {len(first[b'IHDR'])} bytes, expected 13")
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", first[b"IHDR"])
    if not (width and height) or depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise ValueError("IHDR says what no PNG file can be")
    if not packed:
        raise ValueError("it has no IDAT chunk")
    return Chunks(width, height, depth, colour, bool(interlace), first, b"".join(packed))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(SIGNATURE):
        raise ValueError("its first bytes are not those of a PNG file")
    position, name = len(SIGNATURE), b""
    while name != b"IEND":
        if position + 12 > len(data):
            raise ValueError(f"it ends after {len(data)} bytes, before its IEND chunk")
        size, name = struct.unpack_from(">I4s", data, position)
        content = data[position + 8 : position + 8 + size]
        if len(content) != size or position + 12 + size > len(data):
            raise ValueError(f"it ends within its chunk {name.decode('latin-1')!r}")
        told = int.from_bytes(data[position + 8 + size : position + 12 + size], "big")
        counted = zlib.crc32(content, zlib.crc32(name))
        if told != counted:
            raise ValueError(
                f"the chunk {name.decode('latin-1')!r} at byte {position} is damaged: its CRC is {counted:08x}, "
                f"it says {told:08x}"
            )
        yield name, content
        position += 12 + size


def unpacked(chunks: Chunks) -> bytes:
    """The filtered rows, whose Adler sum is the one that the file claims.

    Raises:
        ValueError: they are damaged, or there are too few or too many.
    """
    expected = sum(height * (1 + (width * _pixel_bits(chunks) + 7) // 8) for width, height, _ in _passes(chunks))
    inflater = zlib.decompressobj()
    try:
        rows = inflater.decompress(chunks.packed, expected + 1)
    except zlib.error as error:
        raise ValueError(f"its rows are damaged: {error}") from error
    if len(rows) != expected or not inflater.eof:
        raise ValueError(f"its rows have not the {expected} bytes that its header asks for, or lack their Adler sum")
    return rows


def verified(chunks: Chunks) -> bytes:
    """A file of the same pixels, whose rows are stored as they are: another reader need not inflate them again.

    Raises:
        ValueError: the rows are damaged, see :func:`unpacked`.
    """
    head = struct.pack(
        ">IIBBBBB", chunks.width, chunks.height, chunks.depth, chunks.colour, 0, 0, int(chunks.interlaced)
    )
    parts = [(b"IHDR", head), *((name, chunks.first[name]) for name in (b"PLTE", b"tRNS") if name in chunks.first)]
    parts += [(b"IDAT", zlib.compress(unpacked(chunks), 0)), (b"IEND", b"")]
    return SIGNATURE + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))
        for name, content in parts
    )


def says_exif(chunks: Chunks) -> bool:
    """Whether there may be an orientation: in a chunk of EXIF, or in a text of XMP or ImageMagick."""
    return not {b"eXIf", b"tEXt", b"zTXt", b"iTXt"}.isdisjoint(chunks.first)


def about_png(data: bytes, chunks: Chunks) -> About:
    """What a PNG file is, but for its orientation.

    Raises:
        ValueError: its profile is damaged.
    """
    frames = 1
    if len(animation := chunks.first.get(b"acTL", b"")) >= 4:
        # Where no fcTL stands before the rows, the picture that plain readers show is none of the frames.
        own = data.find(b"fcTL") < data.find(b"IDAT") if b"fcTL" in data else True
        frames = int.from_bytes(animation[:4], "big") + (not own)
    palette = chunks.colour == 3
    return About(
        "PNG",
        chunks.width,
        chunks.height,
        kind=_KINDS[chunks.colour],
        highest=255 if palette else 2**chunks.depth - 1,
        bits=8 if palette else chunks.depth,
        alpha=chunks.colour in (4, 6) or b"tRNS" in chunks.first,
        frames=frames,
        profile=_profile(chunks),
        colours=_colours(chunks),
    )


def _profile(chunks: Chunks) -> bytes:
    name, zero, packed = chunks.first.get(b"iCCP", b"").partition(b"\0")
    if not zero:
        return b""
    try:
        return zlib.decompress(packed[1:])
    except zlib.error as error:
        raise ValueError(f"its ICC profile {name.decode('latin-1')!r} is damaged: {error}") from error


def _colours(chunks: Chunks) -> str:
    """What chunks other than a profile say of colours that are not those of sRGB; a chunk that says more wins."""
    first = chunks.first
    if len(first.get(b"cICP", b"")) == 4:
        primaries, transfer = first[b"cICP"][:2]
        return "" if (primaries, transfer) == (1, 13) else f"cICP of primaries {primaries}, transfer {transfer}"
    if b"iCCP" in first or b"sRGB" in first:
        return ""
    told = []
    if len(first.get(b"gAMA", b"")) == 4:
        gamma = int.from_bytes(first[b"gAMA"], "big")
        if abs(gamma - _SRGB_GAMMA) > 500:
            told.append(f"a gamma of 1/{100000 / gamma:.3g}" if gamma else "a gamma of 0")
    if len(first.get(b"cHRM", b"")) == 32 and chunks.colour not in (0, 4):
        values = struct.unpack(">8I", first[b"cHRM"])
        if max(abs(value - usual) for value, usual in zip(values, _SRGB_CHROMATICITIES, strict=True)) > 500:
            told.append("other primaries")
    return " and ".join(told)


def _pixel_bits(chunks: Chunks) -> int:
    return chunks.depth * _CHANNELS[chunks.colour]


def _passes(chunks: Chunks) -> list[tuple[int, int, tuple[int, int, int, int]]]:
    """Width, height and place of each pass that has pixels."""
    if not chunks.interlaced:
        return [(chunks.width, chunks.height, (0, 0, 1, 1))]
    found = []
    for left, top, across, down in _PASSES:
        width, height = -(-(chunks.width - left) // across), -(-(chunks.height - top) // down)
        if width > 0 and height > 0:
            found.append((width, height, (left, top, across, down)))
    return found


def deep_samples(data: bytes) -> npt.NDArray[np.uint16]:
    """Samples of a file of 16 bits: shape (H, W, C), C from 1 for grey to 4 for RGB and alpha.

    A transparent colour of grey or RGB becomes a channel of alpha. It takes some seconds for a million pixels.

    Raises:
        ValueError: it is damaged, or not of 16 bits.
    """
    chunks = read_chunks(data)
    if chunks.depth != 16:
        raise ValueError(f"it has {chunks.depth} bits a sample, expected 16")
    rows, position = unpacked(chunks), 0
    channels = _CHANNELS[chunks.colour]
    image: npt.NDArray[Any] = np.empty((chunks.height, chunks.width, channels), np.uint16)
    for width, height, (left, top, across, down) in _passes(chunks):
        size = 2 * channels * width
        before = bytes(size)
        for row in range(height):
            before = _unfiltered(rows[position], rows[position + 1 : position + 1 + size], before, 2 * channels)
            position += 1 + size
            image[top + row * down, left::across] = np.frombuffer(before, ">u2").reshape(width, channels)
    clear = chunks.first.get(b"tRNS", b"")
    if clear and len(clear) == 2 * channels:
        opaque = (image != np.frombuffer(clear, ">u2")).any(axis=-1)
        image = np.concatenate([image, np.where(opaque, 65535, 0).astype(np.uint16)[..., np.newaxis]], axis=-1)
    return image


def _unfiltered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    """The bytes of a row, by its filter, the row above and the bytes of a pixel."""
    if kind == 0:
        return row
    if kind == 2:
        return (np.frombuffer(row, np.uint8) + np.frombuffer(above, np.uint8)).tobytes()
    if kind == 1:
        pixels = np.frombuffer(row, np.uint8).reshape(-1, step)
        return np.cumsum(pixels, axis=0, dtype=np.uint8).tobytes()
    if kind not in (3, 4):
        raise ValueError(f"a row has the filter {kind}, which is none")
    result = bytearray(row)
    for place, value in enumerate(row):
        left = result[place - step] if place >= step else 0
        up = above[place]
        if kind == 3:
            guess = (left + up) // 2
        else:
            corner = above[place - step] if place >= step else 0
            to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
            guess = left if to_left <= to_up and to_left <= to_corner else up if to_up <= to_corner else corner
        result[place] = (value + guess) & 255
    return bytes(result)
