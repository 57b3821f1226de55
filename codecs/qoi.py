"""QOI, the Quite OK Image format, through imagecodecs and its author's reference code."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np

from benchmark.backends.imagecodecs import check_size, decode, library, library_version
from benchmark.codec import Codec, Image, Setting, check_image
from benchmark.colour.convert import ColourPath
from benchmark.errors import BitstreamError, UnsupportedImage

HEADER = 14
END = b"\0" * 7 + b"\1"

_MOST_PIXELS = 400_000_000
"""Of a file, by the specification."""


@dataclasses.dataclass(frozen=True)
class Qoi(Codec):
    """QOI, lossless and simple: one pass over the pixels, no entropy coder.

    Defaults: none, the format has no settings (qoiformat.org/qoi-specification.pdf).

    Colour path: none, pixels are coded as RGB.

    Known limits: 400 million pixels. A grey image is stored, and returned, as colour. The format has no checksum. A cut
    stream lacks the end marker, which cannot occur before the end.
    """

    name = "qoi"
    endings = (".qoi",)
    summary = "QOI by imagecodecs (reference code), lossless"
    grid: ClassVar[dict[str, tuple[Setting, ...]]] = {}
    lossless_at: ClassVar[dict[str, Setting]] = {}
    undetected = frozenset({"altered"})

    @classmethod
    def version(cls) -> str:
        return library_version("qoi")

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return data.startswith(b"qoif")

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name)
        height, width = image.shape[:2]
        if height * width >= _MOST_PIXELS:
            raise UnsupportedImage(f"qoi: expected less than {_MOST_PIXELS} pixels, got {width}×{height}")
        colour = image if image.ndim == 3 else np.repeat(image[..., np.newaxis], 3, axis=2)
        return bytes(library().qoi_encode(np.ascontiguousarray(colour)))

    @classmethod
    def decode(cls, data: bytes) -> Image:
        if not cls.recognises(data):
            raise BitstreamError("not a QOI file: it does not begin with qoif")
        if len(data) < HEADER + len(END) or not data.endswith(END):
            raise BitstreamError("not a whole QOI file: its end marker is missing")
        width, height = (int.from_bytes(data[start : start + 4], "big") for start in (4, 8))
        check_size(width, height)
        if data[12] != 3:
            raise BitstreamError(f"expected a QOI file of 3 channels, this one has {data[12]}")
        # No code stands for more than 62 pixels: where one byte each is too few, the decoder would repeat the last.
        most = 62 * (len(data) - HEADER - len(END))
        if width * height > most:
            raise BitstreamError(f"a QOI file of {len(data)} bytes holds at most {most} pixels, not {width}×{height}")
        return decode("qoi", data)

    def overhead(self, data: bytes) -> int:
        """Header and end marker."""
        return HEADER + len(END)

    def colour_path(self, channels: int) -> ColourPath:
        return ColourPath("none", by="as it is" if channels == 3 else "grey repeated")
