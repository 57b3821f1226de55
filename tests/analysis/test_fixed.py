"""What settings fix from image to image, read off the records."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.fixed import note_on_fixed
from benchmark.analysis.results import read_results
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from tests.analysis.examples import many

METRICS = all_metrics()
PSNR = find_metric(METRICS, "psnr_rgb")


def test_settings_that_fix_quality_or_rate_are_told(tmp_path: Path) -> None:
    plain, _ = many()
    place = plain["image"].map({name: place for place, name in enumerate("abcdefgh")})
    shaken = plain.assign(psnr_rgb=plain["psnr_rgb"] + place / 2)
    quality = plain.assign(codec="target")
    rate = plain.assign(codec="tight", bpp=plain["bpp"] / (1 + place / 4), psnr_rgb=plain["psnr_rgb"] - place)
    pd.concat([shaken, quality, rate]).to_csv(tmp_path / "records.csv", index=False)
    results = read_results([tmp_path], METRICS)
    assert results.fixes == {("set", "plain"): "", ("set", "target"): "quality", ("set", "tight"): "rate"}
    table = bd_table(results, "plain", PSNR)
    assert note_on_fixed(table).startswith(
        "At one setting target fixes the quality of each image; tight fixes the rate of each image; the others fix "
        "neither."
    )
    assert note_on_fixed(table[table["series"] == "target"]) == ""


def test_summaries_tell_nothing(tmp_path: Path) -> None:
    plain, _ = many()
    plain.to_csv(tmp_path / "records.csv", index=False)
    results = read_results([tmp_path], METRICS)
    results.summary.drop(columns=["covers", "point", "series", "hull"]).to_csv(tmp_path / "summary.csv", index=False)
    assert read_results([tmp_path / "summary.csv"], METRICS).fixes == {}
