"""Pictures as libraries of others take them."""

from __future__ import annotations

import numpy as np

from benchmark.colour.channels import to_channels
from benchmark.metrics.shared.pictures import colour_pictures
from tests.conftest import photo


def test_samples_come_back_as_they_were() -> None:
    pictures = np.stack([photo(6, 5), photo(6, 5)[::-1]])
    back = colour_pictures(to_channels(pictures))
    assert back.dtype == np.uint8
    assert back.flags.c_contiguous
    assert np.array_equal(back, pictures)


def test_a_grey_picture_has_three_equal_channels() -> None:
    grey = photo(6, 5)[np.newaxis, ..., 0]
    back = colour_pictures(to_channels(grey))
    assert back.shape == (1, 6, 5, 3)
    assert all(np.array_equal(back[..., channel], grey) for channel in range(3))
