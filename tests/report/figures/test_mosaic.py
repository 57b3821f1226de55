"""Crops on paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from benchmark.report.figures.mosaic import crops_mosaic, errors_mosaic, write_mosaic
from benchmark.report.figures.picture import DecodedCrop, Picture
from tests.conftest import photo

METRICS, SHOWN = all_metrics(), ["psnr", "ms_ssim"]


def test_crops_keep_their_pixels(tmp_path: Path) -> None:
    original = photo(40, 60)
    other = original // 2
    picture = Picture(
        "set",
        "i",
        0.5,
        0,
        0,
        original,
        [
            DecodedCrop("jpeg", "{}", 0.5, {"psnr_rgb": 30.0}, other),
            DecodedCrop("webp", "{}", 0.8, {}, original),
        ],
    )
    write_mosaic(crops_mosaic(picture, find_metric(METRICS, "psnr")), tmp_path / "c")
    zoom = 520 // 60
    drawn = np.asarray(Image.open(tmp_path / "c.webp").convert("RGB"))
    found = drawn[16 : 16 + 40 * zoom, 16 : 16 + 60 * zoom]
    assert np.array_equal(found, original.repeat(zoom, axis=0).repeat(zoom, axis=1))
    files = write_mosaic(errors_mosaic(picture, find_metric(METRICS, "psnr")), tmp_path / "e", ("png", "pdf"))
    assert [path.suffix for path in files] == [".png", ".pdf"]
