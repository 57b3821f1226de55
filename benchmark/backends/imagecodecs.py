"""What codecs that use imagecodecs share."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmark.codec import Image
from benchmark.errors import BitstreamError, MissingBackend
from benchmark.formats.limit import check_claim


def library() -> Any:
    """The module ``imagecodecs``.

    Raises:
        MissingBackend: it is not installed.
    """
    try:
        return importlib.import_module("imagecodecs")
    except ImportError as error:
        raise MissingBackend("this codec needs imagecodecs: pip install 'rdbench[imagecodecs]'") from error


def library_version(codec: str) -> str:
    """Version of imagecodecs and of the library behind one of its codecs: ``imagecodecs 2026.3.6, libjxl 0.11.2``.

    Args:
        codec: its name in imagecodecs, such as ``jpegxl``.

    Raises:
        MissingBackend: imagecodecs is not installed, or was built without that codec.
    """
    module = library()
    if not getattr(module, codec.upper()).available:
        raise MissingBackend(f"this imagecodecs was built without {codec}: pip install --upgrade imagecodecs")
    return f"imagecodecs {module.__version__}, {getattr(module, f'{codec}_version')()}"


def check_size(width: int, height: int) -> None:
    """Refuses a size, read from a header, that no image of ours has.

    Raises:
        BitstreamError: a side of 0, or more pixels than the limit.
    """
    if not (width > 0 and height > 0):
        raise BitstreamError(f"the header claims {width}×{height} pixels; at least one is expected")
    check_claim("the header", width, height)


def decode(codec: str, data: bytes, **options: Any) -> Image:
    """Pixels of a stream: (H, W) when it is stored as grey, else (H, W, 3).

    Args:
        codec: its name in imagecodecs.
        data: a stream whose signature was checked: the libraries read on where bytes are missing.
        options: the options of the decoder.

    Raises:
        BitstreamError: the library could tell that it is damaged, or it holds no such image.
    """
    try:
        image = getattr(library(), f"{codec}_decode")(data, **options)
    except (RuntimeError, ValueError, OverflowError, MemoryError) as error:
        raise BitstreamError(f"not a whole {codec} stream: {error}") from error
    if image.dtype != np.uint8 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise BitstreamError(f"expected 8-bit grey or RGB pixels, the stream holds {image.dtype} of {image.shape}")
    return np.asarray(image, dtype=np.uint8)
