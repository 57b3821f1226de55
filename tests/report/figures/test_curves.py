"""Rate-distortion curves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from benchmark.report.figures.curves import draw_all, draw_rd_curves
from tests.analysis.summaries import summary_of

PSNR, SSIM, MS_SSIM = (find_metric(all_metrics(), name) for name in ("psnr", "ssim", "ms_ssim"))


@pytest.fixture
def summary(tmp_path: Path) -> pd.DataFrame:
    return summary_of(tmp_path)


@pytest.mark.slow
def test_figures_are_the_same_bytes_again(summary: pd.DataFrame, tmp_path: Path) -> None:
    first = draw_rd_curves(summary, PSNR, tmp_path / "a")
    second = draw_rd_curves(summary, PSNR, tmp_path / "b")
    assert [path.suffix for path in first] == [".png", ".svg", ".pdf"]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_figures_embed_fonts_as_truetype(summary: pd.DataFrame, tmp_path: Path) -> None:
    draw_rd_curves(summary, PSNR, tmp_path / "a")
    assert b"/Type3" not in (tmp_path / "a.pdf").read_bytes()


def test_incomplete_points_are_left_out_and_counted(summary: pd.DataFrame, tmp_path: Path) -> None:
    summary.loc[0, "images"] = 2
    draw_rd_curves(summary, PSNR, tmp_path / "a")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "1 incomplete point" in text
    assert "mean of 3 images" in text


def test_a_metric_without_values_is_not_drawn(summary: pd.DataFrame, tmp_path: Path) -> None:
    assert draw_rd_curves(summary, SSIM, tmp_path / "a") == []


def test_each_data_set_has_its_own_figures(summary: pd.DataFrame, tmp_path: Path) -> None:
    other = summary.assign(dataset="mnist:train")
    written = draw_all(pd.concat([summary, other], ignore_index=True), [PSNR], tmp_path)
    assert {path.parent.name for path in written} == {"set", "mnist-train"}


def test_ms_ssim_is_drawn_in_decibels_of_the_mean(summary: pd.DataFrame, tmp_path: Path) -> None:
    summary["ms_ssim_rgb_mean"] = np.linspace(0.9, 0.99, len(summary))
    draw_rd_curves(summary, MS_SSIM, tmp_path / "a")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "MS-SSIM, RGB (dB, −10 log₁₀(1 − mean))" in text
    assert "<!-- 20.0 -->" in text or "<!-- 20 -->" in text


def test_decibels_of_equal_images_are_infinite_in_spite_of_rounding() -> None:
    found = MS_SSIM.drawn([0.9, 0.99, 1 - 6e-10, 1.0, 1 + 1e-12])
    assert found[:2] == pytest.approx([10, 20])
    assert np.isposinf(found[2:]).all()
