"""The repair of decoded images in the pixel domain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.neural.klt.build import build_klt
from tests.neural.klt.examples import SMALL

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_restoration_repairs_by_level(images: npt.NDArray[np.uint8]) -> None:
    from keras import ops

    network = build_klt(SMALL).restoration
    network.last.kernel.assign(np.full(network.last.kernel.shape, 0.01))
    network.errors.assign(np.array([16, 8, 4, 2]))
    given = images.astype(np.float32)
    added = [
        float(np.abs(ops.convert_to_numpy(network(given, np.full(4, level, np.int32))) - given).mean())
        for level in range(4)
    ]
    assert added == sorted(added, reverse=True)
    assert added[3] > 0
    flat = np.full((1, 16, 16, 3), 77, np.float32)
    network.first.bias.assign(np.zeros(8))
    assert np.allclose(ops.convert_to_numpy(network(flat, np.zeros(1, np.int32))), flat, atol=1e-3)
