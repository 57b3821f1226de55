"""WebP through Pillow and libwebp."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from PIL import Image as Pictures

from benchmark.backends.pillow import decode_with_pillow, library_version, sweep
from benchmark.codec import Codec, Image, Knob, Setting, check_image, setting
from benchmark.colour.convert import ColourPath


@dataclasses.dataclass(frozen=True)
class Webp(Codec):
    """Lossy or lossless WebP.

    Defaults: method 4, which is the library's. Method 6 makes smaller files and takes longer. The sweep is that of
    CompressAI's published curve, which it reproduces. With ``lossless``, ``quality`` is the effort.

    Colour path: YCbCr BT.601 limited range, always 4:2:0. Lossless: RGB.

    Known limits: 16,383 pixels a side. A grey image is stored, and returned, as colour. Most altered bits are decoded
    without complaint.
    """

    name = "webp"
    endings = (".webp",)
    summary = "WebP by Pillow (libwebp), YCbCr BT.601 limited range, 4:2:0"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"quality": sweep(5, 95, 5)}
    knob = Knob("quality", 0, 100)
    lossless_at: ClassVar[dict[str, Setting]] = {"lossless": True}
    undetected = frozenset({"altered"})

    quality: int = setting(75, low=0, high=100)
    method: int = setting(4, low=0, high=6)
    lossless: bool = setting(False)

    @classmethod
    def version(cls) -> str:
        return library_version("webp", "libwebp")

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return data[:4] == b"RIFF" and data[8:12] == b"WEBP"

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name, max_side=16383)
        buffer = io.BytesIO()
        Pictures.fromarray(np.ascontiguousarray(image)).convert("RGB").save(
            buffer, "WEBP", quality=self.quality, method=self.method, lossless=self.lossless, exact=True
        )
        return buffer.getvalue()

    @classmethod
    def decode(cls, data: bytes) -> Image:
        return decode_with_pillow(data, "WEBP")

    def overhead(self, data: bytes) -> int:
        """RIFF and chunk headers: all but the VP8 or VP8L data."""
        return 20

    def colour_path(self, channels: int) -> ColourPath:
        if self.lossless:
            return ColourPath("subtract green", by="libwebp, chosen by the encoder")
        return ColourPath("BT.601", full_range=False, subsampling="4:2:0", by="libwebp")
