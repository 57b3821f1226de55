"""The codec conv-ae: the rate and quality that it promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.plugins import codec_class
from tests.neural.latent.examples import all_images, coded, squared_error

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_promised_rate_and_quality_on_fashion_mnist(data_root: Path) -> None:
    """A squared error of 0.0054 at 1 bpp without a search, on the 10,000 test images."""
    clothes = all_images("fashion-mnist", data_root)
    rate, decoded = coded(codec_class("conv-ae")(), clothes)
    assert squared_error(clothes, decoded) <= 0.0054
    assert rate < 1


def test_promised_search_on_fashion_mnist(data_root: Path) -> None:
    """About the original's 0.0028 at less than 1.42 bpp, the rate of WebP at quality 5, on every 150th test image.

    All 10,000 take the search minutes: see results/baseline/fashion-search.
    """
    clothes = all_images("fashion-mnist", data_root)[::150]
    rate, decoded = coded(codec_class("conv-ae").from_settings({"search": 60}), clothes)
    assert squared_error(clothes, decoded) <= 0.0031
    assert rate < 1.42
