"""JPEG XL (ISO/IEC 18181) through imagecodecs and libjxl."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from benchmark.backends.imagecodecs import check_size, decode, library, library_version
from benchmark.codec import Codec, Image, Knob, Setting, check_image, setting
from benchmark.colour.convert import ColourPath
from benchmark.errors import BitstreamError
from benchmark.formats.jxl import size_of


@dataclasses.dataclass(frozen=True)
class Jxl(Codec):
    """A bare JPEG XL codestream.

    Defaults: distance 1 and effort 7, which are libjxl's. Higher efforts take several times as long and gain about 1 %
    at equal PSNR. ``distance`` is in butteraugli units: 1 is a difference that is just visible. From 20 on libjxl codes
    the image at half the size. ``lossless`` ignores the distance.

    Colour path: XYB, floating point, for colour and grey. Lossless: RGB, with a reversible transform that the encoder
    chooses. libjxl is made for the eye: it aims at no PSNR, and XYB spends bits where PSNR does not look.

    Known limits: 262,144 pixels a side, which is what a decoder of level 5 takes. The format has no checksum, but its
    entropy coder ends in a known state, so that most damage is told. With ``lossless=true``, ``effort=1`` of libjxl
    0.11 loses some noisy pictures: such a row fails.
    """

    name = "jxl"
    endings = (".jxl",)
    summary = "JPEG XL codestream by imagecodecs (libjxl), XYB, or lossless"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {
        "distance": (0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 11.0, 15.0, 25.0)
    }
    knob = Knob("distance", 0.01, 25.0, increasing=False)
    lossless_at: ClassVar[dict[str, Setting]] = {"lossless": True}
    undetected = frozenset({"altered"})

    distance: float = setting(1.0, low=0.01, high=25.0)
    effort: int = setting(7, low=1, high=10)
    lossless: bool = setting(False)

    @classmethod
    def version(cls) -> str:
        return library_version("jpegxl")

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return data.startswith(b"\xff\x0a")

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name, max_side=2**18)
        options: dict[str, Any] = {} if self.lossless else {"distance": self.distance}
        encode = library().jpegxl_encode
        return bytes(encode(image, effort=self.effort, lossless=self.lossless, numthreads=1, **options))

    @classmethod
    def decode(cls, data: bytes) -> Image:
        if not cls.recognises(data):
            raise BitstreamError("not a bare JPEG XL codestream: it does not begin with FF 0A")
        check_size(*size_of(data))
        return decode("jpegxl", data, numthreads=1)

    def colour_path(self, channels: int) -> ColourPath:
        if self.lossless:
            return ColourPath("RCT" if channels == 3 else "none", by="libjxl, chosen by the encoder")
        return ColourPath("XYB", depth=32, by="libjxl")
