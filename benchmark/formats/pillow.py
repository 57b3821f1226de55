"""What Pillow tells of the formats that it reads for us: JPEG, GIF, WebP, BMP and TGA."""

from __future__ import annotations

import io
import itertools
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pictures
from PIL import ImageCms, ImageFile

from benchmark.formats.about import About, Kind

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "TGA")
"""Formats that are read, by Pillow's names. It tells MPO of a JPEG with more pictures behind the first."""

_KINDS: dict[str, Kind] = {
    "1": "grey",
    "L": "grey",
    "LA": "grey",
    "I;16": "grey",
    "I;16B": "grey",
    "P": "palette",
    "PA": "palette",
    "RGB": "RGB",
    "RGBA": "RGB",
    "RGBX": "RGB",
    "CMYK": "CMYK",
}
_ORIENTATION = 0x0112
_TURNS = {
    2: Pictures.Transpose.FLIP_LEFT_RIGHT,
    3: Pictures.Transpose.ROTATE_180,
    4: Pictures.Transpose.FLIP_TOP_BOTTOM,
    5: Pictures.Transpose.TRANSPOSE,
    6: Pictures.Transpose.ROTATE_270,
    7: Pictures.Transpose.TRANSVERSE,
    8: Pictures.Transpose.ROTATE_90,
}


def opened(data: bytes) -> ImageFile.ImageFile:
    """The file, opened and not decoded.

    Raises:
        OSError, SyntaxError, ValueError: it is no image file, or not one of these formats.
    """
    return Pictures.open(io.BytesIO(data), formats=list(FORMATS))


def about_picture(data: bytes, picture: ImageFile.ImageFile) -> About:
    """What a file is.

    Args:
        data: its content.
        picture: the same, opened.
    """
    width, height = picture.size
    told: dict[str, Any] = {
        "container": "JPEG" if picture.format == "MPO" else str(picture.format).replace("WEBP", "WebP"),
        "width": width,
        "height": height,
        "kind": _KINDS.get(picture.mode, "other"),
        "model": picture.mode,
        "alpha": picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info,
        "frames": getattr(picture, "n_frames", 1),
        "orientation": orientation_of(picture),
        "profile": picture.info.get("icc_profile") or b"",
    }
    if picture.format in ("BMP", "DIB", "TGA") and _bits_of_pixel(data, str(picture.format)) in (15, 16):
        if picture.mode != "LA":
            told |= {"highest": 31, "bits": 5}
    elif picture.mode not in _KINDS:
        told |= {"highest": 0}
    if picture.format in ("BMP", "DIB") and picture.mode == "RGB" and _has_fourth_samples(data):
        told |= {"kind": "other", "model": "RGB and a fourth sample of which it does not say what it is"}
    if picture.format == "GIF" and picture.tile and picture.tile[0].extents != (0, 0, width, height):
        told |= {"alpha": True}  # what the frame leaves free of the screen is transparent
    return About(**told)


def _has_fourth_samples(data: bytes) -> bool:
    """Whether a bitmap of 32 bits uses the byte that the specification leaves unused, as many programs do for alpha."""
    if not data.startswith(b"BM") or _bits_of_pixel(data, "BMP") != 32:
        return False
    fourth = np.frombuffer(data[int.from_bytes(data[10:14], "little") :], np.uint8)[3::4]
    return bool(fourth.size) and not bool((fourth == 0).all() or (fourth == 255).all())


def orientation_of(picture: ImageFile.ImageFile) -> int:
    """The orientation in EXIF or XMP, 1 to 8; 1 where there is none."""
    orientation = int(picture.getexif().get(_ORIENTATION, 1) or 1)
    return orientation if 1 <= orientation <= 8 else 1


def _bits_of_pixel(data: bytes, form: str) -> int:
    if form == "TGA":
        return data[16]
    start = 14 if data.startswith(b"BM") else 0
    size = int.from_bytes(data[start : start + 4], "little")
    place = start + (10 if size == 12 else 14)
    return int.from_bytes(data[place : place + 2], "little")


def turned(pixels: npt.NDArray[np.uint8], orientation: int) -> npt.NDArray[np.uint8]:
    """The picture as its orientation says, shape (H, W) or (H, W, 3) before and after."""
    turn = _TURNS.get(orientation)
    return pixels if turn is None else np.asarray(Pictures.fromarray(pixels).transpose(turn))


def profile_of(profile: bytes) -> str:
    """Which pictures a profile is for: ``L``, ``RGB`` or ``CMYK``; empty where it is none of these."""
    return {b"GRAY": "L", b"RGB ": "RGB", b"CMYK": "CMYK"}.get(profile[16:20], "")


@lru_cache(maxsize=32)
def is_srgb(profile: bytes) -> bool:
    """Whether a profile maps colours to sRGB as they are, but for rounding; its name is not asked."""
    mode = profile_of(profile)
    if mode == "L":
        probe = np.arange(0, 256, 15, dtype=np.uint8)[np.newaxis]
        same = np.repeat(probe[..., np.newaxis], 3, axis=-1)
    elif mode == "RGB":
        probe = same = np.array(list(itertools.product(range(0, 256, 51), repeat=3)), np.uint8)[np.newaxis]
    else:
        return False
    try:
        converted = np.asarray(to_srgb(Pictures.fromarray(probe), profile))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return False
    return int(np.abs(converted.astype(int) - same).max()) <= 2


def to_srgb(picture: Pictures.Image, profile: bytes) -> Pictures.Image:
    """A picture in sRGB, by the relative colorimetric intent.

    Raises:
        PyCMSError, OSError: the profile cannot be used for this picture.
    """
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    found = ImageCms.profileToProfile(
        picture,
        source,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
    )
    assert found is not None
    return found
