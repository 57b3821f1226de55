"""AVIF through Pillow's libavif (aom), or through pillow-avif-plugin for the encoders SVT-AV1 and rav1e."""

from __future__ import annotations

import dataclasses
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar

import numpy as np
from PIL import AvifImagePlugin, features
from PIL import Image as Pictures

from benchmark.backends.pillow import decode_with_pillow, library_version, sweep
from benchmark.codec import Codec, Image, Knob, Setting, check_image, setting
from benchmark.colour.convert import ColourPath
from benchmark.errors import MissingBackend, SettingError, UnsupportedImage

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # of the decoder, which takes all cores otherwise


@dataclasses.dataclass(frozen=True)
class Avif(Codec):
    """AV1 still pictures in an AVIF file.

    Defaults: 4:4:4 and ``tune="psnr"``, with aom at speed 6. libavif's own defaults are 4:2:0 and a tune for the eye,
    which are worse by PSNR. There is always one thread, because the number of threads changes the bytes.

    ``encoder="svt"`` takes 4:2:0 alone, and at least 4×4 pixels. ``encoder="rav1e"`` takes any image. Both come from
    pillow-avif-plugin, which is loaded only for them. ``tune`` belongs to aom: the other encoders ignore it.

    Colour path: YCbCr BT.601 full range, 8 bit, inside libavif. Grey is stored as 4:0:0 by aom, and as colour by the
    other encoders.

    Known limits: about 300 bytes of container. Most altered bits are decoded without complaint.
    """

    name = "avif"
    endings = (".avif",)
    summary = "AVIF by Pillow (libavif, aom; svt and rav1e by pillow-avif-plugin), YCbCr BT.601 full range, 4:4:4"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"quality": sweep(10, 95, 5)}
    knob = Knob("quality", 0, 100)
    undetected = frozenset({"altered"})

    quality: int = setting(60, low=0, high=100)
    encoder: str = setting("aom", choices=("aom", "svt", "rav1e"))
    speed: int = setting(6, low=0, high=10)
    subsampling: str = setting("4:4:4", choices=("4:4:4", "4:2:2", "4:2:0"))
    tune: str = setting("psnr", choices=("psnr", "ssim", "iq"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.encoder == "svt" and self.subsampling != "4:2:0":
            raise SettingError(f"avif: encoder svt takes subsampling 4:2:0 alone, got {self.subsampling}")

    @classmethod
    def version(cls) -> str:
        if not features.check("avif"):
            raise MissingBackend("this Pillow was built without AVIF: pip install --upgrade pillow")
        own = library_version("avif", "libavif")
        try:
            return f"{own}, pillow-avif-plugin {version('pillow-avif-plugin')}"
        except PackageNotFoundError:
            return own

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return data[4:12] == b"ftypavif"

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name, max_side=65536)
        picture = Pictures.fromarray(np.ascontiguousarray(image))
        options: dict[str, Any] = {"codec": self.encoder, "subsampling": self.subsampling}
        if self.encoder == "aom":
            options["advanced"] = {"tune": self.tune}
            if image.ndim == 2:
                options["subsampling"] = "4:0:0"
        else:
            picture = picture.convert("RGB")
        buffer = io.BytesIO()
        with nullcontext() if self.encoder == "aom" else _plugin_saves():
            try:
                picture.save(buffer, "AVIF", quality=self.quality, speed=self.speed, max_threads=1, **options)
            except (ValueError, RuntimeError) as error:
                size = f"{image.shape[1]}×{image.shape[0]}"
                raise UnsupportedImage(f"avif: encoder {self.encoder} refused an image of {size}: {error}") from error
        return buffer.getvalue()

    @classmethod
    def decode(cls, data: bytes) -> Image:
        return decode_with_pillow(data, "AVIF")

    def colour_path(self, channels: int) -> ColourPath:
        if channels == 1 and self.encoder == "aom":
            return ColourPath("none", subsampling="4:0:0", by="as it is")
        return ColourPath("BT.601", subsampling=self.subsampling, by="libavif")


@contextmanager
def _plugin_saves() -> Iterator[None]:
    """Lets pillow-avif-plugin write AVIF, and only here: its import takes over Pillow's own reader and writer."""
    native = Pictures.SAVE["AVIF"]
    Pictures.SAVE["AVIF"] = _plugin_writer()
    try:
        yield
    finally:
        Pictures.SAVE["AVIF"] = native


@cache
def _plugin_writer() -> Any:
    os.environ.setdefault("SVT_LOG", "0")  # it tells its whole configuration otherwise
    registries: list[dict[str, Any]] = [Pictures.OPEN, Pictures.SAVE, Pictures.SAVE_ALL]
    before = [registry.get("AVIF") for registry in registries]
    try:
        import pillow_avif  # noqa: F401  # registers itself
    except ImportError as error:
        raise MissingBackend("the AVIF encoders svt and rav1e need: pip install 'rdbench[avif]'") from error
    writer = Pictures.SAVE["AVIF"]
    for registry, entry in zip(registries, before, strict=True):
        registry["AVIF"] = entry
    return writer
