"""BD-rates of a run against its baseline."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from benchmark.analysis.regression.compare import Comparison
from benchmark.report.compare import as_junit
from tests.analysis.regression.examples import records


@pytest.mark.slow
def test_a_trade_is_left_to_the_bd_rate_where_that_decides(against: Callable[..., Comparison]) -> None:
    """At every setting more bits and more quality, on a better curve."""

    def retuned(frame: pd.DataFrame) -> None:
        frame["bpp"] *= 1.05
        for column in ("psnr_rgb", "psnr_y", "ssim_rgb", "ssim_y", "ms_ssim_rgb", "ms_ssim_y"):
            frame[column] *= 1.02

    by_rows, by_curves = against(retuned), against(retuned, gate="bdrate")
    assert by_rows.verdict == "worse"
    assert set(by_rows.changes["verdict"]) == {"worse", "better"}
    assert (by_rows.bd["bd_rate"] < -1).all()
    assert by_curves.verdict == "better"
    assert set(by_curves.changes["verdict"]) == {"by BD-rate"}

    def dearer(frame: pd.DataFrame) -> None:
        frame["bpp"] *= 1.0005

    assert against(dearer).exit_status == 0
    assert against(dearer, gate="bdrate").exit_status == 0
    strict = against(dearer, gate="bdrate", bd_tolerance=0.02)
    assert strict.exit_status == 1
    assert set(strict.bd["bd_rate"].round(4)) == {0.05}
    assert "BD-rate by psnr_rgb +0.050 %" in as_junit(strict)


def test_images_of_mixed_sizes_are_pooled_as_in_tables(against: Callable[..., Comparison]) -> None:
    """An icon whose bits per pixel are many hardly counts in the mean curve; it is one image of the mean of images."""
    frame = records(images=4)
    icon = frame["image"] == "image0"
    frame.loc[icon, ["width", "height"]] = 8, 8
    frame.loc[icon, "bytes"] = 400
    frame.loc[icon, "bpp"] = frame.loc[icon, "bytes"] * 8 / 64 + frame.loc[icon, "psnr_rgb"]

    def dearer(rows: pd.DataFrame) -> None:
        rows.loc[icon, "bpp"] *= 2
        rows.loc[icon, "bytes"] *= 2

    found = against(dearer, frame=frame).bd
    assert (found["mean_curve"].abs() < 5).all(), "the icon has less than a hundredth of the bits"
    assert (found["bd_rate"] > 20).all()
    assert set(found["image_count"]) == {4}


def test_a_flat_image_is_left_out_and_named(against: Callable[..., Comparison]) -> None:
    frame = records()
    frame.loc[frame["image"] == "image0", ["psnr_rgb", "psnr_y"]] = float("inf")
    found = against(lambda rows: rows.update(rows[["bpp"]] * 1.01), frame=frame).bd
    psnr = found[found["metric"] == "psnr_rgb"]
    assert psnr["mean_curve"].round(6).eq(1.0).all()
    assert psnr["flags"].str.contains("psnr_rgb is infinite on some images, left out: image0").all()


def test_rows_decide_where_there_is_no_bd_rate(against: Callable[..., Comparison]) -> None:
    found = against(lambda frame: frame.update(frame[["bpp"]] * 1.01), gate="bdrate", frame=records(qualities=(30, 60)))
    assert set(found.bd["verdict"]) == {""}
    assert found.bd["flags"].str.contains("has 2 points, needs 4").all()
    assert found.exit_status == 1
