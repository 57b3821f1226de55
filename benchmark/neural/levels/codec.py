"""What codecs with a binary code share: binary-ae with one level, rnn with many."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmark.codec import Batch, Complexity, setting
from benchmark.errors import BitstreamError
from benchmark.neural.codec import NeuralCodec
from benchmark.neural.levels.network import Encoder, codes_of, load_model, tiled_shape
from benchmark.neural.streams.bit_model import BitModel
from benchmark.neural.streams.container import Frame, pack_levels, unpack_levels
from benchmark.neural.weights import TrainedPoint, by_identity, points, sets_digest, whole_set

MOST_LEVELS = 10
"""Of a stream: 1.25 bpp before entropy coding, as published."""

TILES = (0, 32, 64, 128)
"""Sides of tiles; 0 for whole images."""


@dataclasses.dataclass(frozen=True)
class LevelCodec(NeuralCodec):
    """A codec whose network gives a fixed number of bits for a block of pixels, in one or several levels.

    Whole images go through the network, padded by edge replication to whole blocks; or square tiles, each for itself.
    """

    weights: str = setting("")
    tile: int = setting(0, choices=TILES)

    @classmethod
    @abstractmethod
    def build(cls, card: Mapping[str, Any]) -> Any:
        """The network that a model card describes, its weights at random."""

    def level_count(self, point: TrainedPoint) -> int:
        """How many levels these settings ask for."""
        with whole_set(point.folder):
            return int(point.card["levels"])

    def weights_digest(self) -> str:
        return sets_digest(self.name, [self.weights])

    def write(self, images: Batch) -> bytes:
        count, height, width = images.shape[:3]
        channels = 3 if images.ndim == 4 else 1
        point = self._point()
        model = load_model(type(self).build, point)
        frame = Frame(self.name, point.identity(), (self.tile,), count, height, width, channels)
        colour = np.repeat(images[..., None], 3, axis=3) if channels == 1 else images
        encode = self.encoder(point, model.network, model.models)
        codes = codes_of(model.network, _cut(colour, self.tile, model.stride), self.level_count(point), encode)
        return pack_levels(frame, model.pack(codes))

    def encoder(self, point: TrainedPoint, network: Any, models: Sequence[BitModel]) -> Encoder:
        """What gives the codes: the network's own ``codes`` unless these settings ask for more."""
        encode: Encoder = network.codes
        return encode

    def complexity(self, height: int, width: int, channels: int) -> Complexity:
        """That of these levels alone, also where a run cuts their stream from one of more levels."""
        point = self._point()
        model = load_model(type(self).build, point)
        count, height, width = tiled_shape(1, height, width, self.tile, model.stride)
        encode, decode = model.network.macs(height, width, self.level_count(point))
        return Complexity(int(model.network.count_params()), count * encode, count * decode)

    def overhead(self, data: bytes) -> int:
        return len(data) - sum(map(len, unpack_levels(data, self.name)[1]))

    def nominal_bits(self, data: bytes) -> int | None:
        frame, levels = unpack_levels(data, self.name)
        model = load_model(type(self).build, by_identity(self.name, frame.weights))
        return len(levels) * int(np.prod(model.code_shape(frame))) if model.binary else None

    @classmethod
    def read(cls, data: bytes) -> Batch:
        frame, payloads = unpack_levels(data, cls.name)
        model = load_model(cls.build, by_identity(cls.name, frame.weights))
        if len(frame.settings) != 1 or frame.settings[0] not in TILES:
            raise BitstreamError(f"{cls.name}: expected a tile size of {TILES}, got {frame.settings}")
        if len(payloads) > model.levels:
            raise BitstreamError(f"{cls.name}: {len(payloads)} levels, where the weights have {model.levels}")
        tiles = model.synthesise(model.unpack(payloads, model.code_shape(frame)))
        colour = _join(tiles, frame, model.stride)
        if frame.channels == 3:
            return colour
        return np.asarray(np.rint(colour.mean(axis=3)), dtype=np.uint8)

    def _point(self) -> TrainedPoint:
        return points(self.name, self.weights)[0]


def _cut(images: Batch, tile: int, stride: int) -> Batch:
    """Images (N, H, W, 3) padded by edge replication to whole blocks; or their tiles, in raster order."""
    count, height, width, channels = images.shape
    side = tile or stride
    padded = np.pad(images, ((0, 0), (0, -height % side), (0, -width % side), (0, 0)), mode="edge")
    if not tile:
        return padded
    rows, columns = padded.shape[1] // tile, padded.shape[2] // tile
    return padded.reshape(count, rows, tile, columns, tile, channels).swapaxes(2, 3).reshape(-1, tile, tile, channels)


def _join(tiles: Batch, frame: Frame, stride: int) -> Batch:
    """Inverse of :func:`_cut`."""
    tile = frame.settings[0]
    if tile:
        rows, columns = -(-frame.height // tile), -(-frame.width // tile)
        grid = tiles.reshape(frame.count, rows, columns, tile, tile, 3).swapaxes(2, 3)
        tiles = grid.reshape(frame.count, rows * tile, columns * tile, 3)
    return tiles[:, : frame.height, : frame.width]
