"""Whether a codec has been trained on an image that it is measured on: then its figures there say too much."""

from __future__ import annotations

import contextlib
from functools import cache

import numpy as np

from benchmark.codec import Batch
from benchmark.colour.fingerprint import NEAR, SMALLEST, Fingerprints, distances, fingerprint, from_text
from benchmark.errors import UsageError
from benchmark.neural.weights import points, set_folders


@cache
def training_fingerprints(codec: str, weights: str) -> Fingerprints:
    """Fingerprints of the images that weights were trained on, as their model cards keep them.

    Args:
        codec: name of the codec.
        weights: digests of the weights, joined by ``+``, see :meth:`benchmark.codec.Codec.weights_digest`.
    """
    named = set(weights.split("+"))
    texts = set()
    for name in set_folders(codec) if weights else ():
        with contextlib.suppress(UsageError):  # a damaged set is told to whoever encodes with it
            for point in points(codec, name):
                if point.identity().hex()[:8] in named:
                    texts.add(str(point.card.get("fingerprints", "")))
    found = [np.empty(0, np.uint64)]
    for text in sorted(texts):
        with contextlib.suppress(ValueError):  # a user's card may hold anything
            found.append(from_text(text))
    return np.concatenate(found)


def seen_in_training(codec: str, weights: str, images: Batch) -> str:
    """What is to be said of images that are nearly some that weights were trained on; empty where none is.

    Args:
        codec, weights: see :func:`training_fingerprints`.
        images: shape (N, H, W) or (N, H, W, 3).
    """
    known = training_fingerprints(codec, weights)
    if not known.size or min(images.shape[1:3]) < SMALLEST:
        return ""
    seen = sum(int(distances(fingerprint(image), known).min()) <= NEAR for image in images)
    if not seen:
        return ""
    which = "the image is" if len(images) == 1 else f"{seen} of {len(images)} images are"
    return f"{which} nearly one that the weights were trained on"
