"""Models of random weights, as tests of the wavelet codec need them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmark.neural.wavelet.bands import FEATURES
from benchmark.neural.wavelet.model import (
    BANDS,
    BINARY,
    KINDS,
    SAID,
    Model,
)
from benchmark.neural.wavelet.restoration import DEPTH, Restoration
from benchmark.neural.wavelet.tables import first_tables


def random_model(seed: int = 0, odd: int = 6, hidden: int = 10) -> Model:
    rng = np.random.default_rng(seed)

    def weights(*shape: int) -> npt.NDArray[np.int8]:
        return np.clip(np.rint(rng.normal(0, 20, shape)), -127, 127).astype(np.int8)

    def biases(*shape: int) -> npt.NDArray[np.int32]:
        return rng.integers(-3000, 3000, shape).astype(np.int32)

    return Model(
        weights(KINDS, FEATURES, odd),
        biases(KINDS, BANDS, odd),
        weights(KINDS, odd),
        weights(KINDS, odd, SAID),
        weights(KINDS, BANDS, FEATURES, SAID),
        weights(KINDS, FEATURES + SAID, hidden),
        biases(KINDS, BANDS, hidden),
        weights(KINDS, hidden),
        weights(KINDS, hidden, hidden),
        biases(KINDS, hidden),
        weights(KINDS, hidden, BINARY),
        biases(KINDS, BANDS, BINARY) - 1500,
        first_tables(),
    )


def random_restoration(seed: int = 0, channels: int = 8, layers: int = 4) -> Restoration:
    rng = np.random.default_rng(seed)
    return Restoration(
        rng.integers(-40, 40, (3, 3, DEPTH, channels)).astype(np.int8),
        rng.integers(-40, 40, (layers, 3, 3, channels, channels)).astype(np.int8),
        rng.integers(-40, 40, (3, 3, channels, DEPTH)).astype(np.int8),
        rng.integers(-200, 200, (layers + 1, 3, channels)).astype(np.int32),
    )
