"""Libraries that decode formats which they did not write here: one stream, many decoders.

A format has one bitstream and a decoder in every library. These differ: in how they interpolate chroma, in how exactly
they transform, in how they round. What they decode to is left as it is, whatever comes of it.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from benchmark.backends import ffmpeg, imagecodecs, pillow
from benchmark.backends.decoders import nvimgcodec
from benchmark.codec import Image
from benchmark.errors import MissingBackend
from benchmark.system.program import private_folder, run_program


@dataclass(frozen=True)
class Decoder:
    """A library that decodes some formats.

    Attributes:
        formats: what it calls each format that it decodes, by the name that this bench has for it.
        version: tells library and version, given what it calls the format; raises MissingBackend where it cannot
            decode here.
        decode: the pixels of a stream, given what it calls the format: whatever the library gives, as an array. It may
            raise anything.
    """

    formats: Mapping[str, str]
    version: Callable[[str], str]
    decode: Callable[[str, bytes], Any]


def _module(name: str, package: str) -> Any:
    """A module of a library.

    Raises:
        MissingBackend: it is not installed, or broken.
    """
    try:
        return importlib.import_module(name)
    except (ImportError, RuntimeError) as error:  # torchvision raises the latter beside a PyTorch of another build
        raise MissingBackend(
            f"this decoder needs {package}, which cannot be imported ({error}): pip install {package}"
        ) from error


def _pillow_version(form: str) -> str:
    feature, label = {"JPEG": ("libjpeg_turbo", "libjpeg-turbo"), "JPEG2000": ("jpg_2000", "OpenJPEG")}.get(
        form, ("avif", "libavif")
    )
    return pillow.library_version(feature, label)


def _with_pillow(form: str, data: bytes) -> Image:
    return pillow.decode_with_pillow(data, form)


def _with_imagecodecs(form: str, data: bytes) -> Image:
    threads = {} if form == "jpeg8" else {"numthreads": 1}  # libjpeg has one alone
    return imagecodecs.decode(form, data, **threads)


def _opencv_version(form: str) -> str:
    cv2 = _module("cv2", "opencv-python-headless")
    told = (line.strip() for line in cv2.getBuildInformation().splitlines())
    label, colon, library = next((line for line in told if line.startswith(f"{form}:")), "").partition(":")
    if not colon or library.strip() == "NO":
        raise MissingBackend(f"this OpenCV was built without {form}: pip install --upgrade opencv-python-headless")
    return f"OpenCV {cv2.__version__}, {label} {library.strip()}"


def _with_opencv(form: str, data: bytes) -> Any:
    cv2 = _module("cv2", "opencv-python-headless")
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # it warns of each bare codestream
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("OpenCV could not decode it")
    return pixels[..., ::-1] if pixels.ndim == 3 else pixels


def _ffmpeg_version(form: str) -> str:
    av = _module("av", "av")
    told = (f"{name} {'.'.join(map(str, av.library_versions[name]))}" for name in ("libavcodec", "libswscale"))
    return ", ".join([f"PyAV {av.__version__}", *told])


def _with_ffmpeg(form: str, data: bytes) -> Any:
    av = _module("av", "av")
    with av.open(io.BytesIO(data), format=form or None) as container:
        container.streams.video[0].codec_context.thread_count = 1
        frame = next(container.decode(video=0))
        return frame.to_ndarray(format="gray" if frame.format.name.startswith("gray") else "rgb24")


def _with_ffmpeg_program(decoder: str, data: bytes) -> Image:
    with private_folder() as folder:
        (folder / "stream").write_bytes(data)  # not through a pipe: what tells of the pictures may stand behind them
        told = ["-nostdin", "-loglevel", "error", "-xerror", "-threads", "1", "-c:v", decoder, "-i", "stream"]
        run_program([ffmpeg.program(), *told, "-frames:v", "1", "pixels.png"], folder=folder, memory=16384)
        return pillow.decode_image_file((folder / "pixels.png").read_bytes(), "what ffmpeg wrote")


def _simplejpeg_version(form: str) -> str:
    return f"simplejpeg {_module('simplejpeg', 'simplejpeg').__version__}"


def _with_simplejpeg(form: str, data: bytes) -> Any:
    simplejpeg = _module("simplejpeg", "simplejpeg")
    grey = simplejpeg.decode_jpeg_header(data)[2] == "Gray"
    pixels = simplejpeg.decode_jpeg(data, colorspace="GRAY" if grey else "RGB")
    return pixels[..., 0] if grey else pixels


def _torchvision_version(form: str) -> str:
    return f"torchvision {_module('torchvision', 'torchvision').__version__}"


def _with_torchvision(form: str, data: bytes) -> Any:
    torch, vision = _module("torch", "torch"), _module("torchvision.io", "torchvision")
    planes = vision.decode_jpeg(torch.frombuffer(bytearray(data), dtype=torch.uint8)).numpy()
    return planes[0] if len(planes) == 1 else planes.transpose(1, 2, 0)


def _with_nvimgcodec(form: str, data: bytes) -> Any:
    return nvimgcodec.decode(data, nvimgcodec.gpu_decoder())


def _pillow_jxl_version(form: str) -> str:
    try:
        return f"Pillow {version('pillow')}, pillow-jxl-plugin {version('pillow-jxl-plugin')}"
    except PackageNotFoundError as error:
        raise MissingBackend("this decoder needs pillow-jxl-plugin: pip install pillow-jxl-plugin") from error


def _with_pillow_jxl(form: str, data: bytes) -> Image:
    _module("pillow_jxl", "pillow-jxl-plugin")  # registers itself, in the process that decodes
    return pillow.decode_with_pillow(data, form)


LIBRARIES: Mapping[str, Decoder] = {
    "pillow": Decoder({"jpeg": "JPEG", "jpeg2000": "JPEG2000", "avif": "AVIF"}, _pillow_version, _with_pillow),
    "imagecodecs": Decoder(
        {"jpeg": "jpeg8", "jpeg2000": "jpeg2k", "jxl": "jpegxl", "avif": "avif"},
        imagecodecs.library_version,
        _with_imagecodecs,
    ),
    "opencv": Decoder({"jpeg": "JPEG", "jpeg2000": "JPEG 2000", "avif": "AVIF"}, _opencv_version, _with_opencv),
    "ffmpeg": Decoder(
        {"jpeg": "jpeg_pipe", "jpeg2000": "j2k_pipe", "avif": "", "heic": ""}, _ffmpeg_version, _with_ffmpeg
    ),
    "aom": Decoder({"avif": "libaom-av1"}, ffmpeg.encoder_version, _with_ffmpeg_program),
    "simplejpeg": Decoder({"jpeg": ""}, _simplejpeg_version, _with_simplejpeg),
    "torchvision": Decoder({"jpeg": ""}, _torchvision_version, _with_torchvision),
    "nvimgcodec": Decoder({"jpeg": "JPEG", "jpeg2000": "JPEG2000"}, nvimgcodec.version, _with_nvimgcodec),
    "pillow-jxl": Decoder({"jxl": "JXL"}, _pillow_jxl_version, _with_pillow_jxl),
}
"""The libraries by the name that ``--decoders`` takes."""


def libraries_of(form: str) -> list[str]:
    """Names of the libraries that decode a format, whether they are installed or not."""
    return [name for name, library in LIBRARIES.items() if form in library.formats]
