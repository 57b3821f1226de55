"""Pixels as files that browsers show: without loss, or so near that a codec's own errors stay what one sees."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.report.page.template import embedded

SHARE = 16
"""A kept picture's squared error is at most this part of the squared error that the codec made: 12 dB below it."""

_QUALITIES = (50, 60, 68, 75, 80, 84, 88, 91, 94, 96, 98, 100)
"""Qualities of AVIF from which the lowest that is near enough is taken."""

_TUNE = {"tune": "psnr"}
"""AVIF's encoder is asked for the smallest squared error, by which pictures are accepted."""

Pixels = npt.NDArray[np.uint8]


def lossless(pixels: Pixels) -> tuple[bytes, str]:
    """The bytes of pixels as WebP without loss, and the ending of such a file.

    Args:
        pixels: (H, W, 3) or (H, W).
    """
    # Within 5 % of the smallest that the format allows, in a hundredth of the time.
    return _written(pixels, "webp", lossless=True, quality=25, method=3, exact=True), "webp"


def near(pixels: Pixels, original: Pixels) -> tuple[bytes, str]:
    """The bytes of what a codec decoded, as AVIF whose loss is small beside the codec's, and the ending of such a file.

    Where Pillow cannot write AVIF, where the loss is not small enough, or where the codec had none, it is WebP without
    loss.

    Args:
        pixels: (H, W, 3) or (H, W).
        original: what the codec was given, of the same shape.
    """
    from PIL import features

    most = _squared(pixels, original) / SHARE
    found = None
    low, high = 0, len(_QUALITIES) if most > 0 and features.check("avif") else 0
    while low < high:
        place = (low + high) // 2
        data = _written(
            pixels, "avif", quality=_QUALITIES[place], subsampling="4:4:4", speed=8, max_threads=1, advanced=_TUNE
        )
        if _squared(pixels, _read(data, pixels.ndim)) <= most:
            found, high = data, place
        else:
            low = place + 1
    return (found, "avif") if found else lossless(pixels)


def embedded_lossless(pixels: Pixels) -> str:
    """Pixels as an address that holds them, see :func:`lossless`."""
    data, ending = lossless(pixels)
    return embedded(data, f"image/{ending}")


def embedded_near(pixels: Pixels, original: Pixels) -> str:
    """What a codec decoded as an address that holds it, see :func:`near`."""
    data, ending = near(pixels, original)
    return embedded(data, f"image/{ending}")


def embedded_small(pixels: Pixels) -> str:
    """Pixels as an address that holds them, small rather than true: to find one's way."""
    return embedded(_written(pixels, "webp", quality=70, method=6), "image/webp")


def _written(pixels: Pixels, form: str, **how: Any) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(stream, form, **how)
    return stream.getvalue()


def _read(data: bytes, dimensions: int) -> Pixels:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB" if dimensions == 3 else "L"))


def _squared(one: Pixels, other: Pixels) -> float:
    return float(np.mean((one.astype(np.float32) - other) ** 2))
