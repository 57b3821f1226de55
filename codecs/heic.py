"""HEIC: an HEVC picture in a HEIF file, through pillow-heif, libheif and x265."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np

from benchmark.backends.pillow import sweep
from benchmark.backends.x265 import MAX_SIDE, PRESETS, check_size
from benchmark.codec import Codec, Image, Knob, Setting, check_image, setting
from benchmark.colour.convert import ColourPath
from benchmark.errors import BitstreamError, MissingBackend, UnsupportedImage
from benchmark.formats.limit import check_claim


@dataclasses.dataclass(frozen=True)
class Heic(Codec):
    """A HEIC file, as cameras and phones store their pictures.

    Defaults: 4:4:4, x265's preset slower and ``tune="psnr"``. x265's tune turns psychovisual optimisation off, and
    libheif turns it on again. ``tune="psnr"`` turns it off for good, which saves another 8.7 % (BD-rate by PSNR, parts
    of Kodak 3, 5, 13 and 23). ``tune="ssim"`` leaves it as libheif has it. libheif's own preset, slow, needs 0.1 % more
    rate. There is always one thread. ``quality`` is libheif's: x265's constant rate factor is 50 − quality / 2.

    Colour path: YCbCr BT.601 full range, 8 bit, inside libheif; grey is stored as 4:0:0.

    Known limits: about 400 bytes of container. Sides below 64 pixels are padded to 64. Most altered bits are decoded
    without complaint.
    """

    name = "heic"
    endings = (".heic", ".heif")
    summary = "HEIC by pillow-heif (libheif, x265), YCbCr BT.601 full range, 4:4:4"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"quality": (5, *sweep(13, 37, 4), *sweep(45, 85, 8))}
    knob = Knob("quality", 0, 100)
    undetected = frozenset({"altered"})

    quality: int = setting(50, low=0, high=100)
    subsampling: str = setting("4:4:4", choices=("4:4:4", "4:2:2", "4:2:0"))
    preset: str = setting("slower", choices=PRESETS)
    tune: str = setting("psnr", choices=("psnr", "ssim"))

    @classmethod
    def version(cls) -> str:
        library = _library()
        told = library.libheif_info()
        x265 = re.search(r"\((.*)\)", told["encoders"]["x265"])
        return f"pillow-heif {version('pillow-heif')}, libheif {told['libheif']}, x265 {x265[1] if x265 else 'unknown'}"

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return data[4:12] in (b"ftypheic", b"ftypheix")

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name, max_side=MAX_SIDE)
        height, width = image.shape[:2]
        options = {
            "chroma": self.subsampling.replace(":", ""),
            "preset": self.preset,
            "tune": self.tune,
            "x265:pools": "none",
            "x265:frame-threads": "1",
            "x265:wpp": "0",
        }
        if self.tune == "psnr":
            options |= {"x265:psy-rd": "0", "x265:psy-rdoq": "0", "x265:aq-mode": "0"}
        buffer = io.BytesIO()
        try:
            _library().encode(
                "L" if image.ndim == 2 else "RGB",
                (width, height),
                image.tobytes(),
                buffer,
                quality=self.quality,
                enc_params=options,
            )
        except (ValueError, RuntimeError) as error:
            raise UnsupportedImage(f"heic: libheif refused an image of {width}×{height}: {error}") from error
        return buffer.getvalue()

    @classmethod
    def decode(cls, data: bytes) -> Image:
        if not cls.recognises(data):
            raise BitstreamError("not a HEIC file")
        try:
            file = _library().open_heif(data)
            modes = [picture.mode for picture in file]
            if modes not in (["L"], ["RGB"]):
                raise BitstreamError(f"heic: expected one picture of mode L or RGB, got {modes}")
            width, height = file.size
            check_claim("the HEIC file", width, height)
            check_size(width, height, data)
            return np.array(file)
        except (OSError, SyntaxError, ValueError, RuntimeError, EOFError) as error:
            raise BitstreamError(f"not a whole HEIC file: {error}") from error

    def overhead(self, data: bytes) -> int:
        """Boxes and parameter sets: all but the content of the box ``mdat``, which is the slice."""
        place, media = 0, 0
        while place + 8 <= len(data):
            size = int.from_bytes(data[place : place + 4], "big")
            if data[place + 4 : place + 8] == b"mdat":
                media += size - 8
            place += max(size, 8)
        return len(data) - media

    def colour_path(self, channels: int) -> ColourPath:
        if channels == 1:
            return ColourPath("none", by="libheif")
        return ColourPath("BT.601", subsampling=self.subsampling, by="libheif")


def _library() -> Any:
    """pillow-heif, which decodes on one thread and stays unknown to Pillow."""
    try:
        import pillow_heif
    except ImportError as error:
        raise MissingBackend("heic needs pillow-heif: pip install 'rdbench[heic]'") from error
    if "x265" not in pillow_heif.libheif_info()["encoders"]:
        raise MissingBackend("heic: this pillow-heif was built without x265: pip install --force-reinstall pillow-heif")
    pillow_heif.options.DECODE_THREADS = 1
    return pillow_heif
