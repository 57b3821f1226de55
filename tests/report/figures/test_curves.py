"""Rate-distortion curves."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.results import Results, read_results
from benchmark.metric import Metric, find_metric
from benchmark.plugins import all_metrics
from benchmark.report.figures.curves import draw_all, draw_rd_curves
from tests.analysis.summaries import summary_of

PSNR, SSIM, MS_SSIM = (find_metric(all_metrics(), name) for name in ("psnr", "ssim", "ms_ssim"))


@pytest.fixture
def results(tmp_path: Path) -> Results:
    summary_of(tmp_path)
    return read_results([tmp_path], all_metrics())


@pytest.fixture
def points(results: Results) -> pd.DataFrame:
    return results.points(PSNR)


@pytest.mark.slow
def test_figures_are_the_same_bytes_again(points: pd.DataFrame, tmp_path: Path) -> None:
    first = draw_rd_curves(points, PSNR, tmp_path / "a")
    second = draw_rd_curves(points, PSNR, tmp_path / "b")
    assert [path.suffix for path in first] == [".png", ".svg", ".pdf"]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_figures_embed_fonts_as_truetype(points: pd.DataFrame, tmp_path: Path) -> None:
    draw_rd_curves(points, PSNR, tmp_path / "a", forms=["pdf"])
    assert b"/Type3" not in (tmp_path / "a.pdf").read_bytes()


def drawn(points: pd.DataFrame, path: Path, metric: Metric = PSNR) -> str:
    draw_rd_curves(points, metric, path, forms=["svg"])
    return path.with_name(f"{path.name}.svg").read_text(encoding="utf-8")


def test_incomplete_points_are_left_out_and_counted(points: pd.DataFrame, tmp_path: Path) -> None:
    points.loc[0, "images"] = 2
    text = drawn(points, tmp_path / "a")
    assert "1 incomplete point" in text
    assert "mean of 3 images" in text


def test_a_metric_without_values_is_not_drawn(points: pd.DataFrame, tmp_path: Path) -> None:
    assert draw_rd_curves(points.assign(quality=np.nan), SSIM, tmp_path / "a") == []


@pytest.mark.slow
def test_each_data_set_has_its_own_figures(tmp_path: Path) -> None:
    summary_of(tmp_path)
    records = pd.read_csv(tmp_path / "records.csv", keep_default_na=False)
    pd.concat([records, records.assign(dataset="mnist:train")]).to_csv(tmp_path / "records.csv", index=False)
    written = draw_all(read_results([tmp_path], all_metrics()), [PSNR], tmp_path)
    assert {path.parent.name for path in written} == {"set", "mnist-train"}


def test_ms_ssim_is_drawn_in_decibels_of_the_mean(points: pd.DataFrame, tmp_path: Path) -> None:
    points["quality"] = MS_SSIM.quality(np.linspace(0.9, 0.99, len(points)))
    text = drawn(points, tmp_path / "a", MS_SSIM)
    assert "MS-SSIM, RGB (dB, −10 log₁₀(1 − mean))" in text
    assert "<!-- 20.0 -->" in text or "<!-- 20 -->" in text


def test_lines_are_curves_and_points_are_markers(points: pd.DataFrame, tmp_path: Path) -> None:
    """The line of a curve of three points has 17 places; its markers are three, and a fourth that it does not reach."""
    one = points[points["codec"] == "jpeg"]
    poor = one[:1].assign(rate=one["rate"].max() * 1.1)
    text = drawn(pd.concat([one, poor]), tmp_path / "a")
    lines = [re.findall(r"[ML] [\d.]+ [\d.]+", path) for path in re.findall(r'd="(M [^"]*)"', text)]
    assert 17 in [len(line) for line in lines]
    groups = [part for part in text.split('<g id="line2d') if "<use" in part and "clip-path" in part]
    assert 4 in [part.count('href="#m') for part in groups]


def test_pooled_rates_are_named(points: pd.DataFrame, tmp_path: Path) -> None:
    assert "all bits over all pixels" not in drawn(points, tmp_path / "a")
    assert "all bits over all pixels" in drawn(points.assign(pixels_ratio=5.0), tmp_path / "b")


def test_decibels_of_equal_images_are_infinite_in_spite_of_rounding() -> None:
    found = MS_SSIM.drawn([0.9, 0.99, 1 - 6e-10, 1.0, 1 + 1e-12])
    assert found[:2] == pytest.approx([10, 20])
    assert np.isposinf(found[2:]).all()
