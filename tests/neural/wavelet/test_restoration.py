"""The repair of decoded planes, in integers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.neural.wavelet.restoration import Restoration, detail
from benchmark.neural.wavelet.tables import first_tables, rate_index
from benchmark.neural.wavelet.transform import UNIT
from tests.neural.wavelet.examples import random_restoration

pytestmark = pytest.mark.neural


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 3), (64, 40), (151, 61), (20, 800)])
def test_restoration_is_one_whole(height: int, width: int, channels: int) -> None:
    """It works on blocks, whose seams must not show, and on whole numbers in floats."""
    rng = np.random.default_rng(7)
    planes = [rng.integers(-8000, 8000, (height, width)).astype(np.int16) for _ in range(channels)]
    network = random_restoration()
    out = network(planes, 20 * UNIT, first_tables())
    assert [plane.shape for plane in out] == [(height, width)] * channels
    assert any(not np.array_equal(one, other) for one, other in zip(out, planes, strict=True))
    assert all(
        np.array_equal(one, other)
        for one, other in zip(out, reference_restoration(network, planes, 20 * UNIT), strict=True)
    )


def reference_restoration(
    network: Restoration, planes: list[npt.NDArray[np.int16]], step: int
) -> list[npt.NDArray[np.int16]]:
    """In one piece, by 64-bit integers and loops over the kernels."""
    height, width = planes[0].shape
    even = [
        np.pad(detail(plane, step, first_tables()), ((0, height % 2), (0, width % 2))).astype(np.int64)
        for plane in planes
    ]
    even += [np.zeros_like(even[0])] * (3 - len(even))
    values = np.stack([plane[row::2, column::2] for plane in even for row in (0, 1) for column in (0, 1)], -1)

    def convolve(source: npt.NDArray[np.int64], kernel: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
        padded = np.pad(source, ((1, 1), (1, 1), (0, 0)))
        rows, columns = source.shape[:2]
        return sum(
            (
                padded[row : row + rows, column : column + columns, :, np.newaxis]
                * kernel[row, column].astype(np.int64)
            ).sum(axis=2)
            for row in range(3)
            for column in range(3)
        )

    rate = rate_index(step) - 176
    bias = network.bias[:, 0] + rate * network.bias[:, 1] + (rate**2 >> 6) * network.bias[:, 2]
    values = np.clip((convolve(values, network.first) + bias[0] + 32) >> 6, 0, 255)
    for pair in range(0, len(network.inner), 2):
        before, after = network.inner[pair : pair + 2]
        between = np.clip((convolve(values, before) + bias[pair + 1] + 32) >> 6, 0, 255)
        values = np.clip(values + ((convolve(between, after) + bias[pair + 2] + 32) >> 6), 0, 255)
    added = (convolve(values, network.last) * step + (1 << 14)) >> 15
    out = []
    for number, plane in enumerate(planes):
        grown = np.zeros((height + height % 2, width + width % 2), np.int64)
        for place in range(4):
            grown[place // 2 :: 2, place % 2 :: 2] = added[..., 4 * number + place]
        out.append(np.clip(plane + grown[:height, :width], -32767, 32767).astype(np.int16))
    return out
