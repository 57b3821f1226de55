"""The summary of records."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.records import read_records
from benchmark.analysis.table import series_labels, summarise
from benchmark.metric import Metric, Pooled
from benchmark.plugins import all_metrics
from tests.analysis.summaries import rows, summary_of


@pytest.fixture
def summary(tmp_path: Path) -> pd.DataFrame:
    return summary_of(tmp_path)


def test_means_and_deviations(summary: pd.DataFrame) -> None:
    first = summary.iloc[0]
    assert first["bpp_mean"] == pytest.approx(0.21)
    assert first["psnr_rgb_std"] == pytest.approx(1.0)
    assert first["psnr_rgb_pooled"] == pytest.approx(10 * np.log10(255**2 / 91))
    assert (summary["images"] == 3).all()
    assert np.isnan(first["ssim_rgb_mean"])


def test_decibels_of_another_metric_are_pooled(tmp_path: Path) -> None:
    table = [row | {"wmse": 2.0 + place, "wpsnr": 9.0} for place, row in enumerate(rows("jpeg", 10))]
    pd.DataFrame(table).to_csv(tmp_path / "records.csv", index=False)
    theirs = Metric(
        name="wpsnr", space="colour", title="WPSNR", definition="made up", unit="dB", pooled=Pooled("wmse", peak=30.0)
    )
    row = summarise(read_records(tmp_path / "records.csv"), [*all_metrics(), theirs]).iloc[0]
    assert row["wpsnr_pooled"] == pytest.approx(10)
    assert "PSNR and WPSNR in dB for each image first; psnr_*_pooled is the PSNR of the mean MSE; " in row["averaging"]
    assert "; wpsnr_pooled is the WPSNR of the mean WMSE; " in row["averaging"]
    assert "wpsnr_pooled" not in summarise(read_records(tmp_path / "records.csv"), all_metrics())


def test_batches_count_as_often_as_they_have_images(tmp_path: Path) -> None:
    table = rows("jpeg", 10)[:1] + rows("jpeg", 10, images=3, psnr_rgb=31.25, bytes=300, encode_s=1.5)[1:2]
    table[0]["bytes"] = 100
    pd.DataFrame(table).to_csv(tmp_path / "records.csv", index=False)
    row = summarise(read_records(tmp_path / "records.csv"), all_metrics()).iloc[0]
    assert row["images"] == 4
    assert row["psnr_rgb_mean"] == pytest.approx((26.25 + 3 * 31.25) / 4)
    assert row["bytes_mean"] == pytest.approx(100)
    assert row["encode_s_mean"] == pytest.approx(0.5)


def test_failures_are_counted_and_never_averaged(tmp_path: Path) -> None:
    table = rows("jpeg", 10)
    table[1] |= {"status": "failed", "psnr_rgb": "", "bpp": ""}
    table[2] |= {"status": "skipped", "psnr_rgb": "", "bpp": ""}
    pd.DataFrame(table).to_csv(tmp_path / "records.csv", index=False)
    row = summarise(read_records(tmp_path / "records.csv"), all_metrics()).iloc[0]
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


def test_psnr_alone_is_pooled_by_what_it_says_of_the_squared_error(tmp_path: Path) -> None:
    frame = pd.DataFrame(rows("jpeg", 10)).assign(psnr_rgb=[30.0, 40.0, 60.0])
    frame.drop(columns="mse_rgb").to_csv(tmp_path / "records.csv", index=False)
    summary = summarise(read_records(tmp_path / "records.csv"), all_metrics())
    error = sum(10 ** (-psnr / 10) for psnr in (30, 40, 60)) / 3
    assert summary["psnr_rgb_pooled"].iloc[0] == pytest.approx(-10 * math.log10(error))
    # Of a batch the mean of the decibels tells nothing of the mean error.
    frame.drop(columns="mse_rgb").assign(images=4).to_csv(tmp_path / "records.csv", index=False)
    assert math.isnan(summarise(read_records(tmp_path / "records.csv"), all_metrics())["psnr_rgb_pooled"].iloc[0])
