"""The stream container of learned codecs."""

from __future__ import annotations

import dataclasses
import zlib

import numpy as np
import pytest

from benchmark.errors import BitstreamError
from benchmark.neural.streams.container import MAX_SAMPLES, Frame, pack, stream_codec, unpack

FRAME = Frame("cvae", b"\x01\x02\x03\x04\x05\x06\x07\x08", (16, 300), 10_000, 28, 28, 1, b"payload")


def resealed(data: bytes) -> bytes:
    """Altered bytes with a checksum that fits them again."""
    return data[:-4] + zlib.crc32(data[:-4]).to_bytes(4, "little")


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        dataclasses.replace(FRAME, payload=b"", settings=()),
        dataclasses.replace(FRAME, count=1, height=1, width=65536, channels=3),
        dataclasses.replace(FRAME, payload=bytes(100_000)),
    ],
)
def test_round_trip(frame: Frame) -> None:
    assert unpack(pack(frame), "cvae") == frame
    assert stream_codec(pack(frame)) == "cvae"


def test_header_is_small() -> None:
    assert len(pack(FRAME)) - len(FRAME.payload) <= 36


def test_every_truncation_and_every_flipped_bit_is_told() -> None:
    data = pack(FRAME)
    for size in range(len(data)):
        with pytest.raises(BitstreamError):
            unpack(data[:size], "cvae")
    for place in range(len(data)):
        for bit in range(8):
            broken = bytearray(data)
            broken[place] ^= 1 << bit
            with pytest.raises(BitstreamError):
                unpack(bytes(broken), "cvae")


def test_another_codec_and_trailing_bytes_are_told() -> None:
    with pytest.raises(BitstreamError, match="written by codec 'cvae', not by 'vae'"):
        unpack(pack(FRAME), "vae")
    with pytest.raises(BitstreamError, match="follow the payload"):
        unpack(resealed(pack(FRAME)[:-4] + b"xx" + bytes(4)), "cvae")


@pytest.mark.parametrize(
    "change",
    [
        {"height": 0},
        {"width": 0},
        {"count": 0},
        {"channels": 2},
        {"channels": 4},
        {"height": 65537},
        {"count": MAX_SAMPLES},
        {"count": 1 << 40},
        {"width": 1 << 60},
    ],
)
def test_absurd_sizes_are_refused_before_anything_is_allocated(change: dict[str, int]) -> None:
    with pytest.raises(BitstreamError, match=r"absurd|exceed"):
        unpack(pack(dataclasses.replace(FRAME, **change)), "cvae")  # type: ignore[arg-type]


def test_mutations_with_a_valid_checksum_never_escape_as_other_errors() -> None:
    data = pack(FRAME)
    rng = np.random.default_rng(2)
    for _ in range(10_000):
        broken = bytearray(data)
        for place in rng.integers(4, len(data) - 4, rng.integers(1, 4)):
            broken[place] = rng.integers(256)
        try:
            frame = unpack(resealed(bytes(broken)), "cvae")
        except BitstreamError:
            continue
        assert frame.count * frame.height * frame.width * frame.channels <= MAX_SAMPLES
