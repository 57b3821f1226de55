"""JPEG-LS (ITU-T T.87) through imagecodecs and CharLS."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from benchmark.backends.imagecodecs import check_size, decode, library, library_version
from benchmark.codec import Codec, Image, Knob, Setting, check_image, setting
from benchmark.colour.convert import ColourPath
from benchmark.errors import BitstreamError, SettingError

FRAME, SCAN, END = b"\xff\xf7", b"\xff\xda", b"\xff\xd9"
HP2 = b"\xff\xe8\x00\x07mrfx\x02"  # the segment by which CharLS marks, and undoes, its transform 2


@dataclasses.dataclass(frozen=True)
class JpegLs(Codec):
    """Lossless or near-lossless JPEG-LS, components interleaved by sample.

    Defaults: ``near=0``, which is lossless, as the format is mostly used. Other values of ``near`` are the largest
    error of a sample. ``transform="hp2"`` is for lossless colour alone. It codes R − G, G and B − (R + G) / 2, modulo
    256, and saves 20 to 30 % on photographs. It is Hewlett-Packard's extension: CharLS reads it, and T.87 does not know
    it, so that other decoders show wrong colours. Therefore it is not the default. With ``near`` above 0, the modulo
    would turn black into white.

    Colour path: none, or HP2 in NumPy, undone by CharLS.

    Known limits: 65,535 pixels a side; 75 to 90 bytes of headers, most of them imagecodecs' SPIFF header. The format
    has no checksum, but its decoder tells most damage.
    """

    name = "jpegls"
    endings = (".jls",)
    summary = "JPEG-LS by imagecodecs (CharLS), lossless or near-lossless, RGB"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"near": tuple(range(10))}
    knob = Knob("near", 0, 9, increasing=False)
    lossless_at: ClassVar[dict[str, Setting]] = {"near": 0}
    undetected = frozenset({"altered"})

    near: int = setting(0, low=0, high=9)
    transform: str = setting("none", choices=("none", "hp2"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.near and self.transform != "none":
            raise SettingError(f"jpegls: transform {self.transform} is lossless: it goes with near=0, got {self.near}")

    @classmethod
    def version(cls) -> str:
        return library_version("jpegls")

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return data.startswith((b"\xff\xd8\xff\xf7", b"\xff\xd8\xff\xe8\x00\x20SPIFF\0"))

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name, max_side=65535)
        transformed = self.transform == "hp2" and image.ndim == 3
        pixels = np.ascontiguousarray(_hp2(image) if transformed else image)
        # The buffer that imagecodecs takes by itself is too small for noise; no sample takes more than 32 bits.
        stream = bytes(library().jpegls_encode(pixels, self.near, out=4 * image.size + 1024))
        if transformed:
            start = stream.index(FRAME)
            stream = stream[:start] + HP2 + stream[start:]
        return stream

    @classmethod
    def decode(cls, data: bytes) -> Image:
        if not cls.recognises(data):
            raise BitstreamError("not a JPEG-LS file: neither its frame nor a SPIFF header comes first")
        if not data.endswith(END):  # without it, CharLS reads on past the end
            raise BitstreamError("not a whole JPEG-LS file: its end marker is missing")
        frame = data.find(FRAME)
        if frame >= 0:
            height, width = (int.from_bytes(data[frame + start : frame + start + 2], "big") for start in (5, 7))
            check_size(width, height)
        return decode("jpegls", data)

    def overhead(self, data: bytes) -> int:
        """Everything but the entropy-coded segment: markers, SPIFF, frame and scan headers."""
        scan = data.index(SCAN) + 2
        return scan + int.from_bytes(data[scan : scan + 2], "big") + len(END)

    def colour_path(self, channels: int) -> ColourPath:
        if channels == 3 and self.transform == "hp2":
            return ColourPath("HP2", by="NumPy, modulo 256")
        return ColourPath("none", by="as it is")


def _hp2(image: Image) -> Image:
    red, green, blue = (image[..., index].astype(np.int16) for index in range(3))
    planes = [red - green + 128, green, blue - (red + green) // 2 + 128]
    return np.asarray(np.stack(planes, axis=-1) & 255, dtype=np.uint8)
