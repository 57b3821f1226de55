"""Streams as plain bytes: what is counted is what a decoder gets."""

from __future__ import annotations

from typing import cast

import pytest

from benchmark.codec import Codec
from benchmark.errors import PluginError
from benchmark.plugins import codec_class
from benchmark.run.encoder import overhead_of, plain_bytes


class Short(bytes):
    """Bytes that say they are none."""

    def __len__(self) -> int:
        return 0


def test_bytes_that_lie_about_their_length_are_counted() -> None:
    (stream,) = plain_bytes([Short(b"twelve bytes")])
    assert (type(stream), len(stream)) == (bytes, 12)


@pytest.mark.parametrize("stream", ["text", None, bytearray(b"a"), 3])
def test_a_stream_has_to_be_bytes(stream: object) -> None:
    with pytest.raises(PluginError, match=f"returned {type(stream).__name__}, expected bytes"):
        plain_bytes([cast(bytes, stream)])


@pytest.mark.parametrize("said", [-1, 5, 2.5, None])
def test_an_overhead_that_cannot_be_is_refused(said: object, monkeypatch: pytest.MonkeyPatch) -> None:
    codec: Codec = codec_class("png").from_settings({})
    monkeypatch.setattr(type(codec), "overhead", lambda self, data: said)
    with pytest.raises(PluginError, match="expected a whole number from 0 to 4"):
        overhead_of(codec, [b"four"])
