"""What BD-rates owe to the protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.protocol import EFFECTS, protocol_effects
from benchmark.analysis.results import Results, read_results
from benchmark.plugins import all_metrics
from tests.analysis.regression.examples import records

METRICS = all_metrics()


def results_of(folder: Path, frame: pd.DataFrame) -> Results:
    frame.to_csv(folder / "records.csv", index=False)
    return read_results([folder / "records.csv"], METRICS)


def deltas(results: Results, name: str) -> pd.DataFrame:
    metric = results.metric(name)
    return protocol_effects(results, bd_table(results, "coarse", metric), metric)


def effects(results: Results) -> dict[str, Any]:
    table = deltas(results, "psnr")
    assert list(table.columns) == ["dataset", "series", "bd_rate", *EFFECTS]
    (row,) = table.to_dict("records")  # the anchor has none
    assert row["series"] == "fine"
    return {str(name): value for name, value in row.items()}


def of_images(results: Results, metric: str, interpolator: str = "pchip") -> float:
    table = bd_table(results, "coarse", results.metric(metric), interpolator=interpolator)
    return float(table.loc[table["series"] == "fine", "image_mean"].iloc[0])


def test_each_effect_is_the_difference_to_the_bd_rate_that_ranks(tmp_path: Path) -> None:
    results = results_of(tmp_path, records())
    row = effects(results)
    base = of_images(results, "psnr")
    table = bd_table(results, "coarse", results.metric("psnr"))
    assert row["bd_rate"] == base
    assert row["mean_curve"] == pytest.approx(table.loc[table["series"] == "fine", "bd_rate"].iloc[0] - base)
    for name in ("akima", "cubic"):
        assert row[name] == pytest.approx(of_images(results, "psnr", interpolator=name) - base)
    assert row["luma"] == pytest.approx(of_images(results, "psnr_y") - base)
    known = [bd_table(results, "coarse", results.metric(name)) for name in ("psnr", "psnr_y")]
    again = protocol_effects(results, pd.concat(known), results.metric("psnr"))
    assert again["luma"].iloc[0] == row["luma"]  # read off the table that has it


def test_pooled_quality_is_that_of_the_mean_of_the_errors(tmp_path: Path) -> None:
    frame = records()
    first = effects(results_of(tmp_path, frame))
    # All images are apart by as much in both codecs: a dB is a dB, however it is averaged.
    assert first["pooled"] == pytest.approx(first["mean_curve"], abs=1e-6)
    good = (frame["codec"] == "fine") & (frame["image"] == "image0")
    frame.loc[good, "psnr_rgb"] += 6
    frame.loc[good, "mse_rgb"] /= 10**0.6
    lifted = effects(results_of(tmp_path, frame))
    assert lifted["pooled"] > lifted["mean_curve"] + 1  # squared errors of the other images weigh most


def test_headers_count_where_a_format_tells_them(tmp_path: Path) -> None:
    frame = records()
    frame["payload_bpp"] = frame["bpp"].where(frame["codec"] != "fine", 0.9 * frame["bpp"])
    row = effects(results_of(tmp_path, frame))
    assert row["payload"] == pytest.approx(0.9 * (100 + row["bd_rate"]) - 100 - row["bd_rate"])


def test_what_was_not_measured_has_no_effect(tmp_path: Path) -> None:
    frame = records().assign(payload_bpp=np.nan, psnr_y=np.nan)
    row = effects(results_of(tmp_path, frame))
    assert np.isnan(row["payload"]) and np.isnan(row["luma"])
    results = results_of(tmp_path, records())
    table = deltas(results, "ms_ssim")
    assert table["pooled"].isna().all() and table["cubic"].notna().all()


def test_full_chroma_is_that_of_the_series_that_differs_in_that_alone(tmp_path: Path) -> None:
    frame = records()
    fine = frame[frame["codec"] == "fine"]
    halved = fine.assign(settings=fine["settings"].str.replace("{", '{"subsampling":"4:2:0",'))
    whole = fine.assign(settings=fine["settings"].str.replace("{", '{"subsampling":"4:4:4",'), bpp=1.1 * fine["bpp"])
    other = whole.assign(codec="another")
    coarse = frame[frame["codec"] == "coarse"]
    table = deltas(results_of(tmp_path, pd.concat([coarse, halved, whole, other])), "psnr").set_index("series")
    (own,) = (name for name in table.index if "4:2:0" in name)
    (full,) = (name for name in table.index if "4:4:4" in name)
    assert table.loc[own, "chroma"] == pytest.approx(table.loc[full, "bd_rate"] - table.loc[own, "bd_rate"])
    assert table["chroma"].notna().sum() == 1
