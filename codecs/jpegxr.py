"""JPEG XR (ITU-T T.832) through imagecodecs and jxrlib."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from benchmark.codec import Codec, Image, Knob, Setting, check_image, setting
from benchmark.colour import ColourPath
from benchmark.errors import BitstreamError, UnsupportedImage
from benchmark.imagecodecs import check_size, decode, library, library_version

WIDTH, HEIGHT, OFFSET, LENGTH = 0xBC80, 0xBC81, 0xBCC0, 0xBCC1
CODESTREAM = b"WMPHOTO\0"


@dataclasses.dataclass(frozen=True)
class JpegXr(Codec):
    """JPEG XR in its own container.

    Defaults: ``level=0.6``. ``level`` is jxrlib's image quality, whose tables of quantisers, "optimised for PSNR" by
    their authors, also choose the rest: below 0.5 4:2:0 with two stages of overlap, from 0.5 on 4:4:4 without overlap
    (jxrlib's own program has one stage there, imagecodecs offers no choice), and at 1 lossless.

    Colour path: YCoCg-R, reversible, inside jxrlib; grey as it is. Known limits: below 0.5 an image must be at least
    17 pixels wide; even the lowest level takes about 0.2 bits a pixel of a photograph. About 130 bytes of container.
    The format has no checksum, and jxrlib decodes altered bits mostly without complaint; missing ones are told by the
    length that the container gives.
    """

    name = "jpegxr"
    summary = "JPEG XR by imagecodecs (jxrlib), YCoCg-R, 4:2:0 below level 0.5, else 4:4:4, or lossless"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {
        "level": (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.49, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
    }
    knob = Knob("level", 0.01, 1.0)
    lossless_at: ClassVar[dict[str, Setting]] = {"level": 1.0}
    undetected = frozenset({"altered"})

    level: float = setting(0.6, low=0.01, high=1.0)

    @classmethod
    def version(cls) -> str:
        return library_version("jpegxr")

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return data.startswith(b"II\xbc\x01")

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name)
        height, width = image.shape[:2]
        if self._subsampled and width < 17:
            raise UnsupportedImage(f"jpegxr: below level 0.5 it takes at least 17 pixels a row, got {width}×{height}")
        return bytes(library().jpegxr_encode(np.ascontiguousarray(image), self.level))

    def decode(self, data: bytes) -> Image:
        if not self.recognises(data):
            raise BitstreamError("not a JPEG XR file: it does not begin with II BC 01")
        tags = _tags(data)
        start = tags[OFFSET]
        if data[start : start + len(CODESTREAM)] != CODESTREAM or start + tags[LENGTH] != len(data):
            raise BitstreamError("not a whole JPEG XR file: its codestream is not where the container says")
        width, height = tags[WIDTH], tags[HEIGHT]
        check_size(width, height)
        if (width, height) != _codestream_size(data, start):  # jxrlib trusts both
            raise BitstreamError("a damaged JPEG XR file: container and codestream differ in size")
        return decode("jpegxr", data)

    def overhead(self, data: bytes) -> int:
        """The container: all but the codestream."""
        return len(data) - _tags(data)[LENGTH]

    def colour_path(self, channels: int) -> ColourPath:
        if channels == 1:
            return ColourPath("none", by="as it is")
        return ColourPath("YCoCg-R", subsampling="4:2:0" if self._subsampled else "4:4:4", by="jxrlib")

    @property
    def _subsampled(self) -> bool:
        return self.level < 0.5


def _tags(data: bytes) -> dict[int, int]:
    """Values of the container's directory by tag, those of the size and place of the codestream at least."""
    try:
        (start,) = struct.unpack_from("<I", data, 4)
        (count,) = struct.unpack_from("<H", data, start)
        entries = [struct.unpack_from("<HHII", data, start + 2 + 12 * index) for index in range(count)]
    except struct.error:
        raise BitstreamError("not a whole JPEG XR file: its directory is cut off") from None
    tags = {tag: value for tag, _, _, value in entries}
    if not tags.keys() >= {WIDTH, HEIGHT, OFFSET, LENGTH}:
        raise BitstreamError("a damaged JPEG XR file: its directory lacks the size or the place of the codestream")
    return tags


def _codestream_size(data: bytes, start: int) -> tuple[int, int]:
    """Width and height by the image header (T.832, 8.3), in 16 or 32 bits each."""
    try:
        short = data[start + 10] & 0x80
        width, height = struct.unpack_from(">HH" if short else ">II", data, start + 12)
    except (IndexError, struct.error):
        raise BitstreamError("not a whole JPEG XR file: its image header is cut off") from None
    return width + 1, height + 1
