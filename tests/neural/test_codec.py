"""What learned codecs share: one stream for a batch, which says whose it is."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np
import pytest

from benchmark.codec import Batch
from benchmark.errors import BitstreamError, UnsupportedImage
from benchmark.neural.codec import NeuralCodec
from benchmark.neural.streams.container import MAX_SAMPLES, MAX_SIDE, Frame, pack, unpack


@dataclasses.dataclass(frozen=True)
class Stored(NeuralCodec):
    """Learned nothing: pixels are the payload."""

    name = "stored"
    summary = "pixels as they are"
    grid: ClassVar[dict[str, tuple[int, ...]]] = {}

    def write(self, images: Batch) -> bytes:
        count, height, width = images.shape[:3]
        channels = 1 if images.ndim == 3 else 3
        return pack(Frame("stored", bytes(8), (), count, height, width, channels, images.tobytes()))

    @classmethod
    def read(cls, data: bytes) -> Batch:
        frame = unpack(data, "stored")
        shape = (frame.count, frame.height, frame.width) + (3,) * (frame.channels == 3)
        return np.frombuffer(frame.payload, np.uint8).reshape(shape)


def test_a_batch_is_one_stream_and_an_image_is_one_of_one() -> None:
    images = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    (stream,) = Stored().encode_batch(images)
    assert np.array_equal(Stored.decode_batch([stream, Stored().encode(images[0])]), images[[0, 1, 0]])
    assert np.array_equal(Stored.decode(Stored().encode(images[1])), images[1])
    with pytest.raises(BitstreamError, match="holds 2 images where one was expected"):
        Stored.decode(stream)


def test_a_stream_is_that_of_the_codec_that_it_names() -> None:
    stream = Stored().encode(np.zeros((2, 2), np.uint8))
    assert Stored.recognises(stream)
    assert not Stored.recognises(pack(Frame("other", bytes(8), (), 1, 2, 2, 1, b"")))
    assert not Stored.recognises(b"\x89PNG")


def test_more_than_a_container_holds_is_refused() -> None:
    with pytest.raises(UnsupportedImage, match=f"at most {MAX_SIDE} pixels a side"):
        Stored().encode(np.broadcast_to(np.uint8(0), (1, MAX_SIDE + 1)))
    many = np.broadcast_to(np.uint8(0), (MAX_SAMPLES // 100 + 1, 10, 10))
    with pytest.raises(UnsupportedImage, match=f"at most {MAX_SAMPLES} samples, got {many.size}"):
        Stored().encode_batch(many)
