"""AV1 still pictures through libaom in ffmpeg."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

from benchmark.backends.ffmpeg import decode_planes, encode_planes, encoder_version
from benchmark.codec import Codec, Image, Knob, Setting, check_image, setting
from benchmark.colour.convert import ColourPath, from_planes, to_planes
from benchmark.errors import BitstreamError

_DELIMITER = b"\x12\0"


@dataclasses.dataclass(frozen=True)
class Av1(Codec):
    """A bare AV1 still picture: a sequence header and a frame, as an AVIF file holds them, without the file.

    Defaults: 4:4:4 at 10 bit, ``cpu_used`` 1, tuned for PSNR. 10 bit needs less rate than 8 bit for the same PSNR of an
    8-bit image. libaom's general mode is used; its mode for all-intra video is worse by PSNR.

    ``crf=0`` at 10 bit is lossless.

    Colour path: YCbCr BT.601 full range, 4:4:4, in NumPy; grey is stored as one plane.

    Known limits: 65,536 pixels a side. The temporal delimiter, two bytes that are always the same, is left out of the
    stream, and put back to decode. The stream has no checksum: most altered bits are decoded without complaint.
    """

    name = "av1"
    summary = "AV1 by ffmpeg (libaom), YCbCr BT.601 full range, 4:4:4, 10 bit"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"crf": (8, 20, 24, 28, 32, 36, 40, 44, 50, 54, 63)}
    knob = Knob("crf", 0, 63, increasing=False)
    lossless_at: ClassVar[dict[str, Setting]] = {"crf": 0, "depth": 10}
    undetected = frozenset({"altered"})

    crf: int = setting(32, low=0, high=63)
    cpu_used: int = setting(1, low=0, high=8)
    depth: int = setting(10, choices=(8, 10))

    @classmethod
    def version(cls) -> str:
        return encoder_version("libaom-av1")

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        # A sequence header that says that there is one picture, and a frame.
        return data[:1] == b"\x0a" and len(data) > 2 and data[2] & 0x18 == 0x18 and data[_header(data) :][:1] == b"\x32"

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name, max_side=65536)
        stream = encode_planes(
            to_planes(image, depth=self.depth),
            depth=self.depth,
            form="obu",
            options=(
                "-c:v",
                "libaom-av1",
                "-still-picture",
                "1",
                "-usage",
                "good",
                "-tune",
                "psnr",
                "-cpu-used",
                str(self.cpu_used),
                "-crf",
                str(self.crf),
            ),
        )
        return stream.removeprefix(_DELIMITER)

    @classmethod
    def decode(cls, data: bytes) -> Image:
        if not cls.recognises(data):
            raise BitstreamError("not an AV1 still picture: it does not start with a sequence header and a frame")
        planes, depth = decode_planes(_DELIMITER + data, form="obu")
        return from_planes(planes, depth=depth)

    def overhead(self, data: bytes) -> int:
        """The sequence header, with the type and the size before it."""
        return _header(data)

    def colour_path(self, channels: int) -> ColourPath:
        return ColourPath("BT.601" if channels == 3 else "none", depth=self.depth, by="NumPy, rounded")


def _header(data: bytes) -> int:
    return 2 + data[1]
