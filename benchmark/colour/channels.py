"""Images as metrics see them: channels and luma, in ``float32``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def to_channels(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Splits images into channels and adds luma.

    Luma is Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601, full range), not rounded. A grey image is its own luma, and
    its RGB metrics are those of its one channel.

    Args:
        images: ``uint8``, shape (N, H, W) or (N, H, W, 3).

    Returns:
        ``float32`` in 0–255, shape (N, 4, H, W), or (N, 1, H, W) for grey.
    """
    if images.ndim == 3:
        return images[:, None].astype(np.float32)
    count, height, width, _ = images.shape
    channels = np.empty((count, 4, height, width), dtype=np.float32)
    channels[:, :3] = np.moveaxis(images, 3, 1)
    luma = channels[:, 3]
    np.multiply(channels[:, 0], LUMA[0], out=luma)
    luma += LUMA[1] * channels[:, 1]
    luma += LUMA[2] * channels[:, 2]
    return channels
