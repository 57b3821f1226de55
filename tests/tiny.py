"""A network with a binary code that trains in no time, and its recipe."""

from __future__ import annotations

from typing import Any, ClassVar

from benchmark.neural.backend import load_keras
from benchmark.neural.levels.recipe import LevelRecipe


class TinyRecipe(LevelRecipe):
    """Eight bits for 4×4 pixels, in one level; crops of 16×16 from blocks of 32×32."""

    codec = "binary-ae"
    own_options: ClassVar[dict[str, str]] = {
        "crop": "16",
        "batch_size": "4",
        "epochs": "2",
        "steps": "3",
        "learning_rate": "1e-2",
    }
    validation_share = 1 / 8

    def build(self) -> Any:
        import numpy as np

        keras = load_keras()
        from benchmark.neural.levels.binary import BinaryAutoencoder

        encoder = keras.Sequential([keras.layers.Conv2D(8, 4, 4, activation="tanh")], name="encoder")
        decoder = keras.Sequential([keras.layers.Conv2DTranspose(3, 4, 4)], name="decoder")
        network = BinaryAutoencoder(encoder, decoder, binary=True)
        network(np.zeros((1, 4, 4, 3), np.float32))
        return network

    def describe(self) -> dict[str, Any]:
        return {"stride": 4, "channels": 8, "levels": 1, "binary": True, "options": self.options}
