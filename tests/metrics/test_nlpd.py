"""NLPD, against its authors' definition step by step, with other functions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import convolve2d

from benchmark.metrics.nlpd import NormalizedLaplacian
from tests.conftest import jpeg_at, photo
from tests.metrics.measured import Pixels, check_pictures, luma, values_of

Plane = npt.NDArray[np.float64]
LOW = np.outer((0.05, 0.25, 0.4, 0.25, 0.05), (0.05, 0.25, 0.4, 0.25, 0.05))
CONSTANTS = (0.0248, 0.0185, 0.0179, 0.0191, 0.0220, 0.2782)
# Above, left, right and below of each level; the finest has one more, two to the right.
NEIGHBOURS = (
    (0.1011, 0.1493, 0.1460, 0.1015),
    (0.0757, 0.1986, 0.1846, 0.0837),
    (0.0477, 0.2138, 0.2243, 0.0467),
    (0, 0.2503, 0.2616, 0),
    (0, 0.2598, 0.2552, 0),
    (0, 0.2215, 0.0717, 0),
)


def smaller(plane: Plane) -> Plane:
    return convolve2d(np.pad(plane, 2, mode="symmetric"), LOW, mode="valid")[::2, ::2]


def larger(plane: Plane, like: Plane) -> Plane:
    around = np.pad(plane, 1, mode="edge")
    spread = np.zeros((2 * around.shape[0], 2 * around.shape[1]))
    spread[::2, ::2] = 4 * around
    odd = [2 * count - other for count, other in zip(plane.shape, like.shape, strict=True)]
    whole = convolve2d(spread, LOW, mode="same")
    return whole[2 : len(whole) - 2 - odd[0], 2 : whole.shape[1] - 2 - odd[1]]


def normalised(plane: Plane) -> list[Plane]:
    levels = []
    for _ in range(5):
        low = smaller(plane)
        levels.append(plane - larger(low, plane))
        plane = low
    found = []
    for place, level in enumerate([*levels, plane]):
        weights = np.zeros((5, 5))
        weights[1, 2], weights[2, 1], weights[2, 3], weights[3, 2] = NEIGHBOURS[place]
        weights[2, 4] = 0.0072 if place == 0 else 0
        found.append(level / (CONSTANTS[place] + convolve2d(np.abs(level), weights, mode="same")))
    return found


@pytest.mark.parametrize("size", [(32, 32), (64, 49), (101, 67)])
def test_it_is_that_of_its_definition(size: tuple[int, int]) -> None:
    picture = photo(*size)
    other: Pixels = jpeg_at(picture, 20)
    levels = zip(normalised(luma(picture) / 255), normalised(luma(other) / 255), strict=True)
    expected = np.mean([np.sqrt(((one - two) ** 2).mean()) for one, two in levels])
    assert values_of(NormalizedLaplacian(), picture, other)["nlpd_y"] == pytest.approx(expected, rel=1e-5)


def test_pictures() -> None:
    check_pictures(NormalizedLaplacian())
