"""Pictures as libraries of others take them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmark.metric import Channels


def colour_pictures(channels: Channels) -> npt.NDArray[np.uint8]:
    """Samples of R, G and B, shape (N, H, W, 3); a grey picture has equal ones."""
    samples = np.moveaxis(channels[:, :3], 1, 3).astype(np.uint8)
    return np.repeat(samples, 3, axis=3) if samples.shape[3] == 1 else np.ascontiguousarray(samples)
