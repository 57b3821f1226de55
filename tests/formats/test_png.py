"""PNG: sums, headers, samples of 16 bits."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from benchmark.formats.png import about_png, deep_samples, read_chunks, verified
from tests.formats.writers import Samples, chunk, png

RAMP: Samples = np.arange(24 * 24 * 3, dtype=np.uint16).reshape(24, 24, 3).astype(np.uint8)
SOUND = png(RAMP, "rgb", 8)


def test_every_flipped_bit_is_told() -> None:
    data = png(RAMP[:5, :5], "rgb", 8)
    assert read_chunks(data).width == 5
    for place in range(len(data)):
        for bit in (0, 3, 7):
            damaged = bytearray(data)
            damaged[place] ^= 1 << bit
            with pytest.raises(ValueError):
                verified(read_chunks(bytes(damaged)))


def test_the_message_says_where() -> None:
    damaged = bytearray(SOUND)
    damaged[SOUND.index(b"IDAT") + 30] ^= 1
    with pytest.raises(ValueError, match=r"the chunk 'IDAT' at byte 33 is damaged: its CRC is [0-9a-f]{8}, it says"):
        read_chunks(bytes(damaged))


def test_a_wrong_adler_sum_is_told_where_all_crcs_are_right() -> None:
    chunks = read_chunks(SOUND)
    packed = chunks.packed[:-1] + bytes([chunks.packed[-1] ^ 1])
    head = struct.pack(">IIBBBBB", 24, 24, 8, 2, 0, 0, 0)
    data = SOUND[:8] + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    read_chunks(data)
    with pytest.raises(ValueError, match="its rows are damaged"):
        verified(read_chunks(data))
    short = SOUND[:8] + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(73 * 23))) + chunk(b"IEND", b"")
    with pytest.raises(ValueError, match="its rows have not the 1752 bytes"):
        verified(read_chunks(short))


@pytest.mark.parametrize("cut", [0, 5, 20, 60, len(SOUND) - 1])
def test_cut_files_are_told(cut: int) -> None:
    with pytest.raises(ValueError, match=r"PNG file|it ends"):
        read_chunks(SOUND[:cut])


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("kind", "channels"), [("grey", 1), ("grey+alpha", 2), ("rgb", 3), ("rgb+alpha", 4)])
def test_samples_of_16_bits(kind: str, channels: int, interlaced: bool) -> None:
    samples = np.random.default_rng(channels).integers(0, 65536, (9, 7, channels)).astype(np.uint16)
    data = png(samples, kind, 16, interlaced=interlaced)
    assert np.array_equal(deep_samples(data), samples)
    about = about_png(data, read_chunks(data))
    assert (about.bits, about.highest, about.alpha) == (16, 65535, channels in (2, 4))
    with pytest.raises(ValueError, match="it has 8 bits"):
        deep_samples(SOUND)
