"""What goes through the network of a level codec: blocks, chunks, and the scale of its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.neural.levels.network import codes_of, images_of, tiled_shape


class Averages:
    """A network whose code is the mean of each block of 8×8, level after level a half of what is left; no Keras."""

    low, high = -0.9, 0.9

    def __init__(self) -> None:
        self.chunks: list[int] = []

    def codes(self, target: npt.NDArray[np.float32], count: int) -> list[npt.NDArray[Any]]:
        self.chunks.append(len(target))
        number, height, width, _ = target.shape
        mean = target.reshape(number, height // 8, 8, width // 8, 8, 3).mean(axis=(2, 4))
        return [mean / 2 ** (level + 1) for level in range(count)]

    def image(self, codes: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
        return np.sum(codes, axis=0).repeat(8, axis=1).repeat(8, axis=2).astype(np.float32)


def test_images_go_through_in_chunks_and_on_the_scale_of_the_network() -> None:
    network = Averages()
    blocks = np.random.default_rng(0).integers(0, 256, (5, 25, 25, 3), np.uint8)
    images = blocks.repeat(8, axis=1).repeat(8, axis=2)
    codes = codes_of(network, images, 12)
    assert network.chunks == [3, 2], "200×200 pixels: three of them are enough"
    assert len(codes) == 12
    assert codes[0].shape == (5, 25, 25, 3)
    assert codes[0] == pytest.approx((blocks / 255 * 1.8 - 0.9) / 2, abs=1e-5)
    decoded = images_of(network, codes, stride=8)
    assert decoded.shape == images.shape
    assert decoded.dtype == np.uint8
    assert np.abs(decoded.astype(int) - images).max() <= 1
    some = codes_of(network, images, 1, encode=lambda target, count: [target[:, :1, :1]] * count)
    assert some[0].shape == (5, 1, 1, 3)


@pytest.mark.parametrize(
    ("size", "tile", "expected"),
    [((2, 15, 33), 0, (2, 16, 48)), ((2, 16, 32), 0, (2, 16, 32)), ((2, 15, 33), 32, (4, 32, 32))],
)
def test_pictures_are_padded_to_blocks_or_cut_into_tiles(
    size: tuple[int, int, int], tile: int, expected: tuple[int, int, int]
) -> None:
    assert tiled_shape(*size, tile, 16) == expected
