"""The network of a latent codec, with its tables: an autoencoder on tiles.

It has two sub-models: ``encoder``, whose first output is the latent of each tile, of any shape, and ``decoder``, which
takes that latent back to the tile. Every number of the latent has a table of its own, in a feature map too: on
clothes, which lie in the middle of their tile, tables that all positions of a channel share cost a quarter more bits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from benchmark.colour.convert import Floats
from benchmark.neural.backend import at_once, load_keras
from benchmark.neural.complexity import model_macs
from benchmark.neural.latent.tiles import TILINGS, Tiling
from benchmark.neural.streams import entropy
from benchmark.neural.weights import TrainedPoint, load_weights, whole_set

_CHUNK = 512
"""Tiles in a call of the network on a CPU: enough to keep a core busy, little memory."""

Build = Callable[[tuple[int, int, int]], Any]
"""Makes a network, as this module's docstring has it, for tiles of a height, a width and channels."""


class Network:
    """A network with its tables, which :func:`load_network` loads once a process.

    Attributes:
        tiling: how the images are cut into tiles.
        numbers: how many numbers the latent of a tile has.
        parameters: how many parameters encoder and decoder have.
        encode_macs, decode_macs: multiply–accumulates for a tile.
    """

    def __init__(self, build: Build, point: TrainedPoint) -> None:
        self.tiling: Tiling = TILINGS[point.card["tiling"]]()
        self.counts = point.counts()
        model = build(self.tiling.shape)
        load_weights(model, point.weights_path)
        model.trainable = False
        self.encoder, self.decoder = model.get_layer("encoder"), model.get_layer("decoder")
        self.latent_shape = latent_shape(self.encoder)
        self.numbers = int(np.prod(self.latent_shape))
        self.parameters = int(self.encoder.count_params() + self.decoder.count_params())
        self.encode_macs, self.decode_macs = model_macs(self.encoder), model_macs(self.decoder)
        self.tables = lru_cache(maxsize=8)(self._tables)

    def _tables(self, steps: int) -> list[list[entropy.SymbolTable]]:
        return [entropy.symbol_tables(counts, steps) for counts in self.counts]

    def analyse(self, tiles: Floats) -> Floats:
        """Latents, (T, D), of tiles in 0–1."""
        return in_chunks(lambda chunk: latent_of(self.encoder, chunk), tiles).reshape(len(tiles), -1)

    def synthesise(self, latents: Floats) -> Floats:
        """Tiles in 0–1 of latents (T, D)."""
        return in_chunks(self.decoder, latents.reshape(-1, *self.latent_shape))


@lru_cache(maxsize=16)
def load_network(build: Build, point: TrainedPoint) -> Network:
    """The network of an operating point, loaded once a process.

    Raises:
        UsageError: its files are damaged, or of another network.
    """
    with whole_set(point.folder):
        return Network(build, point)


def latent_of(encoder: Any, tiles: Any, training: bool = False) -> Any:
    """The latent of tiles, whether or not the encoder has other outputs."""
    return load_keras().tree.flatten(encoder(tiles, training=training))[0]


def latent_shape(encoder: Any) -> tuple[int, ...]:
    """Shape of the latent of one tile."""
    return tuple(int(side) for side in encoder.outputs[0].shape[1:])


def in_chunks(function: Callable[[Floats], Any], values: Floats) -> Floats:
    """What a network makes of values, a chunk at a time, as one array."""
    from keras import ops

    size = at_once(_CHUNK)
    parts = [ops.convert_to_numpy(function(values[start : start + size])) for start in range(0, len(values), size)]
    return np.concatenate(parts)
