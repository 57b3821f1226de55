"""AVIF through Pillow's libavif (aom), or through pillow-avif-plugin for the encoders SVT-AV1 and rav1e."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from PIL import Image as Pictures
from PIL import features

from benchmark.codec import Codec, Image, Knob, Setting, check_image, setting
from benchmark.errors import MissingBackend, UnsupportedImage
from benchmark.pillow import decode_with_pillow, library_version, sweep


@dataclasses.dataclass(frozen=True)
class Avif(Codec):
    """AV1 still pictures in an AVIF file.

    Defaults: 4:4:4 and ``tune="psnr"`` with aom at speed 6. libavif's own defaults, 4:2:0 and a tune for the eye, cost
    about 5 to 10 % BD-rate over PSNR-RGB. One thread always: the number of threads changes the bytes.

    ``encoder="svt"`` takes 4:2:0 alone and images of at least 64×64, ``encoder="rav1e"`` any; both come from
    pillow-avif-plugin, which is imported only for them, since importing it replaces Pillow's own handler. ``tune`` is
    aom's.

    Colour path: YCbCr BT.601 full range, 8 bit, inside libavif. Known limits: about 300 bytes of container; grey is
    stored as colour with equal channels up to rounding. Altered bits are mostly decoded without complaint.
    """

    name = "avif"
    summary = "AVIF by Pillow (libavif, aom; svt and rav1e by pillow-avif-plugin), YCbCr BT.601 full range, 4:4:4"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"quality": sweep(10, 95, 5)}
    knob = Knob("quality", 0, 100)
    undetected = frozenset({"altered"})

    quality: int = setting(60, low=0, high=100)
    encoder: str = setting("aom", choices=("aom", "svt", "rav1e"))
    speed: int = setting(6, low=0, high=10)
    subsampling: str = setting("4:4:4", choices=("4:4:4", "4:2:2", "4:2:0"))
    tune: str = setting("psnr", choices=("psnr", "ssim", "iq", ""))

    @classmethod
    def version(cls) -> str:
        if not features.check("avif"):
            raise MissingBackend("this Pillow was built without AVIF: pip install --upgrade pillow")
        return library_version("avif", "libavif")

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name, max_side=65536)
        options: dict[str, Any] = {"codec": self.encoder}
        if self.encoder == "aom":
            options["advanced"] = {"tune": self.tune} if self.tune else {}
        else:
            _load_plugin(self.encoder)
        buffer = io.BytesIO()
        picture = Pictures.fromarray(np.ascontiguousarray(image)).convert("RGB")
        try:
            picture.save(
                buffer, "AVIF", quality=self.quality, speed=self.speed, subsampling=self.subsampling, max_threads=1,
                **options,
            )
        except ValueError as error:
            raise UnsupportedImage(f"avif: the encoder {self.encoder} refused {image.shape}: {error}") from error
        return buffer.getvalue()

    def decode(self, data: bytes) -> Image:
        return decode_with_pillow(data, "AVIF")
