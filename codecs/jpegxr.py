"""JPEG XR (ITU-T T.832) through imagecodecs and jxrlib."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from benchmark.backends.imagecodecs import check_size, decode, library, library_version
from benchmark.codec import Codec, Image, Knob, Setting, check_image, setting
from benchmark.colour.convert import ColourPath
from benchmark.errors import BitstreamError, UnsupportedImage

CONTAINER = 134
GREY, RGB = (bytes.fromhex(f"24c3dd6f034efe4bb1853d77768dc9{last}") for last in ("08", "0d"))
KINDS = {
    (0x11, 0, 0x40, 0x01, 0x00): GREY,  # lossless
    (0x11, 0, 0x40, 0x01, 0x10): GREY,
    (0x11, 2, 0x40, 0x01, 0x10): GREY,
    (0x11, 0, 0x40, 0x71, 0x60): RGB,  # lossless
    (0x11, 0, 0x40, 0x71, 0x70): RGB,  # 4:4:4
    (0x11, 2, 0x40, 0x71, 0x30): RGB,  # 4:2:0
}
"""Pixel format by those parts of the image and plane headers (T.832, 8.3 and 8.4) that say what kind of image it is."""


@dataclasses.dataclass(frozen=True)
class JpegXr(Codec):
    """JPEG XR in its own container.

    Defaults: ``level=0.6``. ``level`` is jxrlib's image quality. Its tables of quantisers are "optimised for PSNR" by
    their authors, and choose the rest, too: 4:2:0 with two stages of overlap below 0.5; 4:4:4 without overlap from 0.5
    on; lossless at 1. jxrlib's own program has one stage of overlap from 0.5 on; imagecodecs offers no choice.

    Colour path: YCoCg-R, reversible, inside jxrlib; grey as it is.

    Known limits: below level 0.5 an image must be at least 17 pixels wide. Even the lowest level takes about 0.2 bits
    for a pixel of a photograph. The container has about 130 bytes. The format has no checksum: jxrlib decodes most
    altered bits without complaint. A cut is told by the length that the container gives. Files of other encoders are
    refused.
    """

    name = "jpegxr"
    endings = (".jxr", ".wdp")
    summary = "JPEG XR by imagecodecs (jxrlib), YCoCg-R, 4:2:0 below level 0.5, else 4:4:4, or lossless"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {
        "level": (0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.49, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
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

    @classmethod
    def decode(cls, data: bytes) -> Image:
        if not cls.recognises(data):
            raise BitstreamError("not a JPEG XR file: it does not begin with II BC 01")
        # jxrlib trusts its headers, and crashes where they contradict each other: they must be as it writes them.
        kind, width, height = _image_header(data)
        if kind not in KINDS:
            raise BitstreamError("a damaged JPEG XR file, or not one of 8-bit grey or RGB as jxrlib writes it")
        check_size(width, height)
        if data[:CONTAINER] != _container(KINDS[kind], width, height, len(data) - CONTAINER):
            raise BitstreamError("not a whole JPEG XR file: container and codestream contradict each other")
        return decode("jpegxr", data)

    def overhead(self, data: bytes) -> int:
        """The container: all but the codestream."""
        return CONTAINER

    def colour_path(self, channels: int) -> ColourPath:
        if channels == 1:
            return ColourPath("none", by="as it is")
        return ColourPath("YCoCg-R", subsampling="4:2:0" if self._subsampled else "4:4:4", by="jxrlib")

    @property
    def _subsampled(self) -> bool:
        return self.level < 0.5


def _image_header(data: bytes) -> tuple[tuple[int, ...], int, int]:
    """What kind of image it is, as in :data:`KINDS`, its width and its height."""
    try:
        signature, *kind = struct.unpack_from("<8s4B", data, CONTAINER)
        short = kind[2] & 0x80  # the size is in 16 bits each, else in 32
        kind[2] &= 0x7F
        width, height, planes = struct.unpack_from(">HHB" if short else ">IIB", data, CONTAINER + 12)
    except struct.error:
        raise BitstreamError("not a whole JPEG XR file: its headers are cut off") from None
    if signature != b"WMPHOTO\0":
        raise BitstreamError("a damaged JPEG XR file: its codestream is not where jxrlib puts it")
    return (*kind, planes), width + 1, height + 1


def _container(pixel_format: bytes, width: int, height: int, length: int) -> bytes:
    """The container (T.832, annex A) that jxrlib puts before a codestream of a length in bytes."""
    dpi = 0x42C00000  # 96.0
    entries = [
        (0xBC01, 1, 16, 8),
        (0xBC02, 4, 1, 0),
        (0xBC80, 4, 1, width),
        (0xBC81, 4, 1, height),
        (0xBC82, 11, 1, dpi),
        (0xBC83, 11, 1, dpi),
        (0xBCC0, 4, 1, CONTAINER),
        (0xBCC1, 4, 1, length),
    ]
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II\xbc\x01" + struct.pack("<I", 32) + pixel_format + bytes(8) + struct.pack("<H", 8) + directory + bytes(4)
