"""What codecs that use Pillow share."""

from __future__ import annotations

import io
from importlib.metadata import version

import numpy as np
from PIL import Image as Pictures
from PIL import ImageFile, UnidentifiedImageError, features

from benchmark.codec import Image
from benchmark.errors import BitstreamError, MissingData, UnsupportedImage, counted
from benchmark.formats.limit import check_claim, no_other_limit
from benchmark.formats.read import read_pixels, stored_pixels


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
        BitstreamError: it is not such a file, Pillow could tell that it is damaged, or its pixels are no 8-bit grey or
            RGB: the message says what they are.
    """
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        raise BitstreamError("PIL.ImageFile.LOAD_TRUNCATED_IMAGES is set: truncated files would pass for whole ones")
    try:
        with no_other_limit(), Pictures.open(io.BytesIO(data), formats=[form]) as picture:
            check_claim(f"the {form} file", *picture.size)
            bits, frames = _bits(data, form), getattr(picture, "n_frames", 1)
            if picture.mode not in ("L", "RGB") or bits != 8 or frames != 1:
                raise BitstreamError(
                    f"expected a {form} file of one picture of 8-bit grey or RGB, got {bits} bits a sample, mode "
                    f"{picture.mode} and {counted(frames, 'frame')}"
                )
            return np.asarray(picture)
    except UnidentifiedImageError as error:
        raise BitstreamError(f"not a whole {form} file: its first bytes are not those of one") from error
    except (OSError, SyntaxError, ValueError, RuntimeError, IndexError) as error:
        raise BitstreamError(f"not a whole {form} file: {error}") from error


def _bits(data: bytes, form: str) -> int:
    """Bits of a sample, where Pillow reads more than 8 and does not tell: AVIF and JPEG 2000; else 8."""
    if form == "AVIF" and (place := data.find(b"av1C")) > 0:
        flags = data[place + 6]
        return 8 if not flags & 0x40 else 12 if flags & 0x20 else 10
    if form == "JPEG2000" and (place := data.find(b"\xff\x4f\xff\x51")) >= 0:
        components = int.from_bytes(data[place + 40 : place + 42], "big")
        depths = data[place + 42 : place + 42 + 3 * components : 3]
        return max((depth & 0x7F) + 1 for depth in depths) if depths else 8
    return 8


def decode_image_file(data: bytes, what: str, *, turned_later: bool = False) -> Image:
    """Pixels of a PNG or PNM file that a decoder is, or wrote: (H, W) or (H, W, 3), to the last bit.

    Args:
        data: the file.
        what: what it is, for the message.
        turned_later: whether its orientation, if it says one, is the caller's; else it is refused.

    Raises:
        BitstreamError: it is damaged, or does not hold one picture of 8-bit grey or RGB.
    """
    try:
        return stored_pixels(data, what) if turned_later else read_pixels(data, what, as_stored=True)
    except (MissingData, UnsupportedImage) as error:
        raise BitstreamError(str(error).partition("; --convert")[0].partition("; convert it")[0]) from error


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
