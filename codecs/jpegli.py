"""JPEG (ITU-T T.81) by jpegli, through pyjpegli."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from benchmark.backends.pillow import decode_with_pillow, jpeg_overhead, library_version, sweep
from benchmark.codec import Codec, Image, Knob, Setting, check_image, setting
from benchmark.colour.convert import ColourPath
from benchmark.errors import MissingBackend


@dataclasses.dataclass(frozen=True)
class Jpegli(Codec):
    """Baseline JPEG, 4:2:0, by an encoder that quantises adaptively for the eye.

    Defaults: ``quality=75``, which is pyjpegli's. pyjpegli offers no other subsampling and no progressive files.

    Streams are decoded by libjpeg-turbo, as those of ``jpeg`` and ``mozjpeg`` are. jpegli's own decoder is 1 to 2 %
    worse at equal PSNR here.

    Colour path: YCbCr BT.601 full range, 4:2:0, inside jpegli in floating point.

    Known limits: 65,500 pixels a side. A grey image is stored, and returned, as colour. Even the lowest quality takes
    about 0.2 bits for a pixel of a photograph. The format has no checksum: most flipped bits are decoded without
    complaint.
    """

    name = "jpegli"
    stream_format = "jpeg"
    summary = "JPEG by pyjpegli (jpegli), YCbCr BT.601 full range, 4:2:0, decoded by Pillow"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"quality": (1, *sweep(10, 90, 10), 95, 98)}
    knob = Knob("quality", 1, 100)
    undetected = frozenset({"altered"})

    quality: int = setting(75, low=1, high=100)

    @classmethod
    def version(cls) -> str:
        try:
            import pyjpegli
        except ImportError as error:
            raise MissingBackend("jpegli needs pyjpegli: pip install 'rdbench[jpegli]'") from error
        return f"pyjpegli {pyjpegli.__version__}, decoder {library_version('libjpeg_turbo', 'libjpeg-turbo')}"

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name, max_side=65500)
        import pyjpegli

        height, width = image.shape[:2]
        colour = image if image.ndim == 3 else np.repeat(image[..., np.newaxis], 3, axis=2)
        return bytes(pyjpegli.encode(colour.tobytes(), width, height, self.quality))

    @classmethod
    def decode(cls, data: bytes) -> Image:
        return decode_with_pillow(data, "JPEG")

    def overhead(self, data: bytes) -> int:
        """Everything but the entropy-coded segments: markers, tables, frame and scan headers."""
        return jpeg_overhead(data)

    def colour_path(self, channels: int) -> ColourPath:
        return ColourPath("BT.601", subsampling="4:2:0", depth=32, by="jpegli")
