"""The repair of decoded images in the pixel domain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import uniform_filter

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


def test_restoration_sees_what_differs_from_the_mean_of_nine_by_nine() -> None:
    """The layers hand on one sample of four, so what is added tells what was seen, at the edges too."""
    from keras import ops

    network = build_klt(SMALL).restoration
    network.errors.assign(np.full(4, 5.0))
    for layer in network.convolutions:
        layer.kernel.assign(np.zeros(layer.kernel.shape))
        layer.bias.assign(np.zeros(layer.bias.shape))
    for layer in (network.first, network.last):
        kernel = np.zeros(layer.kernel.shape)
        kernel[1, 1, 0, 0] = 1
        layer.kernel.assign(kernel)
    given = np.random.default_rng(3).uniform(0, 255, (1, 22, 26, 3)).astype(np.float32)
    added = ops.convert_to_numpy(network(given, np.zeros(1, np.int32))) - given
    red = given[0, :, :, 0]
    seen = np.maximum((red - uniform_filter(red, 9, mode="mirror")) * 4 / 5, 0)
    assert np.allclose(added[0, ::2, ::2, 0], 5 * np.log1p(seen[::2, ::2]), atol=1e-3)
