"""Linear light and XYB, against their formulas in float64."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.colour.channels import to_channels
from benchmark.metrics.shared.xyb import halve, linear_light, xyb
from tests.conftest import photo

CONES = np.array(
    [[0.3, 0.622, 0.078], [0.23, 0.692, 0.078], [0.24342268924547819, 0.20476744424496821, 0.5518098665095536]]
)
BIAS = 0.0037930732552754493


def test_light_is_that_of_srgb() -> None:
    greys = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    light = linear_light(to_channels(greys))
    signal = greys[0] / 255
    exact = np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    assert light.shape == (3, 1, 16, 16)
    assert np.abs(light - exact).max() < 1e-6


def test_colours_are_opponents_of_cube_roots() -> None:
    light = linear_light(to_channels(photo(70, 61)[np.newaxis]))
    roots = np.cbrt(np.tensordot(CONES, light.astype(np.float64), 1) + BIAS) - np.cbrt(BIAS)
    x, y = (roots[0] - roots[1]) / 2, (roots[0] + roots[1]) / 2
    expected = [14 * x + 0.42, y + 0.01, roots[2] - y + 0.55]
    assert np.abs(xyb(light) - expected).max() < 1e-5


def test_a_grey_picture_has_the_colours_of_equal_channels() -> None:
    grey = photo(20, 30)[..., 0]
    colour = np.repeat(grey[..., np.newaxis], 3, axis=2)
    assert np.array_equal(
        xyb(linear_light(to_channels(grey[np.newaxis]))), xyb(linear_light(to_channels(colour[np.newaxis])))
    )


@pytest.mark.parametrize("shape", [(8, 6), (9, 7), (1, 4)])
def test_an_odd_last_row_or_column_is_repeated(shape: tuple[int, int]) -> None:
    light = np.random.default_rng(1).random((3, 2, *shape), dtype=np.float32)
    height, width = shape
    whole = np.pad(light, ((0, 0), (0, 0), (0, height % 2), (0, width % 2)), mode="edge").astype(np.float64)
    expected = whole.reshape(3, 2, -(-height // 2), 2, -(-width // 2), 2).mean(axis=(3, 5))
    assert np.abs(halve(light) - expected).max() < 2e-7
