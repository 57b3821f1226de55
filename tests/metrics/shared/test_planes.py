"""Filters that metrics share, against the same by other functions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import convolve2d

from benchmark.colour.channels import to_channels
from benchmark.metrics.shared.planes import (
    best_where_equal,
    block_means,
    colour_planes,
    even_means,
    gaussian_taps,
    gradient,
    inner_means,
    luma_planes,
    similarity,
)
from tests.conftest import photo

PLANE = photo(11, 14)[..., 0].astype(np.float64)


def test_luma_and_colours_are_of_the_samples() -> None:
    picture = photo(5, 7)[np.newaxis]
    channels = to_channels(picture)
    assert luma_planes(channels) == pytest.approx(picture @ np.array([0.299, 0.587, 0.114]), abs=1e-4)
    weights = ((0.5, 0.25, 0.25), (1.0, -1.0, 0.0))
    expected = np.moveaxis(picture.astype(np.float64) @ np.array(weights).T, 3, 1)
    assert colour_planes(channels, weights) == pytest.approx(expected)
    grey = to_channels(picture[..., 0])
    assert colour_planes(grey, weights)[0, 0] == pytest.approx(picture[0, ..., 0].astype(np.float64))
    assert colour_planes(grey, weights)[0, 1] == pytest.approx(0)


def test_a_gradient_is_the_length_of_two_differences() -> None:
    across = (3 / 16, 10 / 16, 3 / 16)
    kernel = np.outer(across, (-1, 0, 1))
    right, down = (convolve2d(PLANE, part[::-1, ::-1], mode="same") for part in (kernel, kernel.T))
    assert gradient(PLANE, across) == pytest.approx(np.hypot(right, down))


def test_similarity_is_exactly_one_where_maps_are_equal() -> None:
    assert (similarity(PLANE, PLANE.copy(), 0.85) == 1).all()
    assert similarity(np.array([[3.0]]), np.array([[1.0]]), 2.0) == pytest.approx(np.array([[8 / 12]]))


def test_means_of_blocks_leave_out_what_fills_none() -> None:
    found = block_means(PLANE, 3)
    assert found.shape == (3, 4)
    assert found[2, 3] == pytest.approx(PLANE[6:9, 9:12].mean())
    assert block_means(PLANE, 1) is PLANE


def test_an_odd_side_is_made_even_with_zeros() -> None:
    found = even_means(PLANE)
    assert found.shape == (6, 7)
    assert found[0, 0] == pytest.approx(PLANE[:2, :2].mean())
    assert found[5, 2] == pytest.approx(PLANE[10, 4:6].sum() / 4)
    assert even_means(PLANE[:10]).shape == (5, 7)


def test_inner_means_are_those_within_the_picture() -> None:
    taps = gaussian_taps(5, 1.5)
    assert taps.sum() == pytest.approx(1)
    assert taps[0] / taps[2] == pytest.approx(np.exp(-2 / 1.5**2))
    assert inner_means(PLANE, taps) == pytest.approx(convolve2d(PLANE, np.outer(taps, taps), mode="valid"))


def test_equal_planes_have_the_best_value() -> None:
    one = np.stack([PLANE, PLANE])
    two = np.stack([PLANE, PLANE + 1])
    assert list(best_where_equal(np.array([0.9, 0.8]), one, two, 1.0)) == [1.0, 0.8]
