"""Streams that a run keeps: files in the folder ``streams`` of its results, each named after its SHA-256.

A row says in ``stream_sha256`` which file holds its streams. The file has all streams of the item, one after the other;
where there are several, a second file says their lengths. So ``sha256sum`` alone can check what is there, and the
stream of a picture can be given to any other decoder as it is.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from pathlib import Path

from benchmark.errors import OutputError, RecordsError, counted
from benchmark.system.documents import parse_json
from benchmark.system.files import make_folder, replace_file

Parts = Sequence[Sequence[bytes]]
"""The streams of an item, in the parts that have to be decoded together."""


_TRIED = 1 << 20
"""Bytes that are written to see whether streams can be."""


def digest_of(parts: Parts) -> str:
    """SHA-256 of all streams, one after the other, as hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        for stream in part:
            digest.update(stream)
    return digest.hexdigest()


def keep_streams(results: Path, parts: Parts) -> None:
    """Writes the streams of an item below a folder of results, unless they are there.

    Raises:
        OutputError: they cannot be written.
    """
    place = _place(results, digest_of(parts))
    make_folder(place.parent)
    if sum(map(len, parts)) > 1:
        lengths = [[len(stream) for stream in part] for part in parts]
        _write(_lengths(place), json.dumps(lengths, separators=(",", ":")).encode())
    _write(place, b"".join(stream for part in parts for stream in part))


def can_keep(results: Path) -> bool:
    """Whether something can be written where streams are kept: a file of :data:`_TRIED` bytes, which does not stay."""
    place = _place(results, "00" * 32).with_name(f"tried-{uuid.uuid4().hex}")
    try:
        make_folder(place.parent)
        replace_file(place, bytes(_TRIED))
        place.unlink()
    except (OutputError, OSError):
        return False
    return True


def is_digest(text: str) -> bool:
    """Whether a text can be the name of streams: 64 hexadecimal digits. Any other could lead out of the folder."""
    return re.fullmatch("[0-9a-f]{64}", text) is not None


def has_streams(results: Path, digest: str) -> bool:
    """Whether the streams of a digest were kept."""
    return is_digest(digest) and _place(results, digest).is_file()


def kept_streams(results: Path, digest: str) -> list[list[bytes]]:
    """The streams of a digest.

    Args:
        results: the folder of the results.
        digest: as the row has it in ``stream_sha256``.

    Raises:
        RecordsError: the digest is none, they were not kept, or the files hold something else by now.
    """
    if not is_digest(digest):
        raise RecordsError(f"stream_sha256: expected 64 hexadecimal digits, got {digest!r}")
    place = _place(results, digest)
    try:
        data = place.read_bytes()
        lengths = parse_json(_lengths(place).read_bytes()) if _lengths(place).exists() else [[len(data)]]
    except (OSError, ValueError) as error:
        raise RecordsError(f"{place}: cannot be read as streams that a run kept: {error}") from error
    try:
        parts = _cut(data, lengths)
    except (TypeError, ValueError):
        raise RecordsError(f"{_lengths(place)}: expected lengths that add up to {counted(len(data), 'byte')}") from None
    if digest_of(parts) != digest:
        raise RecordsError(f"{place}: damaged: its bytes have another SHA-256 than its name")
    return parts


def _cut(data: bytes, lengths: Sequence[Sequence[int]]) -> list[list[bytes]]:
    if sum(map(sum, lengths)) != len(data) or any(length < 0 for part in lengths for length in part):
        raise ValueError
    parts: list[list[bytes]] = []
    place = 0
    for part in lengths:
        parts.append([])
        for length in part:
            parts[-1].append(data[place : place + length])
            place += length
    return parts


def _place(results: Path, digest: str) -> Path:
    # A folder for each first byte, so that none has a million files.
    return results / "streams" / digest[:2] / digest


def _lengths(place: Path) -> Path:
    return place.with_name(f"{place.name}.lengths")


def _write(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all. Two workers may write the same one: what they write is the same."""
    if not path.exists():
        replace_file(path, content)
