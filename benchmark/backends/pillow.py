"""What codecs that use Pillow share."""

from __future__ import annotations

import io
from importlib.metadata import version

import numpy as np
from PIL import Image as Pictures
from PIL import ImageFile, UnidentifiedImageError, features

from benchmark.codec import Image
from benchmark.errors import BitstreamError


def sweep(first: int, last: int, step: int) -> tuple[int, ...]:
    """Settings from first to last, both included."""
    return tuple(range(first, last + 1, step))


def library_version(feature: str, label: str) -> str:
    """Pillow's version and that of the library behind it: ``Pillow 13.0.0, libwebp 1.6.0``."""
    return f"Pillow {version('pillow')}, {label} {features.version(feature) or 'unknown'}"


def deflate_version() -> str:
    """What deflates in Pillow: ``zlib-ng 2.3.3``, or ``zlib 1.3.1`` where it was built without.

    Beside zlib-ng Pillow's own answer for zlib is that of whichever library the process happened to load first.
    """
    if features.check_feature("zlib_ng"):
        return f"zlib-ng {features.version_feature('zlib_ng')}"
    return f"zlib {features.version_codec('zlib')}"


def decode_with_pillow(data: bytes, form: str) -> Image:
    """Pixels of a whole image file: (H, W) when it is stored as grey, else (H, W, 3).

    Args:
        data: the file.
        form: Pillow's name of the only format that is accepted.

    Raises:
        BitstreamError: it is not such a file, or Pillow could tell that it is damaged.
    """
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        raise BitstreamError("PIL.ImageFile.LOAD_TRUNCATED_IMAGES is set: truncated files would pass for whole ones")
    try:
        with Pictures.open(io.BytesIO(data), formats=[form]) as picture:
            return np.array(picture if picture.mode == "L" else picture.convert("RGB"))
    except UnidentifiedImageError as error:
        raise BitstreamError(f"not a whole {form} file: its first bytes are not those of one") from error
    except (OSError, SyntaxError, ValueError, RuntimeError, IndexError, Pictures.DecompressionBombError) as error:
        raise BitstreamError(f"not a whole {form} file: {error}") from error


def jpeg_overhead(data: bytes) -> int:
    """Bytes of a JPEG file outside its entropy-coded segments: markers, tables, frame and scan headers."""
    position, payload = 2, 0
    while position + 4 <= len(data):
        marker = data[position + 1]
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if marker == 0xDA:
            start = position
            # A scan ends at the next marker that is neither a stuffed zero nor a restart.
            while position + 1 < len(data):
                position = data.index(b"\xff", position)
                if data[position + 1] == 0 or 0xD0 <= data[position + 1] <= 0xD7:
                    position += 2
                else:
                    break
            payload += position - start
            if data[position + 1] == 0xD9:
                break
    return len(data) - payload
