"""BPG (Better Portable Graphics): an intra picture by x265 in the container of F. Bellard's specification 0.9.5."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

from benchmark.backends import hevc_syntax, x265
from benchmark.codec import Image, Setting
from benchmark.colour.convert import from_planes
from benchmark.errors import BitstreamError

MAGIC = b"BPG\xfb"


@dataclasses.dataclass(frozen=True)
class Bpg(x265.PictureCodec):
    """A BPG file, as ``bpgenc -e x265`` makes them and any BPG decoder reads them.

    The container is written here from the public specification (bellard.org/bpg/bpg_spec.txt, 0.9.5): a header of some
    15 bytes, and of x265's stream the picture parameter set and the slice. Decoding rebuilds the parameter sets that
    the format leaves out and gives them to libavcodec.

    ``qp`` is the quantiser of the slice, about two less than the ``-q`` of bpgenc 0.9.8.

    Defaults: 4:4:4, YCbCr and 8 bit, as in CompressAI's published curve. These settings lie on that curve: 1 % below it
    at most places, and −0.75 % in BD-rate, over the 24 images of Kodak. The sweep spans the curve, q 47 to 12. For the
    choice of preset and depth see :class:`Hevc <benchmark.plugins.codecs.hevc.Hevc>`.

    Colour path: YCbCr BT.601 full range in NumPy, rounded to the nearest, 8 or 10 bit. 4:2:0 is the mean of 2×2
    samples, and is interpolated linearly; libbpg has longer filters. Grey is stored as grey. A size that is no multiple
    of 8 is padded by replicating the edge.

    Known limits: files with alpha, animation, metadata, other colour spaces or 4:2:2 are refused. The format has no
    checksum: most altered bits are decoded without complaint.
    """

    name = "bpg"
    endings = (".bpg",)
    summary = "BPG by x265 (PyAV) in a container written here, YCbCr BT.601 full range in NumPy, 4:4:4 8 bit"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"qp": (10, 15, 20, 25, 28, 30, 33, 35, 38, 40, 45)}

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return data.startswith(MAGIC)

    def encode(self, image: Image) -> bytes:
        sps, pps, picture = self.picture(image)
        tools = _write_tools(sps.tools)
        body = ue7(len(tools)) + tools + pps + b"\0\0\1" + picture
        first = bytes((sps.chroma << 5 | (sps.depth - 8), 0))
        return MAGIC + first + b"".join(map(ue7, (image.shape[1], image.shape[0], len(body)))) + body

    @classmethod
    def decode(cls, data: bytes) -> Image:
        sps, height, width, body = _read(data)
        units = hevc_syntax.split(b"\0\0\1" + body)
        if len(units) != 2:
            raise BitstreamError(f"bpg: expected a picture parameter set and one slice, got {len(units)} units")
        pps, picture = units
        return from_planes(x265.decode(sps, pps, picture, height, width), depth=sps.depth)

    def overhead(self, data: bytes) -> int:
        """Header, picture parameter set and start code: all but the slice."""
        return len(data) - len(hevc_syntax.split(b"\0\0\1" + _read(data)[-1])[-1])


def _read(data: bytes) -> tuple[hevc_syntax.Sps, int, int, bytes]:
    """What the header says, height and width of the image, and the NAL units without their first start code."""
    if not data.startswith(MAGIC) or len(data) < 6:
        raise BitstreamError("not a BPG file")
    chroma, depth = data[4] >> 5, (data[4] & 15) + 8
    if data[4] & 16 or data[5] or chroma not in hevc_syntax.CHROMA.values():
        raise BitstreamError("bpg: a file with alpha, animation, metadata, another colour space, range or subsampling")
    place = 6
    width, place = read_ue7(data, place)
    height, place = read_ue7(data, place)
    length, place = read_ue7(data, place)
    if length != len(data) - place:
        raise BitstreamError(f"bpg: {len(data) - place} bytes of data where the header says {length}")
    size, place = read_ue7(data, place)
    tools = _read_tools(data[place : place + size])
    coded_width, coded_height = (-(-side // tools.block) * tools.block for side in (width, height))
    x265.check_size(coded_width, coded_height, data)
    return hevc_syntax.Sps(chroma, depth, coded_width, coded_height, 0, 0, tools), height, width, data[place + size :]


def _write_tools(tools: hevc_syntax.Tools) -> bytes:
    *sizes, sao, smoothing = tools
    bits = hevc_syntax.BitWriter()
    for value in sizes:
        bits.ue(value)
    for flag in (sao, 0, smoothing, 0):  # no PCM, no extension of the SPS
        bits.u(flag)
    return bits.tobytes()


def _read_tools(data: bytes) -> hevc_syntax.Tools:
    bits = hevc_syntax.BitReader(data)
    sizes = [bits.ue() for _ in range(5)]
    sao, pcm, smoothing, extension = (bits.u() for _ in range(4))
    tools = hevc_syntax.Tools._make((*sizes, sao, smoothing))
    if pcm or extension or max(sizes) > 4 or _write_tools(tools) != data:
        raise BitstreamError("bpg: an HEVC header with tools that this bench does not use")
    return tools


def ue7(value: int) -> bytes:
    """Seven bits a byte, the most significant first; all bytes but the last have their first bit set."""
    digits = [value & 127]
    while value := value >> 7:
        digits.append(value & 127 | 128)
    return bytes(reversed(digits))


def read_ue7(data: bytes, place: int) -> tuple[int, int]:
    """A value and the place behind it; the shortest code of 32 bits is the only one allowed."""
    value, start = 0, place
    while place < min(len(data), start + 5):
        value = value << 7 | data[place] & 127
        place += 1
        if not data[place - 1] & 128:
            if data[start:place] != ue7(value):
                break
            return value, place
    raise BitstreamError("bpg: the header holds no valid number")
