"""BD-rates by several metrics, and their mean."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmark.analysis.averaged import JPEG_AI, averaged_table
from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.results import read_results
from benchmark.metric import find_metric, metric_groups
from benchmark.plugins import all_metrics

METRICS = all_metrics()
BOTH = [find_metric(METRICS, name) for name in ("psnr_rgb", "ms_ssim_rgb")]


def by_series(folder: Path) -> dict[str, dict[str, Any]]:
    table = averaged_table(read_results([folder], METRICS), "plain", BOTH)
    assert table.columns.tolist() == ["dataset", "series", "anchor", "mean", "psnr_rgb", "ms_ssim_rgb", "flags"]
    rows: list[dict[str, Any]] = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    return {row["series"]: row for row in rows}


def test_each_rate_is_that_of_its_metric_and_the_mean_is_theirs(folder: Path) -> None:
    records = pd.read_csv(folder / "records.csv")
    # By the second metric, good needs the rate of plain on the first image.
    records.loc[(records["codec"] == "good") & (records["image"] == "a"), "ms_ssim_rgb"] -= 0.05
    records.to_csv(folder / "records.csv", index=False)
    found, results = by_series(folder), read_results([folder], METRICS)
    tables = [bd_table(results, "plain", metric).to_dict("records") for metric in BOTH]
    alone = [float(row["image_mean"]) for table in tables for row in table if row["series"] == "good"]
    assert alone[0] != pytest.approx(alone[1], abs=1)
    assert [found["good"][name] for name in ("psnr_rgb", "ms_ssim_rgb")] == pytest.approx(alone)
    assert found["good"]["mean"] == pytest.approx(sum(alone) / 2)
    assert [found["plain"][name] for name in ("mean", "psnr_rgb", "ms_ssim_rgb")] == [0, 0, 0]
    assert next(iter(found)) == "good", "the least mean comes first"


def test_a_series_without_a_rate_by_one_metric_has_no_mean(folder: Path) -> None:
    records = pd.read_csv(folder / "records.csv")
    records.loc[records["codec"] == "good", "ms_ssim_rgb"] /= 4  # another range of quality
    records.to_csv(folder / "records.csv", index=False)
    found = by_series(folder)
    assert math.isnan(found["good"]["mean"])
    assert found["good"]["psnr_rgb"] < 0
    assert found["good"]["flags"] == "no mean: no BD-rate by ms_ssim_rgb"
    assert found["partial"]["flags"] == "no mean: no BD-rate by psnr_rgb, ms_ssim_rgb"
    assert found["plain"]["flags"] == ""
    assert next(iter(found)) == "plain", "those without a mean stand behind"


def test_columns_of_jpeg_ai_are_one_of_each_metric_of_its_group() -> None:
    names = [find_metric(METRICS, column).name for column in JPEG_AI]
    assert sorted(names) == sorted(metric_groups(METRICS)["jpeg-ai"])
