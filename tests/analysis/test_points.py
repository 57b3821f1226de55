"""Rates and qualities of curves are means over the same images, whatever an image lacks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.points import over_one_space
from benchmark.analysis.results import Results, plain_summary, read_results
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from tests.analysis.examples import many

METRICS = all_metrics()
PSNR = find_metric(METRICS, "psnr_rgb")


def results_of(folder: Path, *frames: pd.DataFrame) -> Results:
    pd.concat(frames).to_csv(folder / "records.csv", index=False)
    return read_results([folder], METRICS)


def test_curves_are_over_the_space_in_which_most_images_have_values(tmp_path: Path) -> None:
    luma = find_metric(METRICS, "psnr_y")

    def chosen(grey: Sequence[str]) -> list[str]:
        rows = pd.concat(many()).assign(psnr_y=30.0)
        rows.loc[rows["image"].isin(grey), "psnr_rgb"] = None
        results = results_of(tmp_path, rows)
        return [metric.column for metric in over_one_space({one: results.points(one) for one in (PSNR, luma)})]

    assert chosen([]) == ["psnr_rgb"]
    assert chosen(["a"]) == ["psnr_y"]  # grey images have luma alone
    assert chosen(list(pd.concat(many())["image"].unique())) == ["psnr_y"]


def test_one_flat_image_is_left_out_and_the_rest_counts(tmp_path: Path) -> None:
    """``good`` returns image ``c`` exactly at its three finest points, ``plain`` nowhere."""
    plain, good = many()
    flat = (good["image"] == "c") & good["settings"].isin([f'{{"q":{place}}}' for place in (3, 4, 5)])
    good.loc[flat, "psnr_rgb"] = math.inf
    (tmp_path / "seven").mkdir()
    seven = results_of(tmp_path / "seven", *(frame[frame["image"] != "c"] for frame in many()))
    found, expected = (
        bd_table(results, "plain", PSNR).set_index("series") for results in (results_of(tmp_path, plain, good), seven)
    )
    for name in ("bd_rate", "curve_ci_low", "curve_ci_high", "images", "points"):
        assert found.loc["good", name] == pytest.approx(expected.loc["good", name]), name
    assert "psnr_rgb is infinite on some images, left out: c" in str(found.loc["good", "flags"])
    assert found.loc["good", "rank"] == 1


def test_a_point_that_most_images_reach_exactly_is_itself_left_out(tmp_path: Path) -> None:
    plain, good = many()
    good.loc[(good["settings"] == '{"q":5}') & (good["image"] != "a"), "psnr_rgb"] = math.inf
    row = bd_table(results_of(tmp_path, plain, good), "plain", PSNR).set_index("series").loc["good"]
    assert (row["images"], row["image_count"]) == (8, 8)
    assert "1 of 6 points left out, not finite" in row["flags"]


def sized(frame: pd.DataFrame) -> pd.DataFrame:
    """Image ``a`` is an icon of 5×3 pixels that takes 15 bits a pixel, the others are of 100×100."""
    icon = frame["image"] == "a"
    frame = frame.assign(width=100, height=100, bpp=frame["bpp"].where(~icon, 15 * frame["bpp"]))
    frame.loc[icon, ["width", "height"]] = [5, 3]
    return frame.assign(bytes=(frame["bpp"] * frame["width"] * frame["height"] / 8).round().astype(int))


def test_rates_of_images_of_mixed_sizes_are_pooled(tmp_path: Path) -> None:
    plain, good = (sized(frame) for frame in many())
    results = results_of(tmp_path, plain, good)
    (note,) = results.notes
    assert note.startswith("set: images differ in size by a factor of 667, so rates of curves are pooled")
    points = results.points(PSNR)
    first = points.iloc[0]
    rows = plain[plain["settings"] == '{"q":0}']
    pixels = rows["width"] * rows["height"]
    assert first["bytes_total"] == rows["bytes"].sum()
    assert first["bpp_pooled"] == pytest.approx(8 * rows["bytes"].sum() / pixels.sum())
    assert first["rate"] == first["bpp_pooled"] < first["bpp_mean"] - 0.3
    (curve, _) = results.curves(PSNR)
    samples = results.samples(curve, PSNR)
    assert samples is not None
    whole = samples.means()[0][0]
    assert whole == pytest.approx(list(points[points["codec"] == "plain"]["rate"]), rel=1e-3)
    # A summary alone tells as much.
    plain_summary(results).to_csv(tmp_path / "summary.csv", index=False)
    alone = read_results([tmp_path / "summary.csv"], METRICS)
    assert list(alone.points(PSNR)["rate"]) == pytest.approx(list(points["rate"]))
    assert alone.notes == results.notes


def test_images_of_like_sizes_have_the_mean_rate(tmp_path: Path) -> None:
    results = results_of(tmp_path, *(frame.assign(width=10, height=10, bytes=100) for frame in many()))
    points = results.points(PSNR)
    assert results.notes == []
    assert list(points["rate"]) == list(points["bpp_mean"])
