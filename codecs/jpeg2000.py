"""JPEG 2000 (ISO/IEC 15444-1) through Pillow and OpenJPEG."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from PIL import Image as Pictures

from benchmark.backends.pillow import decode_with_pillow, library_version
from benchmark.codec import Codec, Image, Knob, Setting, check_image, setting
from benchmark.colour.convert import ColourPath


@dataclasses.dataclass(frozen=True)
class Jpeg2000(Codec):
    """A bare JPEG 2000 codestream, one tile, one quality layer.

    Defaults: the irreversible 9/7 wavelet with the colour transform. Pillow's own defaults are reversible and have no
    colour transform; they are worse than JPEG, and these are far better. ``psnr`` is the target that OpenJPEG aims at
    for each component. The PSNR that is reached over RGB differs by a decibel or two. ``lossless`` uses the reversible
    transforms and ignores the target.

    Colour path: the standard's own irreversible transform (BT.601 matrix, floating point), 4:4:4.

    Known limits: a cut stream is told only if whole parts are missing. Altered bits are hardly ever told.
    """

    name = "jpeg2000"
    endings = (".j2k", ".j2c", ".jpc")
    summary = "JPEG 2000 codestream by Pillow (OpenJPEG), 9/7 wavelet, irreversible colour transform, 4:4:4"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {
        "psnr": (24.0, 26.0, 28.0, 30.0, 32.0, 34.0, 35.0, 36.0, 38.0, 40.0, 42.0, 44.0, 46.0)
    }
    knob = Knob("psnr", 10.0, 60.0)
    lossless_at: ClassVar[dict[str, Setting]] = {"lossless": True}
    undetected = frozenset({"truncated", "altered"})

    psnr: float = setting(34.0, low=1.0, high=100.0)
    lossless: bool = setting(False)

    @classmethod
    def version(cls) -> str:
        return library_version("jpg_2000", "OpenJPEG")

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        # The bare codestream, or a JP2 file, which is decoded, too.
        return data.startswith((b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  \r\n\x87\n"))

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name)
        options: dict[str, Any] = {"irreversible": False, "mct": 1}
        if not self.lossless:
            options = {"irreversible": True, "mct": 1, "quality_mode": "dB", "quality_layers": [self.psnr]}
        buffer = io.BytesIO()
        Pictures.fromarray(np.ascontiguousarray(image)).save(
            buffer, "JPEG2000", no_jp2=True, num_resolutions=_resolutions(image), **options
        )
        return buffer.getvalue()

    @classmethod
    def decode(cls, data: bytes) -> Image:
        return decode_with_pillow(data, "JPEG2000")

    def overhead(self, data: bytes) -> int:
        """The main header and the tile-part header, up to the start-of-data marker."""
        return int(data.index(b"\xff\x93")) + 2

    def colour_path(self, channels: int) -> ColourPath:
        if channels == 1:
            return ColourPath("none", by="as it is")
        return ColourPath("RCT", by="OpenJPEG") if self.lossless else ColourPath("ICT", depth=32, by="OpenJPEG")


def _resolutions(image: Image) -> int:
    """Six levels as by default, fewer where an image is too small to be halved five times."""
    return max(1, min(6, int(min(image.shape[:2])).bit_length()))
