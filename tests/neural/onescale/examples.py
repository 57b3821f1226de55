"""A tiny network of learned-onescale, random models and pictures for its tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.codec import Codec
from benchmark.neural.onescale.model import STARTS, Model
from benchmark.neural.onescale.tables import new_tables
from benchmark.neural.wavelet.bands import PHASES
from benchmark.plugins import codec_class
from tests.conftest import photo

TINY = {
    "width": "8",
    "blocks": "1",
    "latent": "20",
    "hidden": "6",
    "crop": "32",
    "block": "64",
    "batch_size": "2",
    "steps": "3",
    "epochs": "1",
    "warmup_steps": "1",
}


def pictures() -> npt.NDArray[np.uint8]:
    return np.stack([photo(128, 192, seed=seed) for seed in range(3)])


def random_model(seed: int = 0, channels: int = 20, hidden: int = 6) -> Model:
    rng = np.random.default_rng(seed)
    phases, taps = len(PHASES), STARTS[-1]

    def weights(*shape: int) -> npt.NDArray[np.int8]:
        return np.clip(np.rint(rng.normal(0, 15, shape)), -127, 127).astype(np.int8)

    def biases(*shape: int) -> npt.NDArray[np.int32]:
        return rng.integers(-2000, 2000, shape).astype(np.int32)

    return Model(
        weights(taps, channels, channels) // 8,
        biases(phases, channels) // 20,
        weights(taps, channels, hidden),
        biases(phases, hidden),
        weights(phases, hidden),
        weights(phases, hidden, hidden),
        biases(phases, hidden),
        weights(phases, hidden, channels),
        biases(phases, channels),
        weights(phases, channels),
        new_tables(),
    )


def codec(**settings: Any) -> Codec:
    return codec_class("learned-onescale").from_settings(settings)
