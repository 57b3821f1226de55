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


def compared(plain: pd.DataFrame, good: pd.DataFrame, folder: Path, interpolator: str = "pchip") -> list[str]:
    """The flags of each image; every other figure is that of its two curves."""
    pd.concat([plain, good]).to_csv(folder / "records.csv", index=False)
    anchors, own = read_results([folder], [PSNR]).image_curves(PSNR)
    pairs = OfImages(own, anchors, interpolator)
    common = {"dataset": "set", "series": "good", "image": "", "anchor": "plain", "metric": "psnr_rgb"}
    table = pd.DataFrame(pairs.rows(common, "PSNR"))
    assert list(table["image"]) == list("abcdefgh")
    told = []
    for row, mine, theirs in zip(table.to_dict("records"), own, anchors, strict=True):
        both = (bd(theirs, mine, interpolator) for bd in (bd_rate, bd_metric))
        expected = delta_row({**common, "image": mine.image}, mine, *both, title="PSNR")
        assert row.keys() == expected.keys()
        for name, value in expected.items():
            assert row[name] == (pytest.approx(value, nan_ok=True) if isinstance(value, float) else value), name
        told.append(row["flags"])
    return told


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
    told = compared(plain, good, tmp_path, interpolator)
    assert [bool(flags) for flags in told] == [image != "a" for image in "abcdefgh"]
    assert told[5] == told[7] == "BD-rate and BD-PSNR refused: good has 3 points, needs 4"
    assert "covers 2 images" in told[6]


def test_points_without_a_value_are_told_of_each_image(tmp_path: Path) -> None:
    plain, good = many()
    plain.loc[plain["settings"] == '{"q":0}', "psnr_rgb"] = math.nan
    of = good["image"]
    good.loc[of.isin(["b", "c", "d"]) & (good["settings"] == '{"q":2}'), "psnr_rgb"] = math.nan
    good.loc[of == "c", "psnr_rgb"] += 14
    good.loc[(of == "d") & (good["settings"] == '{"q":4}'), "psnr_rgb"] = 20
    told = compared(plain, good, tmp_path)
    count = "1 of 6 points left out, without a value"
    assert told[0] == told[4] == f"plain: {count}"
    assert told[1] == f"plain: {count}; {count}"
    assert told[2].startswith(f"{told[1]}; only ")
    assert told[3].startswith(told[1])
    assert "not monotone" in told[3]
