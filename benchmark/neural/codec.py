"""What all learned codecs are: codecs whose streams are the bench's own containers of one or of many images."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from benchmark.codec import Batch, Codec, Image, check_image
from benchmark.errors import BitstreamError, UnsupportedImage
from benchmark.neural.backend import backend_version, device_name
from benchmark.neural.streams.container import MAX_SAMPLES, MAX_SIDE, stream_codec


@dataclasses.dataclass(frozen=True)
class NeuralCodec(Codec):
    """A codec that puts all images of a batch into one stream. A subclass writes and reads such streams."""

    @abstractmethod
    def write(self, images: Batch) -> bytes:
        """The stream of one or more images that a container can hold."""

    @classmethod
    @abstractmethod
    def read(cls, data: bytes) -> Batch:
        """All images of a stream.

        Raises:
            BitstreamError: it is not a whole, unaltered stream of this codec.
        """

    @classmethod
    def version(cls) -> str:
        return backend_version()

    def device(self) -> str:
        return device_name()

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return stream_codec(data) == cls.name

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name, max_side=MAX_SIDE)
        return self.encode_batch(image[np.newaxis])[0]

    def encode_batch(self, images: Batch) -> list[bytes]:
        check_image(images[0], codec=self.name, max_side=MAX_SIDE)
        if images.size > MAX_SAMPLES:
            raise UnsupportedImage(f"{self.name}: a stream holds at most {MAX_SAMPLES} samples, got {images.size}")
        return [self.write(images)]

    @classmethod
    def decode(cls, data: bytes) -> Image:
        images = cls.read(data)
        if len(images) != 1:
            raise BitstreamError(f"the stream holds {len(images)} images where one was expected")
        image: Image = images[0]
        return image

    @classmethod
    def decode_batch(cls, streams: Sequence[bytes]) -> Batch:
        return np.concatenate([cls.read(data) for data in streams])
