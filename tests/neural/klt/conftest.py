"""Images and the start that a network of the form klt has from them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.neural.klt.start import Start, blocks_of, linear_start


@pytest.fixture(scope="session")
def images() -> npt.NDArray[np.uint8]:
    """Noise, of which no coefficient takes more bits than there are rounds of decisions."""
    return np.random.default_rng(3).integers(0, 256, (4, 96, 96, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def start(images: npt.NDArray[np.uint8]) -> Start:
    return linear_start(blocks_of(images, 144, np.random.default_rng(0)), 48, 32, 4)
