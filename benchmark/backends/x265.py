"""HEVC pictures by x265 and libavcodec: what the codecs hevc and bpg share.

A picture goes in as planes (:mod:`benchmark.colour.convert`) and comes out as NAL units: the picture parameter set
and one intra slice as x265 wrote them, and what its sequence parameter set says of them (:class:`Sps
<benchmark.backends.hevc_syntax.Sps>`).
"""

from __future__ import annotations

import dataclasses
import re
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.backends.hevc_syntax import CHROMA, PPS, SLICES, Sps, join, kind_of, parameter_sets, read_sps, split
from benchmark.codec import Codec, Image, Knob, check_image, setting
from benchmark.colour.convert import ColourPath, Planes, pad, to_planes
from benchmark.errors import BitstreamError, MissingBackend, UnsupportedImage
from benchmark.formats.limit import check_claim

PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo")

MAX_SIDE = 1 << 14
"""Longest side of an image, in pixels."""
MAX_SAMPLES = 1 << 28
"""Luma samples that a stream may declare: that of an image of 16,384 pixels a side."""
SAMPLES_PER_BYTE = 1 << 16
"""Luma samples that one byte of a slice may stand for: flat images reach some thousand."""

_FORMATS = {(0, 8): "gray", (1, 8): "yuv420p", (3, 8): "yuv444p"}
_FORMATS |= {(chroma, 10): f"{name}10le" for (chroma, _), name in _FORMATS.items()}


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
        "qp": qp,
        "ipratio": 1,
        "keyint": 1,
        "aq-mode": 0,
        "ctu": tree,
        "min-cu-size": block,
        "pools": "none",
        "frame-threads": 1,
        "wpp": 0,
        "info": 0,
        "log-level": "none",
    }
    context: Any = av.CodecContext.create("libx265", "w")
    context.width, context.height, context.pix_fmt = width, height, _FORMATS[chroma, depth]
    context.time_base = Fraction(1, 25)
    context.thread_count = 1
    context.options = {
        "preset": preset,
        "tune": "psnr",
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
    check_claim("the stream", width, height)
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
