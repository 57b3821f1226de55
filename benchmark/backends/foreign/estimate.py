"""Codecs of another environment that have no entropy coder: their rate is an estimate of their own model.

    rate = "estimate"   # in the TOML file

The class has one method, ``estimate_bits(image)``: it returns the number of bits and the image that would be decoded.
The name of such a codec ends in ``-estimate``, so that every table tells it from codecs with real bytes, and its rows
are of the kind ``estimate``. What stands in the place of a stream is the estimate and the pixels.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Sequence

import numpy as np

from benchmark.backends.foreign.codec import ForeignCodec
from benchmark.codec import Account, Batch
from benchmark.errors import BitstreamError

ENDING = "-estimate"
"""The end of the name of such a codec."""

_HEADER = struct.Struct("<dIIB")
"""The estimate in bits, height, width and channels; pixels follow."""


@dataclasses.dataclass(frozen=True)
class EstimatingCodec(ForeignCodec):
    """A class of another Python environment that estimates its rate, and writes no stream."""

    estimates = True

    def encode_batch(self, images: Batch) -> list[bytes]:
        told, pixels = self.estimated(images)
        channels = pixels.shape[3] if pixels.ndim == 4 else 1
        return [
            _HEADER.pack(bits, *image.shape[:2], channels) + image.tobytes()
            for bits, image in zip(told, pixels, strict=True)
        ]

    @classmethod
    def decode_batch(cls, streams: Sequence[bytes]) -> Batch:
        found = []
        for data in streams:
            try:
                _, height, width, channels = _HEADER.unpack_from(data)
                shape = (height, width, 3) if channels == 3 else (height, width)
                found.append(np.frombuffer(data, np.uint8, offset=_HEADER.size).reshape(shape))
            except (struct.error, ValueError) as error:
                raise BitstreamError(f"not an estimate of {cls.name}: {error}") from error
        return np.stack(found)

    def overhead(self, data: bytes) -> int:
        return 0

    def account(self, data: bytes) -> Account:
        return Account(_HEADER.unpack_from(data)[0])
