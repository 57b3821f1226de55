"""The linear start of the form klt."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.neural.klt.start import BLOCK, Start, blocks_of
from tests.neural.klt.examples import quantised

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_blocks_are_those_of_the_images(images: npt.NDArray[np.uint8]) -> None:
    found = blocks_of(images, 10_000, np.random.default_rng(0))
    assert found.shape == (4 * 36, 3 * BLOCK**2)
    expected = images[2, 16:32, 32:48].reshape(-1)
    assert (found == expected).all(axis=1).any()


def test_the_start_is_an_embedded_quantiser(images: npt.NDArray[np.uint8], start: Start) -> None:
    assert np.allclose(start.basis.T @ start.basis, np.eye(48), atol=1e-4)
    blocks = blocks_of(images, 144, np.random.default_rng(0))
    target = ((blocks - start.mean) @ start.basis).astype(np.float32)
    errors = [float(np.mean((quantised(target, start, levels) - target) ** 2)) for levels in range(5)]
    assert all(after < 0.7 * before for before, after in itertools.pairwise(errors)), errors
