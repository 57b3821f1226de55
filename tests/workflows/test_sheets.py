"""Pictures of pictures."""

from __future__ import annotations

import numpy as np

from benchmark.workflows.sheets import overview, sheet
from tests.conftest import photo


def test_small_images_stand_in_rows_pixel_for_pixel() -> None:
    images = np.stack([photo(28, 28, seed=place)[..., 0] for place in range(40)])
    found = sheet(images)
    assert found.shape == (3 * 29 - 1, 5 * 29 - 1)
    for place in range(15):
        top, left = place // 5 * 29, place % 5 * 29
        assert np.array_equal(found[top : top + 28, left : left + 28], images[place])
    assert (found[28] == 0).all()
    assert sheet(images[:2]).shape == (28, 57)
    assert sheet(np.stack([photo(200, 300)] * 2)).shape == (200, 300, 3)


def test_an_overview_keeps_the_shape_and_small_images() -> None:
    assert overview(photo(500, 1000)).shape == (80, 160, 3)
    small = photo(50, 40)
    assert np.array_equal(overview(small), small)
    assert overview(photo(320, 320)[..., 0]).shape == (160, 160)
