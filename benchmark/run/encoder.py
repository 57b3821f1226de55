"""Encodes: streams of an item, as plain bytes, and the time that it took."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.codec import Batch, Codec
from benchmark.errors import PluginError
from benchmark.run.timing import Stopwatch, Times, loads, warm_up


@dataclass(frozen=True)
class Encoded:
    """Streams of an item, in the parts that have to be decoded together, and what it took to make them."""

    parts: list[list[bytes]]
    times: Times


def encode(codec: Codec, images: Batch, stopwatch: Stopwatch) -> Encoded:
    """All images by one codec."""
    warm_up(loads("encode", [codec], images), lambda: codec.encode_batch(images))
    streams, times = stopwatch.time(lambda: codec.encode_batch(images))
    return Encoded([plain_bytes(streams)], times)


def encode_each(codecs: Sequence[Codec], images: Batch, stopwatch: Stopwatch) -> Encoded:
    """Every image by a codec of its own, which the search for its knob has warmed up."""
    parts, times = stopwatch.time(
        lambda: [codec.encode_batch(image) for codec, image in zip(codecs, images[:, np.newaxis], strict=True)]
    )
    return Encoded([plain_bytes(part) for part in parts], times)


def plain_bytes(streams: Sequence[bytes]) -> list[bytes]:
    """Streams as the bytes that they hold: what is counted is what a decoder gets, whatever a codec returns.

    Raises:
        PluginError: one is no ``bytes``.
    """
    if wrong := [type(stream).__name__ for stream in streams if not isinstance(stream, bytes)]:
        raise PluginError(f"the encoder returned {wrong[0]}, expected bytes")
    return [bytes(memoryview(stream)) for stream in streams]


def cut(codec: Codec, encoded: Encoded) -> Encoded:
    """The streams of a progressive codec, cut from those of a higher knob."""
    return dataclasses.replace(
        encoded, parts=[plain_bytes([codec.prefix(data) for data in part]) for part in encoded.parts]
    )


def overhead_of(codec: Codec, streams: Sequence[bytes]) -> int:
    """Bytes of containers and headers in streams.

    Raises:
        PluginError: the codec says a number that cannot be.
    """
    total = 0
    for stream in streams:
        found = codec.overhead(stream)
        if not isinstance(found, int) or not 0 <= found <= len(stream):
            raise PluginError(f"overhead: expected a whole number from 0 to {len(stream)}, got {found!r}")
        total += int(found)
    return total
