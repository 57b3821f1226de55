"""Decoded pixels: in the shape of the originals, and their digest."""

from __future__ import annotations

import hashlib

import numpy as np

from benchmark.codec import Batch
from benchmark.colour.channels import LUMA


def like(decoded: Batch, images: Batch) -> Batch:
    """Decoded images in the shape of the originals.

    A format without grey returns a grey image as colour, whose channels are equal but for rounding: its luma, rounded,
    is the grey image.

    Raises:
        ValueError: the decoder returned images of another size.
    """
    if images.ndim == 3 and decoded.ndim == 4:
        luma = decoded.astype(np.float32) @ LUMA
        decoded = np.rint(luma).astype(np.uint8)
    if decoded.shape != images.shape or decoded.dtype != np.uint8:
        raise ValueError(
            f"the decoder returned {decoded.dtype} of shape {decoded.shape}, expected uint8 of shape {images.shape}"
        )
    return decoded


def digest_pixels(images: Batch) -> str:
    """SHA-256 of images and their shape, for ``image_sha256`` and ``pixels_sha256``."""
    digest = hashlib.sha256(repr(images.shape).encode())
    digest.update(np.ascontiguousarray(images).data)
    return digest.hexdigest()
