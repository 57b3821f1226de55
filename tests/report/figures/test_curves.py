"""The summary table and the curves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.table import read_records, series_labels, summarise
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from benchmark.report.figures.curves import draw_all, draw_rd_curves
from tests.conftest import empty_cells

PSNR, SSIM, MS_SSIM = (find_metric(all_metrics(), name) for name in ("psnr", "ssim", "ms_ssim"))


def rows(codec: str, quality: int, **more: object) -> list[dict[str, object]]:
    settings = str(more.pop("settings", f'{{"quality":{quality}}}'))
    base = empty_cells() | {
        "dataset": "set",
        "codec": codec,
        "version": "1",
        "knob": "quality",
        "settings": settings,
        "images": 1,
        "status": "ok",
        "threads": 1,
    }
    return [
        base
        | {
            "image": str(image),
            "bpp": quality / 50 + image / 100,
            "psnr_rgb": 25 + quality / 8 + image,
            "mse_rgb": 100.0 - quality + image,
            "encode_s": 0.5,
        }
        | more
        for image in range(3)
    ]


@pytest.fixture
def summary(tmp_path: Path) -> pd.DataFrame:
    table = [row for codec in ("jpeg", "webp") for quality in (10, 30, 50) for row in rows(codec, quality)]
    pd.DataFrame(table).to_csv(tmp_path / "records.csv", index=False)
    return summarise(read_records(tmp_path / "records.csv"))


def test_means_and_deviations(summary: pd.DataFrame) -> None:
    first = summary.iloc[0]
    assert first["bpp_mean"] == pytest.approx(0.21)
    assert first["psnr_rgb_std"] == pytest.approx(1.0)
    assert first["psnr_rgb_pooled"] == pytest.approx(10 * np.log10(255**2 / 91))
    assert (summary["images"] == 3).all()
    assert np.isnan(first["ssim_rgb_mean"])


def test_batches_count_as_often_as_they_have_images(tmp_path: Path) -> None:
    table = rows("jpeg", 10)[:1] + rows("jpeg", 10, images=3, psnr_rgb=31.25, bytes=300, encode_s=1.5)[1:2]
    table[0]["bytes"] = 100
    pd.DataFrame(table).to_csv(tmp_path / "records.csv", index=False)
    row = summarise(read_records(tmp_path / "records.csv")).iloc[0]
    assert row["images"] == 4
    assert row["psnr_rgb_mean"] == pytest.approx((26.25 + 3 * 31.25) / 4)
    assert row["bytes_mean"] == pytest.approx(100)
    assert row["encode_s_mean"] == pytest.approx(0.5)


def test_failures_are_counted_and_never_averaged(tmp_path: Path) -> None:
    table = rows("jpeg", 10)
    table[1] |= {"status": "failed", "psnr_rgb": "", "bpp": ""}
    table[2] |= {"status": "skipped", "psnr_rgb": "", "bpp": ""}
    pd.DataFrame(table).to_csv(tmp_path / "records.csv", index=False)
    row = summarise(read_records(tmp_path / "records.csv")).iloc[0]
    assert (row["images"], row["images_attempted"], row["failures"], row["skipped"]) == (1, 3, 1, 1)
    assert row["psnr_rgb_mean"] == pytest.approx(26.25)
    assert np.isnan(row["psnr_rgb_std"])


def test_curves_differ_by_everything_but_the_knob() -> None:
    table = pd.DataFrame(
        {
            "codec": ["jpeg", "jpeg", "jpeg", "webp"],
            "knob": ["quality"] * 4,
            "settings": [
                '{"quality":1,"sub":"420","opt":true}',
                '{"quality":2,"sub":"420","opt":true}',
                '{"quality":1,"sub":"444","opt":true}',
                '{"quality":1}',
            ],
        }
    )
    assert list(series_labels(table)) == ["jpeg (sub=420)", "jpeg (sub=420)", "jpeg (sub=444)", "webp"]


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
