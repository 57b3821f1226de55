"""The curves of single images, all at once."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.analysis.curve import Curve
from benchmark.analysis.results import read_results
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from tests.analysis.examples import many

PSNR = find_metric(all_metrics(), "psnr_rgb")


def test_each_image_has_its_points_in_the_order_of_the_rows(tmp_path: Path) -> None:
    plain, good = many()
    plain.loc[plain["image"] == "c", "psnr_rgb"] = math.nan  # no curve
    plain = plain.drop(plain.index[[3, 47]])  # a point of the first image, and one of the last
    rows = pd.concat([plain[::-1], good])
    rows.to_csv(tmp_path / "records.csv", index=False)
    mine, others = read_results([tmp_path], [PSNR]).image_curves(PSNR)
    assert (mine.dataset, mine.label, others.label) == ("set", "plain", "good")
    assert list(mine.names) == list("hgfedba")
    assert others.rows[0] == len(plain)
    for curve in mine:
        expected = rows[(rows["codec"] == "plain") & (rows["image"] == curve.image)]
        assert curve.rates == expected["bpp"].tolist()
        assert curve.qualities == expected["psnr_rgb"].tolist()
        assert (curve.label, curve.dataset, curve.images) == ("plain", "set", 1)
        assert curve.covers == {f"{curve.image} {curve.image * 3}"}
        assert len(curve.points) == len(expected)
    assert [len(curve.rates) for curve in mine] == [5, 6, 6, 6, 6, 6, 5]
    pair = mine.shared(others)
    assert list(pair[0].names) == list(pair[1].names) == list("hgfedba")


def test_fronts_and_hulls_are_those_of_each_curve(tmp_path: Path) -> None:
    plain, good = many()
    plain.loc[plain["image"] == "b", "psnr_rgb"] = [30, 29, 35, 36, math.inf, 41]
    pd.concat([plain.drop(plain.index[2]), good]).to_csv(tmp_path / "records.csv", index=False)
    results = read_results([tmp_path], [PSNR])
    curves, hulls = (results.image_curves(PSNR, hull=hull)[0] for hull in (False, True))
    assert list(curves.orderly) == [image != "b" for image in curves.names]
    for place, curve in enumerate(curves):
        rates, qualities, counts = (table[place] for table in curves.front)
        np.testing.assert_array_equal(curve.front()[0], rates[counts])
        np.testing.assert_array_equal(curve.front()[1], qualities[counts])
        assert isinstance(hulls[place], Curve)
        assert hulls[place] == curve.hull()
