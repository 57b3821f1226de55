"""Tables of BD-rates, with intervals."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.results import read_results
from benchmark.errors import UsageError
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from tests.analysis.examples import many, records

METRICS = all_metrics()


PSNR = find_metric(METRICS, "psnr_rgb")


def by_series(table: pd.DataFrame, image: str = "") -> dict[str, Any]:
    """The rows of an image, or of mean curves, by series."""
    return {str(row["series"]): row for row in table.to_dict("records") if row["image"] == image}


def test_tables_of_records_have_the_mean_curve_and_the_images(folder: Path) -> None:
    table = bd_table(read_results([folder], METRICS), "plain", PSNR, every_image=True)
    assert by_series(table, "a")["good"]["bd_rate"] == pytest.approx(-50)
    assert by_series(table, "b")["good"]["bd_rate"] == pytest.approx(-75)
    whole = by_series(table)["good"]
    assert whole["bd_rate"] == pytest.approx(-62.5)
    assert whole["bd_metric"] > 6
    assert whole["image_mean"] == pytest.approx(-62.5)
    assert whole["image_std"] == pytest.approx(25 / math.sqrt(2))
    assert (whole["images"], whole["image_count"], whole["points"]) == (2, 2, 6)
    assert whole["flags"] == "2 images: no interval and no test, which need 6"
    assert all(math.isnan(whole[name]) for name in ("ci_low", "ci_high", "curve_ci_low", "curve_ci_high", "p_value"))
    assert "covers 1 image, the anchor 2" in by_series(table)["partial"]["flags"]
    assert math.isnan(by_series(table)["partial"]["bd_rate"])
    assert by_series(table, "a")["partial"]["bd_rate"] == 0


def test_summaries_do_where_there_are_no_records(folder: Path) -> None:
    from benchmark.analysis.records import read_records
    from benchmark.analysis.table import summarise

    summarise(read_records(folder / "records.csv"), METRICS).to_csv(folder / "summary.csv", index=False)
    table = by_series(bd_table(read_results([folder / "summary.csv"], METRICS), "plain", PSNR))
    assert table["good"]["bd_rate"] == pytest.approx(-62.5)
    assert table["good"]["image_count"] == 0
    assert table["good"]["flags"] == "no records of images: no interval and no test"
    assert "covers 1 image, the anchor 2" in table["partial"]["flags"]
    # Both files of one run are the same results.
    both = read_results([folder, folder / "summary.csv"], METRICS)
    assert bd_table(both, "plain", PSNR)["bd_rate"].tolist() == pytest.approx(
        bd_table(read_results([folder], METRICS), "plain", PSNR)["bd_rate"].tolist(), nan_ok=True
    )


def table_of(folder: Path, frames: list[pd.DataFrame], **options: Any) -> dict[str, Any]:
    pd.concat(frames).to_csv(folder / "records.csv", index=False)
    return by_series(bd_table(read_results([folder], METRICS), "plain", PSNR, **options))


def test_intervals_lie_around_both_means(tmp_path: Path) -> None:
    found = table_of(tmp_path, many())
    good = found["good"]
    assert good["image_mean"] == pytest.approx(-36.5)
    assert -40 < good["ci_low"] < -38 < -36.5 < good["ci_high"] < -33
    # The mean curve gives images with high rates, which gain least, more weight.
    assert -40 < good["curve_ci_low"] < good["bd_rate"] < good["curve_ci_high"] < -32
    assert good["bd_rate"] > good["image_mean"]
    assert good["p_value"] == pytest.approx(2 / 2**8)
    assert good["spread"] == pytest.approx(0, abs=1e-9)
    assert found["plain"]["flags"] == good["flags"] == ""
    assert (found["plain"]["ci_low"], found["plain"]["ci_high"]) == (0, 0)
    assert math.isnan(found["plain"]["p_value"])
    again = table_of(tmp_path, many()[::-1])["good"]
    columns = ["ci_low", "ci_high", "curve_ci_low", "curve_ci_high", "p_value"]
    assert [again[name] for name in columns] == pytest.approx([good[name] for name in columns], abs=1e-9)


def test_a_saving_that_is_the_same_everywhere_has_an_interval_of_no_width(tmp_path: Path) -> None:
    good = table_of(tmp_path, many(spread=0))["good"]
    columns = ["bd_rate", "curve_ci_low", "curve_ci_high", "image_mean", "ci_low", "ci_high"]
    assert [good[name] for name in columns] == pytest.approx([-40] * 6)


def test_images_that_one_side_lacks_are_named(tmp_path: Path) -> None:
    plain, good = many()
    good = good[good["image"] != "c"]
    found = table_of(tmp_path, [plain, good])["good"]
    assert "mean of images: good lacks 1, left out: c" in found["flags"]
    assert "refused: good covers 7 images, the anchor 8" in found["flags"]
    assert (found["image_count"], math.isnan(found["bd_rate"])) == (7, True)
    assert found["p_value"] == pytest.approx(2 / 2**7)
    plain, good = many()
    found = table_of(tmp_path, [plain[plain["image"] != "c"], good])["good"]
    assert "mean of images: plain lacks 1, left out: c" in found["flags"]


def test_images_without_a_bd_rate_are_named(tmp_path: Path) -> None:
    plain, good = many()
    good.loc[good["image"] == "b", "psnr_rgb"] += 60
    found = table_of(tmp_path, [plain, good])["good"]
    assert "mean of images: 1 of 8 have no BD-rate, left out: b" in found["flags"]
    assert found["image_count"] == 7


def test_interpolators_that_differ_are_flagged(tmp_path: Path) -> None:
    plain, good = many()
    good["psnr_rgb"] += (good["settings"] == '{"q":1}') * 5
    found = table_of(tmp_path, [plain, good])["good"]
    assert found["spread"] > 1
    assert f"interpolators differ by {found['spread']:.1f} points: pchip {found['bd_rate']:+.1f} %" in found["flags"]
    akima = table_of(tmp_path, [plain, good], interpolator="akima")["good"]
    assert akima["spread"] == pytest.approx(found["spread"])
    assert math.isnan(akima["curve_ci_low"])
    assert "its interval is computed with pchip alone" in akima["flags"]


def test_sets_without_an_overlap_leave_no_interval(tmp_path: Path) -> None:
    plain, good = many()
    # Good is on one image far better. Over all images the curves share 22 % of their range, without another image 19 %.
    good["psnr_rgb"] += 9 + 80 * (good["image"] == "a")
    found = table_of(tmp_path, [plain, good])["good"]
    assert not math.isnan(found["bd_rate"])
    assert math.isnan(found["curve_ci_low"])
    assert "mean curve: no interval, for without one of the images it has no BD-rate" in found["flags"]


def test_a_codec_s_settings_merge_to_their_hull(tmp_path: Path) -> None:
    plain, good = many()
    fast = good.assign(codec="two", settings=good["settings"].str.replace("}", ',"fast":true}'))
    slow = fast.assign(settings=fast["settings"].str.replace("true", "false"), bpp=fast["bpp"] * 0.9)
    slow = slow[slow["settings"].isin(['{"q":1,"fast":false}', '{"q":2,"fast":false}'])]
    pd.concat([plain, good, fast, slow]).to_csv(tmp_path / "records.csv", index=False)
    results = read_results([tmp_path], METRICS)
    assert [curve.label for curve in results.curves(PSNR)][2:] == ["two (fast=True)", "two (fast=False)"]
    table = bd_table(results, "plain", PSNR, hull=True, every_image=True)
    whole, single = by_series(table), by_series(table, "a")
    assert list(whole) == ["two", "good", "plain"]
    assert (whole["two"]["points"], single["two"]["points"]) == (6, 6)
    assert whole["two"]["bd_rate"] < whole["good"]["bd_rate"] - 2
    assert whole["two"]["curve_ci_low"] < whole["two"]["bd_rate"] < whole["two"]["curve_ci_high"]
    assert single["two"]["bd_rate"] < single["good"]["bd_rate"] - 2
    with pytest.raises(UsageError, match=r"'two \(fast=True\)' is no series of the results; known: plain, good, two"):
        bd_table(results, "two (fast=True)", PSNR, hull=True)


def test_a_hull_without_points_is_refused(tmp_path: Path) -> None:
    """An image is infinite at most points of the anchor, so that its mean curve has no finite point."""
    plain, good = many()
    bad = plain["image"].isin(["a", "b", "c", "d"])
    pd.concat([plain.assign(psnr_rgb=plain["psnr_rgb"].mask(bad, math.inf)), good]).to_csv(
        tmp_path / "records.csv", index=False
    )
    results = read_results([tmp_path], METRICS)
    assert [len(curve.points) for curve in results.curves(PSNR, hull=True)] == [0, 6]
    whole = by_series(bd_table(results, "plain", PSNR, hull=True))
    assert math.isnan(whole["good"]["bd_rate"])
    assert "refused: plain has 0 points, needs 4" in whole["good"]["flags"]


def test_points_that_cover_fewer_images_are_left_out_and_told(folder: Path) -> None:
    rows = pd.read_csv(folder / "records.csv", keep_default_na=False)
    rows.loc[(rows["codec"] == "good") & (rows["image"] == "b") & (rows["settings"] == '{"q":0}'), "status"] = "failed"
    rows.to_csv(folder / "records.csv", index=False)
    found = by_series(bd_table(read_results([folder], METRICS), "plain", PSNR))["good"]
    assert "left out 1 point of other images or fewer" in found["flags"]
    assert found["points"] == 5
    assert found["bd_rate"] == pytest.approx(-62.5)


def test_other_pixels_under_a_name_are_other_images(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    rates = [0.25, 0.5, 1.0, 2.0, 4.0]
    records("new", {"a": rates, "b": rates}, image_sha256="else").to_csv(tmp_path / "new" / "records.csv", index=False)
    table = by_series(bd_table(read_results([folder, tmp_path / "new"], METRICS), "plain", PSNR))
    assert "refused: 2 of the images of new are not those of the anchor" in table["new"]["flags"]


def test_an_anchor_of_several_series_has_to_be_chosen(folder: Path) -> None:
    rows = pd.read_csv(folder / "records.csv", keep_default_na=False)
    fast = records("plain", {"a": [1.0], "b": [1.0]}, settings='{"q":0,"fast":true}')
    rows["settings"] = rows["settings"].str.replace("}", ',"fast":false}')
    pd.concat([rows, fast]).to_csv(folder / "records.csv", index=False)
    results = read_results([folder], METRICS)
    with pytest.raises(UsageError, match=r"several series .* one of: plain \(fast=False\); plain \(fast=True\)"):
        bd_table(results, "plain", PSNR)
    table = by_series(bd_table(results, "plain (fast=False)", PSNR))
    assert table["good"]["bd_rate"] == pytest.approx(-62.5)
    assert "has 1 point, needs 4" in table["plain (fast=True)"]["flags"]


def test_images_on_which_a_metric_is_not_defined_count_in_neither_mean_nor_interval(tmp_path: Path) -> None:
    """Six colour pictures, and two grey ones of other rates, on which the metric has no value."""
    plain, good = many()
    for frame in (plain, good):
        grey = frame["image"].isin(["g", "h"])
        frame.loc[grey, "psnr_rgb"] = math.nan
        frame.loc[grey, "bpp"] *= 5
    pd.concat([plain, good]).to_csv(tmp_path / "records.csv", index=False)
    colour = tmp_path / "colour.csv"
    pd.concat([plain, good]).dropna(subset="psnr_rgb").to_csv(colour, index=False)
    found, expected = (
        by_series(bd_table(read_results([path], METRICS), "plain", PSNR))["good"]
        for path in (tmp_path / "records.csv", colour)
    )
    assert found["flags"] == "psnr_rgb has no value on 2 images, left out"
    assert (found["images"], found["image_count"]) == (6, 6)
    told = ("bd_rate", "curve_ci_low", "curve_ci_high", "image_mean", "ci_low", "ci_high", "p_value", "bd_metric")
    assert not any(math.isnan(found[name]) for name in told)
    assert [found[name] for name in told] == pytest.approx([expected[name] for name in told])


def test_a_curve_that_shares_little_is_refused_without_mean_test_or_rank(tmp_path: Path) -> None:
    plain, good = many()
    far = good.assign(codec="far", psnr_rgb=good["psnr_rgb"] + 21)
    table = bd_table(read_results([written(tmp_path, [plain, good, far])], METRICS), "plain", PSNR)
    assert list(table["series"]) == ["good", "plain", "far"]
    assert list(table["rank"].fillna(0)) == [1, 2, 0]
    row = by_series(table)["far"]
    assert row["overlap"] == pytest.approx(9 / 51)
    assert all(math.isnan(row[name]) for name in ("bd_rate", "image_mean", "ci_low", "curve_ci_low", "p_value"))
    assert "refused: only 18% of their range of quality is common to both curves, needs 20%" in row["flags"]


@pytest.mark.parametrize(("lost", "rank"), [(3, 1), (4, None)])
def test_a_mean_over_half_of_the_images_or_fewer_is_refused(tmp_path: Path, lost: int, rank: int | None) -> None:
    plain, good = many()
    # Far above on some images and far below on as many: their mean stays where it was, or nearly.
    for place, image in enumerate("abcd"[:lost]):
        good.loc[good["image"] == image, "psnr_rgb"] += 60 * (-1) ** place
    table = bd_table(read_results([written(tmp_path, [plain, good])], METRICS), "plain", PSNR)
    row = by_series(table)["good"]
    assert row["image_count"] == 8 - lost
    assert row["overlap"] > 0.2
    if rank is None:
        assert pd.isna(row["rank"])
        assert math.isnan(row["image_mean"])
        assert "mean of images: refused, for a BD-rate is there on only 4 of 8 images" in row["flags"]
    else:
        assert row["rank"] == rank
        assert -41 < row["image_mean"] < -30


def written(folder: Path, frames: list[pd.DataFrame]) -> Path:
    pd.concat(frames).to_csv(folder / "records.csv", index=False)
    return folder / "records.csv"


def failed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(status="failed", bpp=math.nan, psnr_rgb=math.nan, ms_ssim_rgb=math.nan)


def test_rows_without_figures_are_told_by_what_they_lack(tmp_path: Path) -> None:
    plain, good = many()
    with pytest.raises(UsageError, match="no row of the results succeeded, so there are no curves"):
        table_of(tmp_path, [failed(plain), failed(good)])
    with pytest.raises(UsageError, match="no result has a value of psnr_rgb"):
        table_of(tmp_path, [plain.assign(psnr_rgb=math.nan), good.assign(psnr_rgb=math.nan)])
    flags = table_of(tmp_path, [plain, failed(good)])["good"]["flags"]
    told = (
        "BD-rate and BD-PSNR of the mean curve refused: no image of good was measured: its rows failed or were skipped"
    )
    assert told in flags
    assert "no image has a value of both curves" in flags
    assert "import" not in flags
    flags = table_of(tmp_path, [plain, good.assign(psnr_rgb=math.nan)])["good"]["flags"]
    assert flags.startswith("6 of 6 points left out, without a value; ")
    assert "not finite" not in flags


def test_a_refusal_says_of_which_curve_and_which_delta(tmp_path: Path) -> None:
    plain, good = many()
    far = good.assign(psnr_rgb=good["psnr_rgb"] + 100)
    pd.concat([plain, far]).to_csv(tmp_path / "records.csv", index=False)
    table = bd_table(read_results([tmp_path], METRICS), "plain", PSNR, every_image=True)
    whole, one = by_series(table)["good"]["flags"], by_series(table, "a")["good"]["flags"]
    assert "BD-rate of the mean curve refused: the curves have no quality in common" in whole
    assert "BD-rate refused: the curves have no quality in common" in one
    assert "BD-PSNR" not in whole, "at equal rate there is a difference in quality"
