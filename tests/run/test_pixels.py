"""Decoded pixels, in the shape of the originals."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.run.pixels import digest_pixels, like


def test_the_colour_of_a_grey_picture_is_its_luma() -> None:
    grey = np.array([[[0, 100], [200, 255]]], np.uint8)
    colour = np.stack([grey, grey, grey], axis=-1)
    colour[0, 0, 1] = (101, 100, 99)
    assert np.array_equal(like(colour, grey), grey)


def test_another_size_or_kind_is_refused() -> None:
    images = np.zeros((1, 4, 6, 3), np.uint8)
    with pytest.raises(ValueError, match=r"\(1, 6, 4, 3\), expected uint8 of shape \(1, 4, 6, 3\)"):
        like(np.zeros((1, 6, 4, 3), np.uint8), images)
    with pytest.raises(ValueError, match="float32"):
        like(np.zeros((1, 4, 6, 3), np.float32), images)


def test_a_digest_tells_shapes_and_pixels_apart() -> None:
    images = np.arange(24, dtype=np.uint8).reshape(1, 4, 6)
    others = [images.reshape(1, 6, 4), images + 1, images[:, ::-1]]
    assert len({digest_pixels(each) for each in (images, *others)}) == 4
    assert digest_pixels(images[:, ::-1]) == digest_pixels(images[:, ::-1].copy())
