"""Golden values: what other programs say of pictures that anyone can make again.

They lie in ``golden.csv``: the image of a data set, how Pillow spoils it, the value, and the tool that computed it.
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Golden:
    """One value.

    Attributes:
        column: the column of the metric.
        dataset, item: the original, a colour picture.
        image_sha256: the digest of its pixels, see :func:`digest`.
        codec, quality: the format and the quality with which Pillow saves it.
        pixels_sha256: the digest of the pixels that come back.
        value: the value of both pictures.
        tool: what computed it, with its version.
    """

    column: str
    dataset: str
    item: str
    image_sha256: str
    codec: str
    quality: int
    pixels_sha256: str
    value: float
    tool: str


def golden_values() -> list[Golden]:
    """All golden values."""
    text = files("benchmark.metrics").joinpath("golden.csv").read_text("utf-8")
    return [
        Golden(
            column=row["column"],
            dataset=row["image"].partition("/")[0],
            item=row["image"].partition("/")[2],
            image_sha256=row["image_sha256"],
            codec=row["codec"],
            quality=int(row["quality"]),
            pixels_sha256=row["pixels_sha256"],
            value=float(row["value"]),
            tool=row["tool"],
        )
        for row in csv.DictReader(text.splitlines())
    ]


def digest(pixels: Pixels) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of pixels, row by row."""
    return hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest()[:16]


def spoilt(pixels: Pixels, codec: str, quality: int) -> Pixels:
    """What comes back from a lossy format of Pillow.

    Args:
        pixels: shape (H, W, 3), or (H, W) for grey.
        codec: Pillow's name of the format, such as ``jpeg``.
        quality: from 0 to 100.
    """
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, codec, quality=quality)
    with Image.open(content) as image:
        return np.asarray(image.convert("L" if pixels.ndim == 2 else "RGB"))
