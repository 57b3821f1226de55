"""HEVC (ITU-T H.265), one intra picture, through PyAV and x265."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

from benchmark.backends import hevc_syntax, x265
from benchmark.backends.pillow import sweep
from benchmark.codec import Image, Setting
from benchmark.colour.convert import from_planes
from benchmark.errors import BitstreamError

END = bytes((hevc_syntax.END << 1, 1))
"""End of bitstream: a stream that lost its end has lost it."""


@dataclasses.dataclass(frozen=True)
class Hevc(x265.PictureCodec):
    """One intra picture as a raw HEVC stream (annex B).

    ``qp`` is the quantiser of the slice.

    Defaults: 4:4:4, 8 bit and preset slower, with x265's tune for PSNR and one quantiser for the whole picture. Other
    settings in BD-rate by PSNR, on parts of Kodak 3, 5, 13 and 23: preset slow +0.3 %, medium +3.0 %, veryslow the same
    bytes, placebo no better; 4:2:0 +5.7 %; 10 bit −1.3 %. These give nothing, so they are no settings: no sample
    adaptive offset (+0.6 %), other deblocking (+0.1 %), transform skip (+0.2 %), chroma offsets of −2 to 1 (−0.1 to
    +0.7 %).

    Headers are the shortest that hold the picture: no SEI, parameter sets written by the bench
    (:func:`benchmark.backends.hevc_syntax.parameter_sets`), and an end of bitstream unit of five bytes, by which a
    cut is told. A size that is no multiple of 8 is padded by replicating the edge, and cropped by the conformance
    window. At 4:2:0 an odd size is cropped by a pan-scan rectangle too, because the window counts chroma samples.

    Colour path: YCbCr BT.601 full range in NumPy, rounded to the nearest, 8 or 10 bit. 4:2:0 is the mean of 2×2
    samples, and is interpolated linearly. Grey is 4:0:0.

    Known limits: about 100 bytes of headers. Most altered bits are decoded without complaint. Streams of other encoders
    are refused.
    """

    name = "hevc"
    summary = "HEVC intra by x265 (PyAV), YCbCr BT.601 full range in NumPy, 4:4:4 8 bit"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"qp": (*sweep(10, 22, 4), *sweep(26, 42, 2), 46)}

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return data.startswith(b"\0\0\0\1\x40\1")

    def encode(self, image: Image) -> bytes:
        sps, pps, picture = self.picture(image)
        height, width = image.shape[:2]
        step = _step(sps)
        sps = sps._replace(right=(sps.width - width) // step, bottom=(sps.height - height) // step)
        rectangle = _pan_scan(width % step, height % step)
        return hevc_syntax.join([*hevc_syntax.parameter_sets(sps), pps, *rectangle, picture, END])

    @classmethod
    def decode(cls, data: bytes) -> Image:
        units = hevc_syntax.split(data)
        if len(units) not in (5, 6) or units[-1] != END:
            raise BitstreamError("not a whole HEVC stream of this bench: its parameter sets, a picture and its end")
        vps, own, pps, *scan, picture, _ = units
        sps = hevc_syntax.read_sps(own)
        step = _step(sps)
        odd = next((odd for odd in ((0, 0), (1, 0), (0, 1), (1, 1)) if scan == _pan_scan(*odd)), None)
        if [vps, own] != hevc_syntax.parameter_sets(sps) or odd is None or hevc_syntax.join(units) != data:
            raise BitstreamError("not an HEVC stream of this bench: its headers are others than those it writes")
        width, height = sps.width - step * sps.right - odd[0], sps.height - step * sps.bottom - odd[1]
        return from_planes(x265.decode(sps, pps, picture, height, width), depth=sps.depth)

    def overhead(self, data: bytes) -> int:
        """Parameter sets, start codes and end: all but the slice."""
        return len(data) - len(hevc_syntax.split(data)[-2])


def _step(sps: hevc_syntax.Sps) -> int:
    """Luma samples of a unit of the conformance window."""
    return 2 if sps.chroma == hevc_syntax.CHROMA["4:2:0"] else 1


def _pan_scan(right: int, bottom: int) -> list[bytes]:
    """The SEI message that takes so many more columns and rows off, of 0 and 1 each; no message where it is none."""
    if not (right or bottom):
        return []
    bits = hevc_syntax.BitWriter()
    bits.ue(0)
    bits.u(0)
    bits.ue(0)
    for value in (0, -16 * right, 0, -16 * bottom):
        bits.se(value)
    bits.u(0)
    bits.u(1)
    rectangle = bits.tobytes()
    return [hevc_syntax.unit(hevc_syntax.PREFIX_SEI, bytes((2, len(rectangle))) + rectangle + b"\x80")]
