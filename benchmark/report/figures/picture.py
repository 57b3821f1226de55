"""A crop of an image and what codecs made of it: plain data, which figures and the page show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MATCHED = 0.1
"""A rate is matched if it is at most this share off the target."""


@dataclass(frozen=True)
class DecodedCrop:
    """What a codec made of a crop.

    Attributes:
        series: the series that was decoded.
        settings: canonical JSON.
        bpp: the rate of the whole image, in bits per pixel.
        figures: metrics of the whole image by column, such as ``psnr_rgb``.
        pixels: the crop, decoded from the stream, ``uint8``, (h, w, 3) or (h, w).
    """

    series: str
    settings: str
    bpp: float
    figures: Mapping[str, float]
    pixels: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """A crop of an image, and what every codec made of it at about the same rate.

    Attributes:
        dataset, image: the names of the data set and of the image.
        target: rate in bits per pixel that the decoded crops come nearest to.
        top, left: the place of the crop in the image, in pixels.
        original: the crop, ``uint8``, (h, w, 3) or (h, w).
        decoded: the decoded crop of each codec, in the order of the results.
    """

    dataset: str
    image: str
    target: float
    top: int
    left: int
    original: npt.NDArray[np.uint8]
    decoded: Sequence[DecodedCrop]
