"""JPEG (ITU-T T.81) through Pillow and libjpeg-turbo."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from PIL import Image as Pictures

from benchmark.backends.pillow import decode_with_pillow, jpeg_overhead, library_version, sweep
from benchmark.codec import Codec, Image, Knob, Setting, check_image, setting
from benchmark.colour.convert import ColourPath


@dataclasses.dataclass(frozen=True)
class Jpeg(Codec):
    """Baseline or progressive JPEG.

    Defaults: 4:2:0 chroma, which most JPEG files have. The Huffman tables are optimised for the image: that shortens
    the file at no loss, most of all at low quality. ``optimize=false`` gives the fixed tables that many published
    curves used.

    Colour path: YCbCr BT.601 full range, inside libjpeg.

    Known limits: 65,500 pixels a side; about 620 bytes of headers. The format has no checksum: most flipped bits are
    decoded without complaint.
    """

    name = "jpeg"
    endings = (".jpg", ".jpeg", ".jpe", ".jfif")
    stream_format = "jpeg"
    summary = "JPEG by Pillow (libjpeg-turbo), YCbCr BT.601 full range"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"quality": sweep(5, 95, 5)}
    knob = Knob("quality", 1, 100)
    undetected = frozenset({"altered"})

    quality: int = setting(75, low=1, high=100)
    subsampling: str = setting("4:2:0", choices=("4:4:4", "4:2:2", "4:2:0"))
    optimize: bool = setting(True)
    progressive: bool = setting(False)

    @classmethod
    def version(cls) -> str:
        return library_version("libjpeg_turbo", "libjpeg-turbo")

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        # A SPIFF header, or the frame header of JPEG-LS: that is another format.
        return data.startswith(b"\xff\xd8\xff") and data[3:4] not in (b"\xe8", b"\xf7")

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name, max_side=65500)
        buffer = io.BytesIO()
        Pictures.fromarray(np.ascontiguousarray(image)).save(
            buffer,
            "JPEG",
            quality=self.quality,
            subsampling=self.subsampling,
            optimize=self.optimize,
            progressive=self.progressive,
        )
        return buffer.getvalue()

    @classmethod
    def decode(cls, data: bytes) -> Image:
        return decode_with_pillow(data, "JPEG")

    def overhead(self, data: bytes) -> int:
        """Everything but the entropy-coded segments: markers, tables, frame and scan headers."""
        return jpeg_overhead(data)

    def colour_path(self, channels: int) -> ColourPath:
        if channels == 1:
            return ColourPath("none", by="as it is")
        return ColourPath("BT.601", subsampling=self.subsampling, by="libjpeg")
