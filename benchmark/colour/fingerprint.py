"""Perceptual fingerprints: 63 bits by which a picture is known again after compression, scaling or a new brightness."""

from __future__ import annotations

import base64

import numpy as np
import numpy.typing as npt
from PIL import Image

Fingerprints = npt.NDArray[np.uint64]
"""Fingerprints, shape (N,)."""

NEAR = 8
"""Bits by which fingerprints of one picture may differ; ``docs/learned/training.md`` has the counts behind it."""

SMALLEST = 64
"""Shortest side in pixels of a picture that has a fingerprint: smaller ones, such as digits, all look alike."""

_SIDE = 32
_WAVES = 8


def fingerprint(image: npt.NDArray[np.uint8]) -> np.uint64:
    """Signs of the 63 coarsest waves of a picture against their median.

    Args:
        image: shape (H, W) or (H, W, 3).
    """
    from scipy.fft import dctn

    small = Image.fromarray(image).convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    waves = dctn(np.asarray(small, np.float64), norm="ortho")[:_WAVES, :_WAVES].ravel()[1:]
    bits = np.append(waves > np.median(waves), False)
    return np.uint64(int.from_bytes(np.packbits(bits).tobytes()))


def distances(one: np.uint64, others: Fingerprints) -> npt.NDArray[np.intp]:
    """How many bits a fingerprint differs by from each of others."""
    return np.asarray(np.bitwise_count(others ^ one), np.intp)


def to_text(fingerprints: Fingerprints) -> str:
    """Fingerprints as base64, eight bytes each."""
    return base64.b64encode(fingerprints.astype(">u8").tobytes()).decode("ascii")


def from_text(text: str) -> Fingerprints:
    """Fingerprints of a text that :func:`to_text` made.

    Raises:
        ValueError: it is no such text.
    """
    return np.frombuffer(base64.b64decode(text, validate=True), dtype=">u8").astype(np.uint64)
