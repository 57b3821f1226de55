"""What a coded stream says of its pixels that its decoder does not do: orientation, colours, further frames."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image as Pictures

from benchmark.formats import jxl, png, tiff
from benchmark.formats.about import About
from benchmark.formats.pillow import orientation_of, turned
from benchmark.formats.pixels import in_8_bits
from benchmark.formats.read import check_usable, inspect, undisturbed

APPLICABLE = ("orientation", "srgb", "first-frame")
"""Conversions of what a decoder returns, which is of 8 bits and without transparency."""

_JP2 = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_SRGB, _GREY, _YCC = 16, 17, 18
_MATRICES, _PROFILES = (b"nclx", b"nclc"), (b"prof", b"rICC")


def about_stream(data: bytes, where: str) -> About | None:
    """What a stream says of itself; None for a format that says nothing.

    Args:
        data: the stream, which its decoder took.
        where: its name, for messages.

    Raises:
        MissingData: what it says is damaged.
    """
    if data.startswith((png.SIGNATURE, b"\xff\xd8\xff")) or data[8:12] == b"WEBP" or tiff.is_tiff(data):
        return None if _is_jpeg_ls(data) else inspect(data, where)
    if data[4:8] == b"ftyp":
        coded = data.find(b"mdat", max(0, data.find(b"meta")))
        profile, colours = _colour_box(data[:coded] if coded > 0 else data)  # coded data may look like anything
        # libheif turns a HEIC picture by itself.
        turn = _orientation(data) if data[8:12] in (b"avif", b"avis", b"mif1") else 1
        return About("AVIF or HEIC", 0, 0, orientation=turn, profile=profile, colours=colours)
    if data.startswith(_JP2):
        profile, colours = _colour_box(data[: data.find(b"jp2c")])
        return About("JP2", 0, 0, profile=profile, colours=colours)
    if data.startswith(b"\xff\x0a"):
        return About("JPEG XL", 0, 0, colours=jxl.colours_of(data))  # which libjxl turns by itself
    if data.startswith(b"qoif") and data[13:14] == b"\x01":
        return About("QOI", 0, 0, colours="linear light")
    return None


def as_told(
    image: npt.NDArray[np.uint8], data: bytes, where: str, conversions: tuple[str, ...] = ()
) -> npt.NDArray[np.uint8]:
    """A decoded image as its stream says that it is to be seen, by the same rule as images of data sets.

    Args:
        image: what the decoder returned: (H, W) grey or (H, W, 3).
        data: the stream.
        where: its name, for messages.
        conversions: what may be changed, of :data:`APPLICABLE`.

    Raises:
        UnsupportedImage: it has to be converted; the message says what to do.
        MissingData: what it says of itself is damaged.
    """
    about = about_stream(data, where)
    if about is None:
        return image
    profile = check_usable(about, where, conversions)
    if profile:
        samples = image[..., np.newaxis] if image.ndim == 2 else image
        image = in_8_bits(samples, 255, alpha=False, ground=1, profile=profile)
    return np.ascontiguousarray(turned(image, about.orientation))


def _is_jpeg_ls(data: bytes) -> bool:
    return data[3:4] in (b"\xe8", b"\xf7")


def _orientation(data: bytes) -> int:
    """That of AVIF, whose boxes Pillow tells as EXIF."""
    with undisturbed(), Pictures.open(io.BytesIO(data), formats=["AVIF"]) as picture:
        return orientation_of(picture)


def _colour_box(data: bytes) -> tuple[bytes, str]:
    """The ICC profile in boxes ``colr`` (ISO/IEC 14496-12 and 15444-1), and what else they say that is not sRGB."""
    profile, colours, place = b"", "", data.find(b"colr")
    while place >= 4:
        content = data[place + 4 : place - 4 + int.from_bytes(data[place - 4 : place], "big")]
        if content[:4] in _MATRICES:
            primaries, transfer = (int.from_bytes(content[start : start + 2], "big") for start in (4, 6))
            if primaries not in (1, 2) or transfer not in (13, 2):
                colours = f"colours of primaries {primaries}, transfer {transfer}"
        elif content[:4] in _PROFILES:
            profile = content[4:]
        elif content[:1] == b"\x01" and (space := int.from_bytes(content[3:7], "big")) not in (_SRGB, _GREY, _YCC):
            colours = f"colours of the enumerated space {space}"
        elif content[:1] == b"\x02":
            profile = content[3:]
        place = data.find(b"colr", place + 4)
    return profile, "" if profile else colours
