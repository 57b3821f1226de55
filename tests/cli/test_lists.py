"""Commands that list what there is."""

from __future__ import annotations

from tests.conftest import Run


def test_lists_and_info(rdbench: Run) -> None:
    for word in ("jpeg", "jpeg2000", "webp", "avif", "png", "cvae"):
        assert word in rdbench("list", "codecs").stdout
    assert "kodak" in rdbench("list", "datasets").stdout
    metrics = rdbench("list", "metrics").stdout
    assert "\n--metrics basic: mse, psnr, ssim, ms_ssim\n" in metrics
    assert "ssimulacra2 (computed where --metrics names it): SSIMULACRA 2.1" in metrics
    assert "numpy" in rdbench("info").stdout
    assert "python" in rdbench("info").stdout
