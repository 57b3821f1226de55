"""The limit on pixels, one for all that is read, encoded or decoded."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from benchmark.errors import BitstreamError, UnsupportedImage, UsageError

VARIABLE = "RDBENCH_MAX_PIXELS"
"""Environment variable that holds the limit: worker processes have it, too. ``--max-pixels`` sets it."""

DEFAULT = 100_000_000
"""Pixels of an image where nobody says otherwise. Its colours alone take 0.3 GB, the metrics of it some 5 GB."""


def max_pixels() -> int:
    """The limit.

    Raises:
        UsageError: the environment variable holds no positive whole number.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return DEFAULT
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise UsageError(f"{VARIABLE}: expected a positive whole number of pixels, got {text!r}")
    return int(text)


def too_large(width: int, height: int) -> str:
    """Why a picture is refused for its size, and what to do; empty where it is not."""
    limit = max_pixels()
    if width * height <= limit:
        return ""
    return (
        f"{width}×{height} is {width * height:,} pixels, the limit is {limit:,}: a small file can claim a size that "
        f"takes all memory; --max-pixels N or {VARIABLE} raises it"
    )


def check_size(where: str, width: int, height: int) -> None:
    """Refuses a picture above the limit.

    Raises:
        UnsupportedImage: it is.
    """
    if reason := too_large(width, height):
        raise UnsupportedImage(f"{where}: {reason}")


def check_claim(where: str, width: int, height: int) -> None:
    """Refuses a stream that claims a picture above the limit, before anything is allocated.

    Raises:
        BitstreamError: it does.
    """
    if reason := too_large(width, height):
        raise BitstreamError(f"{where} claims a picture that is too large: {reason}")


@contextlib.contextmanager
def no_other_limit() -> Iterator[None]:
    """Without Pillow's limit, which is another one, and warns from half of it on."""
    from PIL import Image

    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before
