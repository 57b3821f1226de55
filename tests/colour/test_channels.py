"""Images as metrics see them."""

from __future__ import annotations

import numpy as np

from benchmark.colour.channels import to_channels
from tests.conftest import photo
from tests.metrics.measured import luma


def test_colours_and_their_luma() -> None:
    images = np.stack([photo(9, 12), photo(9, 12)[::-1]])
    channels = to_channels(images)
    assert channels.shape == (2, 4, 9, 12)
    assert channels.dtype == np.float32
    assert np.array_equal(channels[:, :3], np.moveaxis(images, 3, 1))
    assert np.abs(channels[:, 3] - luma(images)).max() < 1e-4


def test_a_grey_image_is_its_own_luma() -> None:
    images = photo(9, 12)[np.newaxis, ..., 0]
    assert np.array_equal(to_channels(images), images[:, np.newaxis].astype(np.float32))
