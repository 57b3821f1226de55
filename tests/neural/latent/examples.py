"""The latent codecs and their sets of weights, and how tests measure their rate and error."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.codec import Codec
from benchmark.plugins import codec_class, open_dataset


def network_of(codec: str) -> Any:
    return importlib.import_module(codec_class(codec).__module__).build_network((28, 28, 1))


def kinds_of(model: Any) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def coded(codec: Codec, images: npt.NDArray[np.uint8]) -> tuple[float, npt.NDArray[np.uint8]]:
    """Bits a pixel, all headers in, and decoded images, with 1,000 images in a stream."""
    streams = [stream for start in range(0, len(images), 1000) for stream in codec.encode_batch(images[start:][:1000])]
    return 8 * sum(map(len, streams)) / images.size, codec.decode_batch(streams)


def squared_error(images: npt.NDArray[np.uint8], others: npt.NDArray[np.uint8]) -> float:
    """Mean squared error on the scale of 0–1."""
    return float(np.mean((images.astype(float) - others) ** 2)) / 255**2


def all_images(dataset: str, root: Path) -> npt.NDArray[np.uint8]:
    opened = open_dataset(dataset, root)
    return np.concatenate([opened.load(item) for item in opened.items()])
