"""JPEG (ITU-T T.81) by mozjpeg, through pyvips."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np

from benchmark.backends.pillow import decode_with_pillow, jpeg_overhead, library_version, sweep
from benchmark.codec import Codec, Image, Knob, Setting, check_image, setting
from benchmark.colour.convert import ColourPath
from benchmark.errors import MissingBackend

TABLES = ("annex-k", "flat", "ms-ssim", "robidoux", "psnr-hvs-m", "klein", "watson", "ahumada", "peterson")
"""mozjpeg's tables of quantisers, in the order of its numbers."""


@dataclasses.dataclass(frozen=True)
class Mozjpeg(Codec):
    """JPEG whose coefficients are chosen by a search (trellis) for the least distortion at the rate.

    Defaults: mozjpeg's own, a trellis search and progressive files with optimised scans. Only the table of quantisers
    is another one. ``table="flat"`` quantises all frequencies alike, which is best for PSNR: of mozjpeg's nine tables
    it saves most at equal PSNR over RGB. It saves twice as much as mozjpeg's own ``robidoux``, which is made for the
    eye.

    Streams are decoded by libjpeg-turbo, as those of ``jpeg`` are.

    Colour path: YCbCr BT.601 full range, inside libjpeg; grey as it is.

    Known limits: 65,500 pixels a side. The format has no checksum: most flipped bits are decoded without complaint.
    """

    name = "mozjpeg"
    stream_format = "jpeg"
    summary = "JPEG by pyvips (mozjpeg), YCbCr BT.601 full range, decoded by Pillow"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"quality": (3, 5, 7, *sweep(10, 30, 5), *sweep(40, 90, 10), 95, 98)}
    knob = Knob("quality", 1, 100)
    undetected = frozenset({"altered"})

    quality: int = setting(75, low=1, high=100)
    subsampling: str = setting("4:2:0", choices=("4:4:4", "4:2:0"))
    table: str = setting("flat", choices=TABLES)
    trellis: bool = setting(True)
    progressive: bool = setting(True)

    @classmethod
    def version(cls) -> str:
        pyvips = _pyvips()
        libvips = ".".join(str(pyvips.version(part)) for part in range(3))
        decoder = library_version("libjpeg_turbo", "libjpeg-turbo")
        return f"pyvips {pyvips.__version__}, libvips {libvips} with mozjpeg, decoder {decoder}"

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name, max_side=65500)
        return _save(
            _pyvips(),
            image,
            Q=self.quality,
            subsample_mode="on" if self.subsampling == "4:2:0" else "off",
            quant_table=TABLES.index(self.table),
            trellis_quant=self.trellis,
            overshoot_deringing=self.trellis,
            interlace=self.progressive,
            optimize_scans=self.progressive,
            optimize_coding=True,
        )

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


@cache
def _pyvips() -> Any:
    """The module, on one thread and without its cache of operations, once its JPEG encoder is known to be mozjpeg."""
    needed = "mozjpeg needs pyvips and pyvips-binary: pip install 'rdbench[mozjpeg]'"
    try:
        import pyvips
    except (ImportError, OSError) as error:  # OSError: pyvips without the library itself
        raise MissingBackend(needed) from error
    pyvips.concurrency_set(1)
    pyvips.cache_set_max(0)
    texture = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    # libvips takes the option with any libjpeg, and warns where it has no effect.
    if _save(pyvips, texture, trellis_quant=True) == _save(pyvips, texture, trellis_quant=False):
        raise MissingBackend(f"this libvips was built without mozjpeg; {needed}")
    return pyvips


def _save(pyvips: Any, image: Image, **options: Any) -> bytes:
    kind = "b-w" if image.ndim == 2 else "srgb"
    picture = pyvips.Image.new_from_array(np.ascontiguousarray(image), interpretation=kind)
    return bytes(picture.jpegsave_buffer(keep="none", **options))
