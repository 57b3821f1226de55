"""nvImageCodec of NVIDIA: JPEG by nvJPEG and JPEG 2000 by nvJPEG2000, decoded by a GPU and by nothing else.

Left to itself the library takes processors where it finds no better, so that it would be libjpeg-turbo under the name
of a GPU. Here it may not: where there is no GPU, or no library that decodes on it, it is refused.
"""

from __future__ import annotations

import importlib
import io
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pictures

from benchmark.errors import MissingBackend

INSTALL = "pip install 'nvidia-nvimgcodec-cu12[nvjpeg,nvjpeg2k]', or nvidia-nvimgcodec-cu13 for a driver of CUDA 13"

GPU_KINDS = ("GPU_ONLY", "HYBRID_CPU_GPU", "HW_GPU_ONLY")
"""What nvImageCodec may decode with: all that it knows but processors alone."""


def library() -> Any:
    """The module ``nvidia.nvimgcodec``.

    Raises:
        MissingBackend: it is not installed.
    """
    try:
        return importlib.import_module("nvidia.nvimgcodec")
    except ImportError as error:
        raise MissingBackend(
            f"this decoder needs nvImageCodec, which cannot be imported ({error}): {INSTALL}"
        ) from error


@cache
def gpu_decoder() -> Any:
    """nvImageCodec's decoder, for GPUs alone.

    Raises:
        MissingBackend: nvImageCodec is not installed, or it finds no GPU.
    """
    module = library()
    kinds = [module.Backend(getattr(module.BackendKind, kind)) for kind in GPU_KINDS]
    try:
        return module.Decoder(max_num_cpu_threads=1, backends=kinds)
    except RuntimeError as error:
        raise MissingBackend(
            f"nvImageCodec {module.__version__} finds no GPU of NVIDIA here, or no driver for its CUDA "
            f"({str(error).partition(' at ')[0]}): nvidia-smi tells both"
        ) from error


def version(form: str) -> str:
    """Versions of nvImageCodec and of its CUDA, once it has decoded a picture of a format on the GPU.

    Args:
        form: ``JPEG`` or ``JPEG2000``, as Pillow calls it, which writes the picture.

    Raises:
        MissingBackend: nvImageCodec is not installed, finds no GPU, or has nothing that decodes the format on it:
            only an attempt tells the last one.
    """
    module, buffer = library(), io.BytesIO()
    Pictures.new("RGB", (64, 64), (90, 120, 150)).save(buffer, form)
    try:
        decode(buffer.getvalue(), gpu_decoder())
    except (ValueError, RuntimeError) as error:
        raise MissingBackend(f"nvImageCodec {module.__version__} cannot decode {form} on the GPU: {INSTALL}") from error
    return f"nvImageCodec {module.__version__}, CUDA {module.__cuda_version__}, GPU"


def decode(data: bytes, decoder: Any) -> npt.NDArray[np.uint8]:
    """Pixels of a stream: (H, W) when it is stored as grey, else (H, W, 3).

    Args:
        data: the stream, of a format that the decoder finds out.
        decoder: a ``Decoder`` of nvImageCodec.

    Raises:
        ValueError: it could not be decoded. nvImageCodec says why on stderr, if at all.
        RuntimeError: it is no stream that it knows, or has no whole header.
    """
    module = library()
    stream = module.CodeStream(data)
    colours = module.ColorSpec.GRAY if stream.num_channels == 1 else module.ColorSpec.SRGB
    found = decoder.decode(stream, params=module.DecodeParams(apply_exif_orientation=False, color_spec=colours))
    if found is None:
        raise ValueError("nvImageCodec could not decode it")
    pixels = np.asarray(found.cpu())
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels
