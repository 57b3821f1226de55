"""Small pictures of pictures: of many small ones in rows, and of a large one to show where a part of it lies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch

_WIDE, _HIGH = 168, 112
"""Size of a sheet in pixels, unless a single picture is larger."""
_GAP = 1
"""Pixels between pictures of a sheet, which are as dark as can be."""
_OVERVIEW = 160
"""The longer side of a picture that was made smaller, in pixels."""

_Pixels = npt.NDArray[np.uint8]


def sheet(images: Batch) -> _Pixels:
    """The first images of a batch in rows, pixel for pixel.

    Args:
        images: (N, H, W) or (N, H, W, 3).

    Returns:
        (h, w) or (h, w, 3).
    """
    count, height, width = images.shape[:3]
    columns = min(max(1, (_WIDE + _GAP) // (width + _GAP)), count)
    rows = min(max(1, (_HIGH + _GAP) // (height + _GAP)), -(-count // columns))
    found = np.zeros((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP, *images.shape[3:]), np.uint8)
    for place, image in enumerate(images[: rows * columns]):
        top, left = (place // columns) * (height + _GAP), (place % columns) * (width + _GAP)
        found[top : top + height, left : left + width] = image
    return found


def overview(image: _Pixels) -> _Pixels:
    """An image made smaller, (h, w) or (h, w, 3); a small one as it is."""
    from PIL import Image

    shown = Image.fromarray(image)
    shown.thumbnail((_OVERVIEW, _OVERVIEW), Image.Resampling.LANCZOS)
    return np.asarray(shown)
