"""HEVC pictures (ITU-T H.265) by x265 and libavcodec: what the codecs hevc and bpg share.

A picture goes in as planes (:mod:`benchmark.colour.convert`) and comes out as NAL units: the picture parameter set
and one intra slice as x265 wrote them, and what its sequence parameter set says of them (:class:`Sps`). The parameter
sets that a stream needs are written here, with nothing in them that one still picture does not use; so raw HEVC gets
short headers, and BPG, which leaves them out, gets them back.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmark.codec import Codec, Image, Knob, check_image, setting
from benchmark.colour.convert import ColourPath, Planes, pad, to_planes
from benchmark.errors import BitstreamError, MissingBackend, UnsupportedImage

VPS, SPS, PPS, PREFIX_SEI, END = 32, 33, 34, 39, 37
SLICES = (19, 20)
"""Types of the NAL units of a picture that starts a stream: IDR_W_RADL and IDR_N_LP."""

PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo")
CHROMA = {"4:0:0": 0, "4:2:0": 1, "4:4:4": 3}
"""``chroma_format_idc`` of a subsampling; 4:0:0 is grey."""

MAX_SIDE = 1 << 14
"""Longest side of an image, in pixels."""
MAX_SAMPLES = 1 << 28
"""Luma samples that a stream may declare: that of an image of 16,384 pixels a side."""
SAMPLES_PER_BYTE = 1 << 16
"""Luma samples that one byte of a slice may stand for: flat images reach some thousand."""

_FORMATS = {(0, 8): "gray", (1, 8): "yuv420p", (3, 8): "yuv444p"}
_FORMATS |= {(chroma, 10): f"{name}10le" for (chroma, _), name in _FORMATS.items()}


class Tools(NamedTuple):
    """The fields of a sequence parameter set that steer the decoding of an intra slice, by their names in H.265."""

    log2_min_luma_coding_block_size_minus3: int
    log2_diff_max_min_luma_coding_block_size: int
    log2_min_luma_transform_block_size_minus2: int
    log2_diff_max_min_luma_transform_block_size: int
    max_transform_hierarchy_depth_intra: int
    sample_adaptive_offset_enabled_flag: int
    strong_intra_smoothing_enabled_flag: int

    @property
    def block(self) -> int:
        """Side of the smallest coding block: the coded width and height are multiples of it."""
        return 8 << self.log2_min_luma_coding_block_size_minus3


class Sps(NamedTuple):
    """A sequence parameter set for one picture.

    Attributes:
        chroma: ``chroma_format_idc``: 0 grey, 1 4:2:0, 3 4:4:4.
        depth: bits of a sample.
        width, height: the size of the coded picture, in luma samples.
        right, bottom: what the conformance window cuts off, in chroma samples.
        tools: the rest.
    """

    chroma: int
    depth: int
    width: int
    height: int
    right: int
    bottom: int
    tools: Tools


class BitWriter:
    """Bits from the most significant on, with the codes of H.265, clause 9.2."""

    def __init__(self) -> None:
        self.bits = ""

    def u(self, value: int, size: int = 1) -> None:
        """An unsigned integer of a number of bits."""
        self.bits += f"{value:0{size}b}"

    def ue(self, value: int) -> None:
        """Exp-Golomb code of an unsigned integer."""
        code = f"{value + 1:b}"
        self.bits += "0" * (len(code) - 1) + code

    def se(self, value: int) -> None:
        """Exp-Golomb code of a signed integer."""
        self.ue(2 * value - 1 if value > 0 else -2 * value)

    def tobytes(self) -> bytes:
        """All of them, filled up to whole bytes with zeros."""
        size = -(-len(self.bits) // 8)
        return int(self.bits.ljust(8 * size, "0") or "0", 2).to_bytes(size, "big")


class BitReader:
    """Reads what :class:`BitWriter` writes.

    Raises:
        BitstreamError: beyond the end, or a code of more than 32 bits.
    """

    def __init__(self, data: bytes) -> None:
        self.bits = "".join(f"{byte:08b}" for byte in data)
        self.place = 0

    def u(self, size: int = 1) -> int:
        """An unsigned integer of a number of bits."""
        if self.place + size > len(self.bits):
            raise BitstreamError("a parameter set ends too early")
        self.place += size
        return int(self.bits[self.place - size : self.place], 2)

    def ue(self) -> int:
        """Exp-Golomb code of an unsigned integer."""
        zeros = self.bits.find("1", self.place) - self.place
        if not 0 <= zeros <= 32:
            raise BitstreamError("a parameter set holds no valid number")
        self.place += zeros
        return self.u(zeros + 1) - 1


def unit(kind: int, payload: bytes) -> bytes:
    """A NAL unit of a payload, in which no start code can occur (clause 7.4.2)."""
    return bytes((kind << 1, 1)) + re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", payload)


def payload_of(nal: bytes) -> bytes:
    """What :func:`unit` was given."""
    return nal[2:].replace(b"\0\0\3", b"\0\0")


def split(stream: bytes) -> list[bytes]:
    """NAL units of a stream that is separated by start codes (annex B), which are left out.

    Raises:
        BitstreamError: it does not begin with a start code.
    """
    before, *units = stream.split(b"\0\0\1")
    if before.strip(b"\0") or not units:
        raise BitstreamError("not an HEVC stream: no start code at its beginning")
    return [nal.rstrip(b"\0") for nal in units]  # a NAL unit never ends in a zero: it is of the next start code


def join(units: Sequence[bytes]) -> bytes:
    """A stream of NAL units after start codes: of four bytes for parameter sets, as annex B has it, and three else."""
    codes = (b"\0\0\0\1" if kind_of(nal) in (VPS, SPS, PPS) else b"\0\0\1" for nal in units)
    return b"".join(code + nal for code, nal in zip(codes, units, strict=True))


def kind_of(nal: bytes) -> int:
    """Type of a NAL unit of layer 0; −1 where it is none."""
    return nal[0] >> 1 if len(nal) >= 2 and nal[0] & 0x81 == 0 and nal[1] == 1 else -1


def parameter_sets(sps: Sps) -> list[bytes]:
    """Video and sequence parameter set.

    The profile is Main 4:4:4 16 Still Picture at level 8.5, which sets no limits, as the BPG specification has it. The
    colours are told: sRGB, BT.601 full range, chroma between the samples of luma.
    """
    return [unit(VPS, _video().tobytes()), unit(SPS, _sequence(sps).tobytes())]


def _profile(bits: BitWriter) -> None:
    bits.u(4, 8)  # no profile space, main tier, format range extensions
    bits.u(1 << 27, 32)  # compatible with itself
    bits.u(0b1001, 4)  # progressive, frames only
    bits.u(0b000000111, 9)  # any depth and chroma; intra, one picture only, at a lower bit rate
    bits.u(0, 35)
    bits.u(255, 8)


def _video() -> BitWriter:
    bits = BitWriter()
    bits.u(0b000011, 6)  # base layer, inside the stream
    bits.u(0b0000000001, 10)  # one layer, one sub-layer, temporal nesting
    bits.u(0xFFFF, 16)
    _profile(bits)
    bits.u(1)
    for value in (0, 0, 0):  # one picture in the buffer, none reordered
        bits.ue(value)
    bits.u(0, 6)
    bits.ue(0)
    bits.u(0b001, 3)  # no timing, no extension
    return bits


def _sequence(sps: Sps) -> BitWriter:
    tools, window = sps.tools, (0, sps.right, 0, sps.bottom)
    bits = BitWriter()
    bits.u(0b00000001, 8)  # of that VPS, one sub-layer, temporal nesting
    _profile(bits)
    bits.ue(0)
    bits.ue(sps.chroma)
    if sps.chroma == 3:
        bits.u(0)
    bits.ue(sps.width)
    bits.ue(sps.height)
    bits.u(any(window))
    for value in window if any(window) else ():
        bits.ue(value)
    for value in (sps.depth - 8, sps.depth - 8, 4):
        bits.ue(value)
    bits.u(1)
    depth = tools.max_transform_hierarchy_depth_intra
    for value in (0, 0, 0, *tools[:4], depth, depth):
        bits.ue(value)
    bits.u(0b01, 2)  # no scaling lists; asymmetric partitions, as BPG assumes
    bits.u(tools.sample_adaptive_offset_enabled_flag)
    bits.u(0b01, 2)  # no PCM, no reference picture sets
    bits.u(0b01, 2)  # no long-term references; motion vector prediction, as BPG assumes
    bits.u(tools.strong_intra_smoothing_enabled_flag)
    bits.u(0b1001, 4)  # video usability information: no aspect ratio, no overscan, but a signal type:
    bits.u(0b10111, 5)  # unspecified format, full range, and a description of the colours:
    for value in (1, 13, 5):
        bits.u(value, 8)
    bits.u(sps.chroma == 1)
    if sps.chroma == 1:
        bits.ue(1)
        bits.ue(1)
    bits.u(0b00000001, 8)  # no fields, window, timing or restrictions; no extension
    return bits


def read_sps(nal: bytes) -> Sps:
    """What a sequence parameter set of x265 or :func:`parameter_sets` says, as far as an intra picture depends on it.

    Raises:
        BitstreamError: it is none, or has a tool that neither writes.
    """
    if kind_of(nal) != SPS:
        raise BitstreamError("not an HEVC stream of this bench: no sequence parameter set where it should be")
    bits = BitReader(payload_of(nal))
    plain = [bits.u(8) & 0xFE == 0]
    bits.u(96)
    plain.append(bits.ue() == 0)
    chroma = bits.ue()
    if chroma == 3:
        plain.append(bits.u() == 0)
    width, height = bits.ue(), bits.ue()
    left, right, top, bottom = [bits.ue() for _ in range(4)] if bits.u() else [0] * 4
    depths = bits.ue() + 8, bits.ue() + 8
    plain += [left == top == 0, depths[0] == depths[1], bits.ue() == 4]
    bits.u()
    for _ in range(3):
        bits.ue()
    blocks = [bits.ue() for _ in range(4)]
    bits.ue()
    hierarchy = bits.ue()
    plain.append(bits.u() == 0)  # scaling lists
    bits.u()
    sao = bits.u()
    plain += [bits.u() == 0, bits.ue() == 0, bits.u() == 0]  # PCM, reference sets, long-term references
    bits.u()
    if not all(plain):
        raise BitstreamError("a sequence parameter set that this bench does not write")
    return Sps(chroma, depths[0], width, height, right, bottom, Tools._make((*blocks, hierarchy, sao, bits.u())))


@dataclasses.dataclass(frozen=True)
class PictureCodec(Codec):
    """A codec of one x265 picture: settings and colours; a subclass puts it into a stream and takes it out again."""

    knob = Knob("qp", 0, 51, increasing=False)
    undetected = frozenset({"altered"})

    qp: int = setting(28, low=0, high=51)
    subsampling: str = setting("4:4:4", choices=("4:4:4", "4:2:0"))
    depth: int = setting(8, choices=(8, 10))
    preset: str = setting("slower", choices=PRESETS)

    @classmethod
    def version(cls) -> str:
        """Versions of PyAV, x265 and libavcodec.

        Raises:
            MissingBackend: PyAV is not installed, or has no x265.
        """
        return version(cls.name)

    def picture(self, image: Image) -> tuple[Sps, bytes, bytes]:
        """One image as an intra picture at these settings, see :func:`encode`."""
        check_image(image, codec=self.name, max_side=MAX_SIDE)
        return encode(image, subsampling=self.subsampling, depth=self.depth, qp=self.qp, preset=self.preset)

    def colour_path(self, channels: int) -> ColourPath:
        """What :func:`benchmark.colour.convert.to_planes` does of an image of 1 or 3 channels."""
        if channels == 1:
            return ColourPath("none", depth=self.depth, by="NumPy, rounded")
        return ColourPath("BT.601", subsampling=self.subsampling, depth=self.depth, by="NumPy, rounded")


def encode(
    image: npt.NDArray[np.uint8], *, subsampling: str, depth: int, qp: int, preset: str
) -> tuple[Sps, bytes, bytes]:
    """One image as an intra picture.

    Its sides are padded to multiples of 8 by replicating the edge; of 16 where one has 8 pixels or fewer, since x265
    needs a coding tree block of 16 at least.

    Args:
        image: ``uint8``, shape (H, W, 3) sRGB, or (H, W) grey.
        subsampling: ``4:4:4`` or ``4:2:0``.
        depth: bits of a sample, 8 or 10.
        qp: quantiser of the slice, 0 to 51.
        preset: one of :data:`PRESETS`.

    Returns:
        What the parameter sets have to say (with no conformance window), the picture parameter set and the slice.
    """
    import av

    av.logging.set_level(av.logging.PANIC)
    block = 8 if min(image.shape[:2]) > 8 else 16
    planes = to_planes(pad(image, multiple=block), depth=depth, subsampling=subsampling)
    height, width = planes[0].shape
    tree = max(side for side in (16, 32, 64) if side <= min(height, width))
    chroma = 0 if image.ndim == 2 else CHROMA[subsampling]
    parameters = {
        "qp": qp, "ipratio": 1, "keyint": 1, "aq-mode": 0, "ctu": tree, "min-cu-size": block,
        "pools": "none", "frame-threads": 1, "wpp": 0, "info": 0, "log-level": "none",
    }
    context: Any = av.CodecContext.create("libx265", "w")
    context.width, context.height, context.pix_fmt = width, height, _FORMATS[chroma, depth]
    context.time_base = Fraction(1, 25)
    context.thread_count = 1
    context.options = {
        "preset": preset, "tune": "psnr",
        "x265-params": ":".join(f"{key}={value}" for key, value in parameters.items()),
    }
    frame = av.VideoFrame(width, height, context.pix_fmt)
    frame.pts = 0
    for target, plane in zip(frame.planes, planes, strict=True):
        rows = np.zeros((target.height, target.line_size // plane.itemsize), plane.dtype)
        rows[:, : target.width] = plane
        target.update(rows.tobytes())
    try:
        packets = [*context.encode(frame), *context.encode(None)]
    except av.error.FFmpegError as error:
        raise UnsupportedImage(f"x265 refused an image of {image.shape[1]}×{image.shape[0]}: {error}") from error
    _, sps, pps, picture = split(b"".join(map(bytes, packets)))
    return read_sps(sps), pps, picture


def check_size(width: int, height: int, data: bytes) -> None:
    """Refuses a size that cannot be, before anything of that size is allocated.

    Args:
        width, height: as declared.
        data: the stream.

    Raises:
        BitstreamError: nothing, or more than so many bytes can tell.
    """
    samples = width * height
    if not 0 < samples <= min(MAX_SAMPLES, len(data) * SAMPLES_PER_BYTE):
        raise BitstreamError(f"absurd size: {width}×{height} in {len(data)} bytes")


def decode(sps: Sps, pps: bytes, picture: bytes, height: int, width: int) -> Planes:
    """Planes of one picture, cropped to a size at the right and the bottom.

    Args:
        sps: what the parameter sets say.
        pps: the picture parameter set.
        picture: the slice.
        height, width: the size of the result, in luma samples; chroma at 4:2:0 has half of it, rounded up.

    Raises:
        BitstreamError: something else than these units, or libavcodec could tell that they are damaged.
    """
    import av

    check_size(sps.width, sps.height, picture)
    if kind_of(pps) != PPS or kind_of(picture) not in SLICES or (sps.chroma, sps.depth) not in _FORMATS:
        raise BitstreamError("not a picture parameter set and an intra slice of 8 or 10 bits")
    av.logging.set_level(av.logging.PANIC)
    context: Any = av.CodecContext.create("hevc", "r")
    context.thread_count = 1
    context.options = {"err_detect": "explode"}
    stream = join([*parameter_sets(sps._replace(right=0, bottom=0)), pps, picture])
    try:
        frames = [*context.decode(av.Packet(stream)), *context.decode(None)]
    except (av.error.FFmpegError, ValueError) as error:
        raise BitstreamError(f"not a whole HEVC picture: {error}") from error
    form = _FORMATS[sps.chroma, sps.depth]
    # libavcodec's yuvj420p is yuv420p in full range.
    told = [(frame.format.name.replace("j", ""), frame.width, frame.height, frame.is_corrupt) for frame in frames]
    if told != [(form, sps.width, sps.height, False)]:
        raise BitstreamError(f"expected one picture of {sps.width}×{sps.height} in {form}, got {told} of libavcodec")
    step = 2 if sps.chroma == 1 else 1
    sizes = [(height, width), *[(-(-height // step), -(-width // step))] * 2]
    dtype = np.dtype(np.uint8 if sps.depth == 8 else np.uint16)
    return [
        np.frombuffer(plane, dtype).reshape(-1, plane.line_size // dtype.itemsize)[:rows, :columns]
        for plane, (rows, columns) in zip(frames[0].planes, sizes, strict=False)
    ]


@cache
def version(extra: str) -> str:
    """Versions of PyAV, x265 and libavcodec; x265 tells its own in a stream alone.

    Raises:
        MissingBackend: PyAV is not installed, or has no x265.
    """
    try:
        import av

        av.logging.set_level(av.logging.PANIC)
        context: Any = av.CodecContext.create("libx265", "w")
    except (ImportError, ValueError) as error:
        raise MissingBackend(f"{extra} needs PyAV with x265: pip install 'rdbench[{extra}]'") from error
    context.width, context.height, context.pix_fmt = 64, 64, "yuv420p"
    context.time_base = Fraction(1, 25)
    context.options = {"preset": "ultrafast", "x265-params": "log-level=none:pools=none:frame-threads=1"}
    stream = b"".join(map(bytes, [*context.encode(av.VideoFrame(64, 64, "yuv420p")), *context.encode(None)]))
    found = re.search(rb"x265 \(build \d+\) - ([^\s:]+)", stream)
    codec = ".".join(map(str, av.library_versions["libavcodec"]))
    return f"PyAV {av.__version__}, x265 {found[1].decode() if found else 'unknown'}, libavcodec {codec}"
