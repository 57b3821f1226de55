"""BD-rates of single images: the table is what each pair of curves gives alone."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from benchmark.analysis.delta import bd_metric, bd_rate
from benchmark.analysis.results import read_results
from benchmark.analysis.single import OfImages, delta_row
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from tests.analysis.examples import many

PSNR = find_metric(all_metrics(), "psnr_rgb")


@pytest.mark.parametrize("interpolator", ["pchip", "akima"])
def test_a_row_is_that_of_its_two_curves(tmp_path: Path, interpolator: str) -> None:
    plain, good = many()
    image = good["image"]
    good.loc[image == "b", "psnr_rgb"] = [30, 29, 35, 36, math.inf, 41]  # not monotone, and not finite
    good.loc[image == "c", "psnr_rgb"] += 20  # little in common
    good.loc[image == "d", "psnr_rgb"] += 100  # nothing
    good.loc[image == "e", "psnr_rgb"] += 14
    good.loc[image == "g", "images"] = 2
    good = good[~(image.isin(["f", "h"]) & good["settings"].isin([f'{{"q":{place}}}' for place in range(3)]))]
    pd.concat([plain, good]).to_csv(tmp_path / "records.csv", index=False)
    anchors, own = read_results([tmp_path], [PSNR]).image_curves(PSNR)
    pairs = OfImages(own, anchors, interpolator)
    common = {"dataset": "set", "series": "good", "image": "", "anchor": "plain", "metric": "psnr_rgb"}
    table = pairs.table(common, "PSNR")
    assert list(table["image"]) == list("abcdefgh")
    told = []
    for row, mine, theirs in zip(table.to_dict("records"), own, anchors, strict=True):
        both = (bd(theirs, mine, interpolator) for bd in (bd_rate, bd_metric))
        expected = delta_row({**common, "image": mine.image}, mine, *both, title="PSNR")
        assert row.keys() == expected.keys()
        for name, value in expected.items():
            assert row[name] == (pytest.approx(value, nan_ok=True) if isinstance(value, float) else value), name
        told.append(row["flags"])
    assert [bool(flags) for flags in told] == [image != "a" for image in "abcdefgh"]
    assert told[5] == told[7] == "BD-rate and BD-PSNR refused: good has 3 points, needs 4"
    assert "covers 2 images" in told[6]
