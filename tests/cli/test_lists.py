"""Commands that list what there is."""

from __future__ import annotations

from tests.conftest import Run


def test_lists_and_info(rdbench: Run) -> None:
    for word in ("jpeg", "jpeg2000", "webp", "avif", "png", "cvae"):
        assert word in rdbench("list", "codecs").stdout
    assert "kodak" in rdbench("list", "datasets").stdout
    assert "ms_ssim" in rdbench("list", "metrics").stdout
    assert "numpy" in rdbench("info").stdout
    assert "python" in rdbench("info").stdout
