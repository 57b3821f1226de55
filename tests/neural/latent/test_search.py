"""An encoder that searches for better symbols."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmark.neural.weights import points
from benchmark.plugins import codec_class, open_dataset
from tests.neural.latent.examples import coded, squared_error

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_search_finds_better_symbols(data_root: Path) -> None:
    """With it, less than 56 bits an image at more than 20.3 dB, headers in."""
    digits = open_dataset("mnist", data_root).load("test-00000-00999")
    (rate, plain), (searched_rate, searched) = (
        coded(codec_class("vae").from_settings({"search": passes}), digits) for passes in (0, 1)
    )
    assert squared_error(digits, searched) < 0.9 * squared_error(digits, plain)
    assert squared_error(digits, searched) < 10**-2.03
    assert searched_rate < min(1.1 * rate, 56 / 784)


def test_descent_finds_better_symbols(data_root: Path) -> None:
    """Of lower bits + λ · squared error in every image, and the same again; also where the last group is not full."""
    clothes = open_dataset("fashion-mnist", data_root).load("test-00000-00999")[:70]
    plain, searched = codec_class("conv-ae")(), codec_class("conv-ae").from_settings({"search": 12})
    (rate, decoded), (searched_rate, better) = coded(plain, clothes), coded(searched, clothes)
    trade_off = next(point.card for point in points("conv-ae", "rd") if point.quality == 3)["points"][2]["trade_off"]
    assert 0.002 < trade_off < 0.02
    gain = squared_error(clothes, decoded) - squared_error(clothes, better)
    assert gain > 0
    assert trade_off * 255**2 * gain > 1.05 * (searched_rate - rate)
    one = searched.encode(clothes[69])
    assert one == searched.encode(clothes[69])
    assert np.array_equal(plain.decode(one), searched.decode(one))
