"""A part of an image and what codecs made of it: plain data, which figures and the page show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

MATCHED = 0.02
"""A rate is matched if it is at most this share off the target."""


@dataclass(frozen=True)
class DecodedCrop:
    """What a codec made of a part of an image.

    Attributes:
        series: the series that was decoded.
        settings: canonical JSON.
        bpp: the rate of the whole image, in bits per pixel.
        figures: metrics of the whole image by column, such as ``psnr_rgb``.
        pixels: the part, decoded from the stream, ``uint8``, (h, w, 3) or (h, w).
    """

    series: str
    settings: str
    bpp: float
    figures: Mapping[str, float]
    pixels: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """A part of an image, and what every codec that reaches a rate made of it at that rate.

    Attributes:
        dataset, image: the names of the data set and of the image.
        target: rate in bits per pixel from which no decoded part is further away than :data:`MATCHED`.
        top, left: the place of the part in the image, in pixels.
        original: the part, ``uint8``, (h, w, 3) or (h, w). Of an item of many small images, the first of them, in rows.
        decoded: the decoded part of each codec, in the order of the results.
        left_out: why other codecs are not there, by series.
        size: height and width of the whole image in pixels; None where the part is not of one image.
        overview: the whole image made smaller, to show where the part lies; None where nothing is to be shown.
    """

    dataset: str
    image: str
    target: float
    top: int
    left: int
    original: npt.NDArray[np.uint8]
    decoded: Sequence[DecodedCrop]
    left_out: Mapping[str, str] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    overview: npt.NDArray[np.uint8] | None = None


def by_part(pictures: Iterable[Picture]) -> list[list[Picture]]:
    """Pictures of one image and part together, in the order in which they come."""
    parts: dict[tuple[str, str, int, int], list[Picture]] = {}
    for picture in pictures:
        parts.setdefault((picture.dataset, picture.image, picture.left, picture.top), []).append(picture)
    return list(parts.values())
