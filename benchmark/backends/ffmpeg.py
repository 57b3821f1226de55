"""The ffmpeg program that comes with imageio-ffmpeg: planes to a video stream of one frame and back; its filters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version

import numpy as np
import numpy.typing as npt

from benchmark.colour.convert import Planes
from benchmark.errors import BitstreamError, MissingBackend, ProgramError
from benchmark.formats.limit import check_claim
from benchmark.system.program import private_folder, run_program

_QUIET = ("-nostdin", "-hide_banner", "-loglevel", "error", "-filter_threads", "1")
_HOUR = 3600.0  # slow presets take minutes for a large picture; the engine's own limit is usually the lower one
_MEMORY = 16384  # MiB
_HEADER = re.compile(rb"YUV4MPEG2 W(\d+) H(\d+) .*\bC(mono|420|444)p?(\d*)(?: |$)")


@cache
def program() -> str:
    """Path of ffmpeg.

    Raises:
        MissingBackend: imageio-ffmpeg is not installed, or brings no program for this machine.
    """
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise MissingBackend("the program ffmpeg is missing: pip install 'rdbench[av1,vvc,vmaf]'") from error
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise MissingBackend(f"imageio-ffmpeg brings no ffmpeg for this machine: {error}") from error


@cache
def encoder_version(encoder: str) -> str:
    """Versions of imageio-ffmpeg, of its ffmpeg and of an encoder in it.

    Args:
        encoder: ffmpeg's name of one that tells its version when it starts.

    Raises:
        MissingBackend: there is no such ffmpeg, or it lacks the encoder.
    """
    with private_folder() as folder:
        name, _ = run_program([program(), "-version"], folder=folder, timeout=60)
        own = name.split()[2].decode()
        try:
            # The encoder of a few grey pixels tells it; nothing else does.
            _, told = run_program(
                [
                    program(),
                    "-nostdin",
                    "-hide_banner",
                    "-f",
                    "lavfi",
                    "-i",
                    "color=gray:size=64x64:duration=0.01",
                    "-c:v",
                    encoder,
                    "-f",
                    "null",
                    "-",
                ],
                folder=folder,
                timeout=60,
            )
        except ProgramError as error:
            raise MissingBackend(
                f"ffmpeg {own} ({program()}) has no encoder {encoder}: unset IMAGEIO_FFMPEG_EXE, if it is set, and "
                "pip install --upgrade 'rdbench[av1,vvc]'"
            ) from error
    found = re.search(rf"\[{encoder} @ \w+\] (?:\w+ version: )?v?(\d\S*)", told)
    return f"{encoder} {found[1] if found else 'unknown'}, ffmpeg {own}, imageio-ffmpeg {version('imageio-ffmpeg')}"


def encode_planes(planes: Planes, *, depth: int, form: str, options: Sequence[str]) -> bytes:
    """The stream that an encoder makes of one image.

    Args:
        planes: Y, Cb, Cr or Y alone, full range.
        depth: bits of a sample.
        form: ffmpeg's name of the container or of the bare stream.
        options: the encoder and its settings.

    Raises:
        ProgramError: the encoder refused the image or the options.
    """
    height, width = planes[0].shape
    pixels = "gray" if len(planes) == 1 else "yuv444p" if planes[1].shape == planes[0].shape else "yuv420p"
    pixels += f"{depth}le" if depth > 8 else ""
    raw = b"".join(np.ascontiguousarray(plane, "<u2" if depth > 8 else "u1").tobytes() for plane in planes)
    with private_folder() as folder:
        stream = folder / "stream"  # not stdout, where libvvenc puts its warnings
        run_program(
            [
                program(),
                *_QUIET,
                "-f",
                "rawvideo",
                "-pix_fmt",
                pixels,
                "-color_range",
                "pc",
                "-s",
                f"{width}x{height}",
                "-i",
                "pipe:0",
                *options,
                "-threads",
                "1",
                "-f",
                form,
                stream,
            ],
            folder=folder,
            stdin=raw,
            timeout=_HOUR,
            memory=_MEMORY,
        )
        return stream.read_bytes()


def decode_planes(stream: bytes, *, form: str) -> tuple[Planes, int]:
    """The planes of a stream of one image, and the bits of a sample: at 4:4:4, 4:2:0 or without colour.

    Raises:
        BitstreamError: it is not such a stream, or ffmpeg could tell that it is damaged.
    """
    try:
        with private_folder() as folder:
            raw, complaints = run_program(
                [
                    program(),
                    *_QUIET,
                    "-xerror",
                    "-threads",
                    "1",
                    "-f",
                    form,
                    "-i",
                    "pipe:0",
                    "-f",
                    "yuv4mpegpipe",
                    "-strict",
                    "-1",
                    "pipe:1",
                ],
                folder=folder,
                stdin=stream,
                memory=_MEMORY,
            )
    except ProgramError as error:
        raise BitstreamError(f"not a whole {form} stream: {error}") from error
    header, _, samples = raw.partition(b"\nFRAME\n")
    found = _HEADER.match(header)
    if complaints or not found:
        raise BitstreamError(f"not a whole {form} stream of one image: {complaints.strip() or 'it holds no picture'}")
    if form == "obu" and b"XCOLORRANGE=LIMITED" in header:  # a VVC stream of this bench does not tell its range
        raise BitstreamError("expected an AV1 picture in full range, got one in limited range")
    width, height, depth = int(found[1]), int(found[2]), int(found[4] or 8)
    check_claim(f"the {form} stream", width, height)
    shapes = [(height, width)]
    if found[3] != b"mono":
        shapes += 2 * [(height, width) if found[3] == b"444" else (-(-height // 2), -(-width // 2))]
    kind = np.dtype("<u2" if depth > 8 else "u1")
    sizes = [rows * columns for rows, columns in shapes]
    if len(samples) != sum(sizes) * kind.itemsize:
        raise BitstreamError(f"not a {form} stream of one image: it holds several pictures, or only a part of one")
    parts = np.split(np.frombuffer(samples, kind), np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)], depth


@cache
def filters_version(*names: str) -> str:
    """Versions of ffmpeg and of imageio-ffmpeg, where it has some filters.

    Raises:
        MissingBackend: there is no such ffmpeg, or it lacks one of the filters.
    """
    with private_folder() as folder:
        listed, banner = run_program([program(), "-filters"], folder=folder, timeout=60)
    known = {words[1] for words in map(str.split, listed.decode().splitlines()) if len(words) > 1}
    own = banner.split()[2]
    if lacking := [name for name in names if name not in known]:
        raise MissingBackend(
            f"ffmpeg {own} ({program()}) has no filter {lacking[0]}: unset IMAGEIO_FFMPEG_EXE, if it is set, and "
            "pip install --upgrade 'rdbench[vmaf]'"
        )
    return f"ffmpeg {own}, imageio-ffmpeg {version('imageio-ffmpeg')}"


def filter_frames(frames: Sequence[npt.NDArray[np.uint8]], graph: str, outputs: Sequence[str]) -> tuple[str, str]:
    """What filters write about pictures, which are the frames of a video.

    Args:
        frames: pictures of one size, shape (H, W, 3), or (H, W) for grey.
        graph: ffmpeg's text of the filters, which take ``[0:v]``.
        outputs: the names of the filters' outputs, which are thrown away.

    Returns:
        What they wrote to ``/dev/stdout`` and to ``/dev/stderr``.

    Raises:
        ProgramError: a filter refused the pictures.
    """
    height, width = frames[0].shape[:2]
    form = ["-f", "rawvideo", "-pix_fmt", "gray" if frames[0].ndim == 2 else "rgb24", "-s", f"{width}x{height}"]
    sinks = [word for name in outputs for word in ("-map", f"[{name}]", "-f", "null", "-")]
    with private_folder() as folder:
        written, complaints = run_program(
            [
                program(),
                *_QUIET,
                "-filter_complex_threads",
                "1",
                *form,
                "-i",
                "pipe:0",
                "-filter_complex",
                graph,
                *sinks,
            ],
            folder=folder,
            stdin=b"".join(np.ascontiguousarray(frame).tobytes() for frame in frames),
            timeout=_HOUR,
            memory=_MEMORY,
        )
    return written.decode(), complaints
