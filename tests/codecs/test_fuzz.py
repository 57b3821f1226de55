"""Ten thousand mutated streams for the decoder of every learned codec: an error or an image, and nothing else."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from benchmark.codec import Codec
from benchmark.errors import BitstreamError
from benchmark.neural.streams.container import MAGIC_LEVELS, Frame, pack, pack_levels, unpack, unpack_levels
from benchmark.plugins import codec_class, codec_names
from tests.conftest import photo

pytestmark = [pytest.mark.neural, pytest.mark.slow]

LEARNED = [name for name in codec_names() if codec_class(name)().weights_digest()]
RAW, SEALED = 9_600, 400
MANY_SAMPLES = 1 << 15
"""A sealed header may declare any size up to the container's limit; larger ones than this only take long."""


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """A copy with some bytes changed, left out, doubled, or the end cut off."""
    broken = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        place = int(rng.integers(0, max(1, len(broken))))
        match int(rng.integers(0, 4)):
            case 0 if broken:
                broken[place] ^= 1 << int(rng.integers(8))
            case 1:
                del broken[place : place + int(rng.integers(1, 5))]
            case 2:
                broken[place:place] = rng.bytes(int(rng.integers(1, 5)))
            case _:
                del broken[int(rng.integers(0, len(broken) + 1)) :]
    return bytes(broken)


def resealed(stream: bytes, name: str, rng: np.random.Generator) -> bytes:
    """A stream whose fields say something else, under checksums that fit: only the decoder itself can object."""
    frame, payloads = unpack_levels(stream, name) if stream.startswith(MAGIC_LEVELS) else (unpack(stream, name), [])
    fields = vars(frame)
    match int(rng.integers(0, 4)):
        case 0:
            sizes = {key: int(rng.integers(0, 200)) for key in ("height", "width")}
            fields = {**fields, **sizes, "count": int(rng.integers(0, 4)), "channels": int(rng.integers(0, 5))}
        case 1:
            settings = tuple(int(value) for value in rng.integers(0, 300, int(rng.integers(0, 4))))
            fields = {**fields, "settings": settings}
        case _:
            fields = {**fields, "payload": mutate(frame.payload, rng)}
            payloads = [mutate(payload, rng) for payload in payloads]
    if stream.startswith(MAGIC_LEVELS):
        return pack_levels(Frame(**{**fields, "payload": b""}), payloads)
    return pack(Frame(**fields))


def declared(stream: bytes, name: str) -> Frame:
    return unpack_levels(stream, name)[0] if stream.startswith(MAGIC_LEVELS) else unpack(stream, name)


@pytest.mark.parametrize("name", LEARNED)
def test_mutated_streams(name: str) -> None:
    cls = codec_class(name)
    codec: Codec = cls()
    stream = codec.encode(photo(28, 28, 1 if 3 not in cls.channels else 3))
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    survived = 0
    for attempt in range(RAW + SEALED):
        broken = mutate(stream, rng) if attempt < RAW else resealed(stream, name, rng)
        try:
            frame = declared(broken, name)
            if frame.count * frame.height * frame.width * frame.channels > MANY_SAMPLES:
                continue
            decoded = codec.decode_batch([broken])
        except BitstreamError:
            continue
        survived += 1
        assert decoded.dtype == np.uint8
        assert decoded.shape[:3] == (frame.count, frame.height, frame.width)
        assert decoded.ndim == (4 if frame.channels == 3 else 3)
    assert survived > 0, "some payloads are as good as any other"
