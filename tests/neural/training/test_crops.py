"""Random crops of photographs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmark.errors import UsageError
from benchmark.neural.training.crops import Crops, blocks
from tests.conftest import photo

pytestmark = [
    pytest.mark.neural,
    pytest.mark.slow,
    # Keras saves weights of TensorFlow in a way that NumPy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def test_blocks() -> None:
    whole = photo(150, 200)
    found = blocks([whole[np.newaxis]], 32, 64)
    assert found.shape == (2 * 3, 64, 64, 3)
    assert np.array_equal(found[1], whole[:64, 64:128])
    assert len(blocks([whole[np.newaxis]] * 5, 32, 64, limit=7)) == 7
    patches = np.stack([photo(32, 32, 3, seed) for seed in range(3)])
    assert np.array_equal(blocks([patches], 32, 64), patches)
    for images, complaint in (([photo(20, 20)[np.newaxis]], "64×64"), ([photo(90, 90, 1)[np.newaxis]], "grey")):
        with pytest.raises(UsageError, match=complaint):
            blocks(images, 32, 64)


def views(block: np.ndarray[Any, Any], side: int) -> set[bytes]:
    """All crops of a block, and their mirror images."""
    places = range(block.shape[0] - side + 1)
    crops = [block[y : y + side, x : x + side] for y in places for x in places]
    return {crop.tobytes() for crop in crops} | {crop[:, ::-1].tobytes() for crop in crops}


def test_crops_are_cut_and_mirrored_on_the_device() -> None:
    stack = np.stack([photo(24, 24, 3, seed) for seed in range(3)])
    chosen = np.array([2, 0, 1, 1] * 20)
    found = np.asarray(Crops(stack, 16)(chosen, np.random.default_rng(1))["image"])
    assert found.shape == (80, 16, 16, 3)
    assert found.dtype == np.uint8
    allowed = [views(block, 16) for block in stack]
    assert all(crop.tobytes() in allowed[index] for crop, index in zip(found, chosen, strict=True))
    assert len({crop.tobytes() for crop in found}) > 60
    again = np.asarray(Crops(stack, 16)(chosen, np.random.default_rng(1))["image"])
    assert np.array_equal(found, again)
    whole = np.asarray(Crops(stack, 24)(np.arange(3), np.random.default_rng(2))["image"])
    assert all(crop.tobytes() in views(block, 24) for crop, block in zip(whole, stack, strict=True))


def test_smaller_crops_show_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """At factor 1 pixels are those of the block; at 1/2 they are those that Pillow's triangle gives."""
    from PIL import Image

    stack = photo(64, 64, 3, 5)[np.newaxis]
    crops = Crops(stack, 32, 0.5)

    class Draws:
        def __init__(self, scale: float) -> None:
            self.scale = scale

        def uniform(self, low: float, high: float, count: int) -> Any:
            assert (low, high) == (0.5, 1)
            return np.full(count, self.scale)

        def random(self, count: int) -> Any:
            return np.full(count, 0.75)  # not mirrored

    same = np.asarray(crops(np.zeros(1, np.int64), Draws(1.0))["image"])[0]  # type: ignore[arg-type]
    top = int(0.75 * 33)
    assert np.array_equal(same, stack[0, top : top + 32, top : top + 32])
    half = np.asarray(crops(np.zeros(1, np.int64), Draws(0.5))["image"])[0]  # type: ignore[arg-type]
    expected = np.asarray(Image.fromarray(stack[0]).resize((32, 32), Image.Resampling.BILINEAR))
    assert np.abs(half.astype(int) - expected).max() <= 1
    with pytest.raises(UsageError, match="shows 80 pixels, and blocks have 64×64"):
        Crops(stack, 40, 0.5)
