"""PNG (ISO/IEC 15948) through Pillow and zlib."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from importlib.metadata import version
from typing import ClassVar

import numpy as np
from PIL import Image as Pictures

from benchmark.backends.pillow import decode_image_file, deflate_version
from benchmark.codec import Codec, Image, Setting, check_image, setting
from benchmark.colour.convert import ColourPath
from benchmark.errors import BitstreamError


@dataclasses.dataclass(frozen=True)
class Png(Codec):
    """PNG, the lossless yardstick.

    Defaults: ``level=9``, zlib's best, and Pillow's adaptive choice of filters.

    Colour path: none, pixels are stored as they are. The CRC of every chunk and the Adler sum of the rows are verified,
    so damage is told.
    """

    name = "png"
    endings = (".png",)
    summary = "PNG by Pillow (zlib), lossless"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"level": (9,)}
    lossless_at: ClassVar[dict[str, Setting]] = {}

    level: int = setting(9, low=0, high=9)

    @classmethod
    def version(cls) -> str:
        return f"Pillow {version('pillow')}, {deflate_version()}"

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return data.startswith(b"\x89PNG\r\n\x1a\n")

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name)
        buffer = io.BytesIO()
        Pictures.fromarray(np.ascontiguousarray(image)).save(buffer, "PNG", compress_level=self.level)
        return buffer.getvalue()

    @classmethod
    def decode(cls, data: bytes) -> Image:
        if not cls.recognises(data):
            raise BitstreamError("not a whole PNG file: its first bytes are not those of one")
        return decode_image_file(data, "PNG stream", turned_later=True)

    def overhead(self, data: bytes) -> int:
        """All but the contents of the IDAT chunks."""
        position, payload = 8, 0
        while position + 8 <= len(data):
            size = int.from_bytes(data[position : position + 4], "big")
            if data[position + 4 : position + 8] == b"IDAT":
                payload += size
            position += size + 12
        return len(data) - payload

    def colour_path(self, channels: int) -> ColourPath:
        return ColourPath("none", by="as it is")
