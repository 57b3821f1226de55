"""The network of a level codec, with its models of bits.

It has ``codes`` and ``image``, see ``binary.BinaryAutoencoder``; its weights' card says how many pixels a position of
the code stands for (``stride``), how many channels and levels there are, and whether the code is binary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.codec import Batch
from benchmark.errors import BitstreamError
from benchmark.neural.backend import at_once
from benchmark.neural.streams.bit_model import BitModel
from benchmark.neural.streams.bits import decode_bits, encode_bits
from benchmark.neural.streams.clock import entropy_coding
from benchmark.neural.streams.container import Frame
from benchmark.neural.weights import TrainedPoint, load_weights, whole_set

_CHUNK = 1 << 17
"""Pixels in a call of the network on a CPU, or one image: enough to keep a core busy."""

LevelCode = npt.NDArray[Any]
"""A level's code: ``uint8`` bits, or ``float32`` for a code that is not binary; shape (N, h, w, channels)."""

Encoder = Callable[[npt.NDArray[np.float32], int], list[LevelCode]]
"""Gives the codes of so many levels for images (N, H, W, 3) on the network's scale."""

Build = Callable[[Mapping[str, Any]], Any]
"""Makes the network that a model card describes, its weights at random."""


class LevelModel:
    """A network with its models of bits, which :func:`load_model` loads once a process."""

    def __init__(self, build: Build, point: TrainedPoint) -> None:
        self.stride, self.channels, self.levels = (int(point.card[key]) for key in ("stride", "channels", "levels"))
        self.binary = bool(point.card["binary"])
        self.network = build(point.card)
        load_weights(self.network, point.weights_path)
        self.network.trainable = False
        self.models = load_bit_models(point.folder, point.stem, self.levels) if self.binary else []

    def code_shape(self, frame: Frame) -> tuple[int, int, int, int]:
        """Shape of a level's code for the images of a stream."""
        count, height, width = tiled_shape(frame.count, frame.height, frame.width, frame.settings[0], self.stride)
        return count, height // self.stride, width // self.stride, self.channels

    def synthesise(self, codes: Sequence[LevelCode]) -> Batch:
        """Images (N, H, W, 3) of the codes of one or more levels."""
        return images_of(self.network, codes, self.stride)

    @entropy_coding
    def pack(self, codes: Sequence[LevelCode]) -> list[bytes]:
        """Payload of each level: its bits, entropy-coded given the levels before; or its floats as they are."""
        if not self.binary:
            return [level.astype("<f4").tobytes() for level in codes]
        return [encode_bits(code, self.models[level], earlier(codes, level)) for level, code in enumerate(codes)]

    @entropy_coding
    def unpack(self, payloads: Sequence[bytes], shape: tuple[int, int, int, int]) -> list[LevelCode]:
        """Inverse of :meth:`pack`.

        Raises:
            BitstreamError: a payload is not one that it could have written.
        """
        codes: list[LevelCode] = []
        for level, payload in enumerate(payloads):
            if self.binary:
                codes.append(decode_bits(payload, shape, self.models[level], earlier(codes, level)))
            elif len(payload) != 4 * np.prod(shape):
                raise BitstreamError(f"expected a code of {4 * np.prod(shape)} bytes, got {len(payload)}")
            else:
                codes.append(np.frombuffer(payload, "<f4").astype(np.float32).reshape(shape))
        return codes


@lru_cache(maxsize=4)
def load_model(build: Build, point: TrainedPoint) -> LevelModel:
    """The network of a set of weights, loaded once a process.

    Raises:
        UsageError: its files are damaged, or of another network.
    """
    with whole_set(point.folder):
        return LevelModel(build, point)


def codes_of(network: Any, images: Batch, levels: int, encode: Encoder | None = None) -> list[LevelCode]:
    """Codes of each level for images, ``uint8`` (N, H, W, 3) whose sides are whole blocks.

    Args:
        network: tells black and white.
        images: the images to be encoded.
        levels: how many.
        encode: gives the codes; None for the network's ``codes``.
    """
    parts = []
    for chunk in _chunks(len(images), images.shape[1] * images.shape[2]):
        target = images[chunk].astype(np.float32) / 255 * (network.high - network.low) + network.low
        parts.append((encode or network.codes)(target, levels))
    return [np.concatenate(level) for level in zip(*parts, strict=True)]


def images_of(network: Any, codes: Sequence[LevelCode], stride: int) -> Batch:
    """Images, ``uint8`` (N, H, W, 3), that the codes of one or more levels give."""
    count, height, width = codes[0].shape[:3]
    out = np.empty((count, stride * height, stride * width, 3), np.uint8)
    for chunk in _chunks(count, out.shape[1] * out.shape[2]):
        image = network.image([level[chunk] for level in codes])
        scaled = (image - network.low) * (255 / (network.high - network.low))
        out[chunk] = np.clip(np.rint(scaled), 0, 255)
    return out


def _chunks(count: int, pixels: int) -> Iterator[slice]:
    size = max(1, at_once(_CHUNK) // pixels)
    for start in range(0, count, size):
        yield slice(start, start + size)


def earlier(codes: Sequence[LevelCode], level: int) -> list[LevelCode]:
    """Codes of the levels before a level, which predict its bits; the latest first."""
    return list(codes[:level])[::-1]


def load_bit_models(folder: Path, stem: str, levels: int) -> list[BitModel]:
    """The models of bits of each level, as :class:`LevelRecipe` saved them."""
    return [BitModel.load(folder / f"{stem}.bits{level:02d}.npz") for level in range(1, levels + 1)]


def tiled_shape(count: int, height: int, width: int, tile: int, stride: int) -> tuple[int, int, int]:
    """How many images of what size go through the network."""
    if tile:
        return count * -(-height // tile) * -(-width // tile), tile, tile
    return count, height + -height % stride, width + -width % stride
