"""Samples become pixels by one rounding, against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from benchmark.errors import UnsupportedImage
from benchmark.formats.pixels import in_8_bits
from benchmark.formats.read import read_pixels
from tests.formats.writers import icc, png


@pytest.mark.parametrize("highest", [1, 15, 255, 1000, 1023, 65535])
@pytest.mark.parametrize("ground", [0, 1])
def test_a_blend_is_rounded_once(highest: int, ground: int) -> None:
    samples = np.random.default_rng(highest).integers(0, highest + 1, (40, 25, 2)).astype(np.uint16)
    found = in_8_bits(samples, highest, alpha=True, ground=ground)
    for (grey, cover), pixel in zip(samples.reshape(-1, 2).tolist(), found.ravel().tolist(), strict=True):
        share = Fraction(cover, highest)
        exact = 255 * (share * Fraction(grey, highest) + (1 - share) * ground)
        assert pixel == int(exact + Fraction(1, 2))


def test_all_conversions_together_are_rounded_once() -> None:
    """16 bits, alpha and a profile: the nearest level of the blend in sRGB, which three roundings miss."""
    samples = np.random.default_rng(5).integers(0, 65536, (40, 40, 4)).astype(np.uint16)
    data = png(samples, "rgb+alpha", 16, profile=icc(gamma=2.0))
    found = read_pixels(data, "x", ["depth=8", "flatten=white", "srgb"])
    from benchmark.formats.profile import curves_of

    curves = curves_of(icc(gamma=2.0))
    assert curves is not None
    share = samples[..., 3:] / 65535
    exact = 255 * (curves.in_srgb(samples[..., :3] / 65535) * share + 1 - share)
    assert np.abs(found - exact).max() <= 0.5 + 1e-9


def test_tables_of_colours_are_refused_where_they_would_round_twice() -> None:
    tables = icc().replace(b"desc", b"A2B0", 1)  # which claims tables: it is asked before it is used
    deep, clear = np.zeros((4, 4, 3), np.uint16), np.zeros((4, 4, 4), np.uint8)
    for data in (png(deep, "rgb", 16, profile=tables), png(clear, "rgb+alpha", 8, profile=tables)):
        with pytest.raises(UnsupportedImage, match="a colour profile other than sRGB; convert it with another program"):
            read_pixels(data, "x", ["depth=8", "flatten=white", "srgb"])


def test_wide_pictures_are_converted_in_parts() -> None:
    samples = np.random.default_rng(6).integers(0, 256, (3, 300_000, 1), dtype=np.uint8)
    assert np.array_equal(in_8_bits(samples, 255, alpha=False, ground=1), samples[..., 0])
