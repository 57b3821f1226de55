"""What TIFF files say, and samples of more than 8 bits."""

from __future__ import annotations

import numpy as np

from benchmark.formats.tiff import about_tiff, deep_samples, is_tiff
from tests.formats.matrix import Cell, tiff_cells

CELLS = {cell.name: cell for cell in tiff_cells()}


def of(name: str) -> Cell:
    return CELLS[name]


def test_all_that_a_file_says() -> None:
    about = about_tiff(of("tiff-rgb-16-alpha-turn6-frames2-P3").data)
    assert (about.width, about.height, about.bits, about.highest) == (11, 5, 16, 65535)
    assert (about.kind, about.alpha, about.frames, about.orientation) == ("RGB", True, 2, 6)
    assert len(about.profile) > 200
    assert is_tiff(of("tiff-cmyk").data)
    assert about_tiff(of("tiff-cmyk").data).kind == "CMYK"
    assert about_tiff(of("tiff-float32").data).highest == 0
    assert about_tiff(of("tiff-premultiplied").data).kind == "other"


def test_deep_samples_are_exact() -> None:
    for name in ("tiff-rgb-16-alpha-turn1-frames1-plain", "tiff-miniswhite-16-opaque-turn3-frames1-plain"):
        cell = of(name)
        assert np.array_equal(deep_samples(cell.data, about_tiff(cell.data)), cell.samples)
