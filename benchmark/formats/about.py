"""What an image file says of itself, as plain data: what a picture would lose if its pixels were just taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SUFFIXES = frozenset(
    {
        *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif", ".tga"),
        *(".ppm", ".pgm", ".pbm", ".pnm", ".pam"),
    }
)
"""Endings of files that are taken for images."""

Kind = Literal["grey", "RGB", "palette", "CMYK", "other"]


@dataclass(frozen=True)
class About:
    """What an image file is.

    Attributes:
        container: the format, such as ``PNG``.
        width, height: in pixels, as stored: before any orientation is applied.
        kind: the colour model.
        model: the name of a colour model that is none of the usual, for messages.
        highest: the value that stands for full intensity: 255 for 8 bits, 65535 for 16. 0 where samples are no
            unsigned whole numbers, or of several sizes.
        bits: bits of a sample, for messages.
        alpha: whether pixels may be transparent.
        frames: how many pictures the file holds.
        orientation: as EXIF numbers it: 1 as stored, 2 to 8 mirrored or turned.
        profile: the ICC profile; empty where there is none.
        colours: what else the file says of its colours that makes them other than sRGB; empty for nothing.
    """

    container: str
    width: int
    height: int
    kind: Kind = "RGB"
    model: str = ""
    highest: int = 255
    bits: int = 8
    alpha: bool = False
    frames: int = 1
    orientation: int = 1
    profile: bytes = b""
    colours: str = ""

    @property
    def exact(self) -> bool:
        """Whether every sample is a whole number in 0–255 once 255 stands for full intensity."""
        return self.highest > 0 and 255 % self.highest == 0
