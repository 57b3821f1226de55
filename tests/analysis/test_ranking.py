"""Codecs ranked at one rate or one quality: known answers, and what has no value."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmark.analysis.ranking import COLUMNS, ranking
from benchmark.analysis.results import Results, read_results
from benchmark.errors import UsageError
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from tests.analysis.examples import many, records

METRICS = all_metrics()
PSNR = find_metric(METRICS, "psnr_rgb")


def results_of(folder: Path, frames: list[pd.DataFrame]) -> Results:
    pd.concat(frames).to_csv(folder / "records.csv", index=False)
    return read_results([folder], METRICS)


def by_series(table: pd.DataFrame) -> dict[str, Any]:
    return {str(row["series"]): row for row in table.to_dict("records")}


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """``plain``, ``good``, and ``short``, whose curve ends early; PSNR is 36 + 6·log₂ of the rate of image ``a``."""
    plain, good = many()
    plain["encode_s"] = good["encode_s"] = plain["psnr_rgb"]
    plain["decode_s"] = 0.5
    plain["jobs"] = good["jobs"] = 1
    plain["repeats"], good["repeats"] = 5, 4
    short = plain[plain["settings"].isin([f'{{"q":{place}}}' for place in range(4)])].assign(codec="short")
    return results_of(tmp_path, [plain, good, short])


def test_quality_at_a_rate(results: Results) -> None:
    table = ranking(results, PSNR, at_rate=1.875)
    assert tuple(table.columns) == COLUMNS
    rows = by_series(table)
    assert list(rows) == ["good", "plain", "short"]
    # The rates of plain are 1.875 times the ladder on average: 1.875 bpp is the point of 36 dB.
    assert rows["plain"]["value"] == pytest.approx(36)
    assert rows["plain"]["ci_low"] < 36 < rows["plain"]["ci_high"]
    # Good needs 0.60 + 0.01·place of the rate of each image, which is 1 + place / 4 times the ladder.
    good = sum((1 + place / 4) * (0.6 + place / 100) for place in range(8)) / 15
    assert rows["good"]["value"] == pytest.approx(36 - 6 * math.log2(good), abs=0.01)
    assert [rows[name]["rank"] for name in rows] == [1, 2, 2]
    assert (rows["plain"]["encode_s"], rows["plain"]["decode_s"]) == (36, 0.5)
    assert math.isnan(rows["good"]["encode_s"]), "four repeats are no times to be published"
    assert rows["plain"]["time_bpp"] == pytest.approx(1.875)
    assert rows["good"]["target"] == "1.875 bpp"
    assert (rows["plain"]["images"], rows["plain"]["points"], rows["plain"]["flags"]) == (8, 6, "")


def test_rate_at_a_quality(results: Results) -> None:
    rows = by_series(ranking(results, PSNR, at_quality=39))
    assert rows["plain"]["value"] == pytest.approx(1.875 * math.sqrt(2))
    assert rows["plain"]["ci_low"] < rows["plain"]["value"] < rows["plain"]["ci_high"]
    assert rows["good"]["rank"] == 1
    assert rows["plain"]["target"] == "psnr_rgb 39"
    # At the very end of a curve there is a value, and an interval: every resample ends at this quality.
    end = by_series(ranking(results, PSNR, at_quality=42))["short"]
    assert end["value"] == pytest.approx(3.75)
    assert not math.isnan(end["ci_low"])


def test_nothing_is_extrapolated(results: Results) -> None:
    rows = by_series(ranking(results, PSNR, at_quality=45))
    assert list(rows) == ["good", "plain", "short"]
    assert math.isnan(rows["short"]["value"])
    assert pd.isna(rows["short"]["rank"])
    assert rows["short"]["flags"] == "no value: the curve goes from 24 to 42"
    # This rate is on the curve of all images, but not on that of every resample.
    rows = by_series(ranking(results, PSNR, at_rate=3.7))
    assert rows["short"]["value"] == pytest.approx(36 + 6 * math.log2(3.7 / 1.875), abs=0.1)
    assert math.isnan(rows["short"]["ci_low"])
    assert rows["short"]["flags"] == "no interval: without one of the images the curve does not reach the target"


def test_series_of_other_images_are_flagged(tmp_path: Path) -> None:
    plain, good = many()
    few = records("few", {"a": [0.25, 0.5, 1.0]})
    rows = by_series(ranking(results_of(tmp_path, [plain, good[good["image"] != "a"], few]), PSNR, at_rate=1.0))
    assert rows["good"]["flags"] == "covers 7 images that are not those of plain, which has 8"
    assert "no value: 3 points, needs 4" in rows["few"]["flags"]
    assert rows["plain"]["flags"] == ""


def test_summaries_give_values_without_intervals(tmp_path: Path, results: Results) -> None:
    results.summary.drop(columns=["covers", "point", "series", "hull"]).to_csv(tmp_path / "summary.csv", index=False)
    rows = by_series(ranking(read_results([tmp_path / "summary.csv"], METRICS), PSNR, at_rate=1.875))
    assert rows["plain"]["value"] == pytest.approx(36)
    assert rows["plain"]["flags"] == "no records of images: no interval"


def test_similarities_are_ranked_in_decibels(results: Results) -> None:
    rows = by_series(ranking(results, find_metric(METRICS, "ms_ssim_rgb"), at_quality=10))
    # Of 1 − 0.1 / rate, whose dB are 10 + 10·log₁₀(rate), before image ``a``'s factor.
    assert rows["plain"]["value"] == pytest.approx(1.875)


def test_a_target_is_one_and_can_be_had(results: Results) -> None:
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, "name one of the two"),
        ({"at_rate": 1.0, "at_quality": 30.0}, "name one of the two"),
        ({"at_rate": 0.0}, "rate above 0, got 0"),
        ({"at_quality": math.nan}, "finite quality, got nan"),
    )
    for options, complaint in cases:
        with pytest.raises(UsageError, match=complaint):
            ranking(results, PSNR, **options)
    with pytest.raises(UsageError, match="no column psnr_mean"):
        ranking(results, dataclasses.replace(PSNR, name="psnr", space="colour"), at_rate=1.0)
