"""What became of each row."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.regression.compare import Comparison
from benchmark.report.compare import as_json, as_junit, as_markdown
from tests.analysis.regression.examples import pick, records


@pytest.mark.slow
def test_each_column_is_judged_in_its_direction(against: Callable[..., Comparison]) -> None:
    def scaled(column: str, factor: float) -> Comparison:
        return against(lambda frame: frame.update(frame[[column]] * factor))

    for column in ("psnr_rgb", "psnr_y", "ssim_rgb", "ms_ssim_y"):
        assert (scaled(column, 1.01).verdict, scaled(column, 0.99).verdict) == ("better", "worse"), column
    for column in ("bpp", "mse_rgb"):
        assert (scaled(column, 1.01).verdict, scaled(column, 0.99).verdict) == ("worse", "better"), column
    assert scaled("bpp", 1.0009).verdict == "same"
    assert scaled("bpp", 1.0011).verdict == "worse"


def test_a_missing_row_is_told_and_worse_but_for_a_subset(against: Callable[..., Comparison]) -> None:
    def without(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[~pick(frame, "image1", "coarse", 30)]

    found = against(without)
    assert found.exit_status == 1
    assert [(row.image, row.codec) for row in found.missing.itertuples()] == [("image1", "coarse")]
    assert "image1, quality=30: missing" in as_junit(found)
    assert "| kodak | image1 | coarse | quality=30 |" in as_markdown(found)
    flags = found.bd.loc[found.bd["codec"] == "coarse", "flags"]
    assert flags.str.contains("left out 1 point of other images or fewer").all()
    part = against(without, subset=True)
    assert (part.exit_status, len(part.missing)) == (0, 1)
    more = against(before=without)
    assert (more.exit_status, len(more.new), len(more.missing)) == (0, 1, 0)


@pytest.mark.slow
def test_a_row_that_fails_now_is_worse(against: Callable[..., Comparison]) -> None:
    def fail(frame: pd.DataFrame) -> None:
        row = pick(frame, "image0", "fine", 10)
        frame.loc[row, ["status", "reason"]] = ["failed", "ValueError: odd \x01 size"]
        frame.loc[row, ["bpp", "bytes", "psnr_rgb", "stream_sha256", "pixels_sha256"]] = np.nan

    found = against(fail)
    assert (found.exit_status, len(found.changes)) == (1, 0)
    assert found.rows[["status_before", "status_after", "verdict"]].to_numpy().tolist() == [["ok", "failed", "worse"]]
    failure = ET.fromstring(as_junit(found)).find(".//testcase[@name='fine']/failure")
    assert failure is not None
    assert failure.attrib["message"] == "image0, quality=10: ok → failed: ValueError: odd � size"
    assert against(before=fail).verdict == "better"
    assert against(fail, before=fail).verdict == "same"


def test_other_bytes_of_equal_figures_are_told(against: Callable[..., Comparison]) -> None:
    def other(frame: pd.DataFrame) -> None:
        frame.loc[pick(frame, "image2", "fine", 70), "stream_sha256"] = "other"

    found = against(other)
    assert (found.verdict, found.exit_status) == ("same", 0)
    assert found.rows[["image", "stream", "pixels", "verdict"]].to_numpy().tolist() == [
        ["image2", True, False, "changed"]
    ]
    assert "| kodak | fine | 1 | 1 | 0 | 0 | no figure |" in as_markdown(found)


@pytest.mark.slow
def test_noise_of_float32_is_no_change_and_infinity_equals_itself(against: Callable[..., Comparison]) -> None:
    def lossless(frame: pd.DataFrame) -> None:
        frame.loc[pick(frame, "image2", "fine", 90), ["psnr_rgb", "psnr_y"]] = np.inf

    assert len(against(lambda frame: frame.update(frame[["ssim_rgb"]] * (1 + 2e-7))).rows) == 0
    assert len(against(lossless, before=lossless).rows) == 0
    assert against(lossless).verdict == "better"
    worse = against(before=lossless, tolerance="psnr=1%")
    assert worse.verdict == "worse"
    row = json.loads(as_json(worse))["rows"][0]
    assert row["changes"][0]["before"] == "inf"
    assert isinstance(row["bytes_before"], int)


def test_what_was_matched_is_not_judged(against: Callable[..., Comparison]) -> None:
    frame = records().assign(target="bpp<=0.5", target_column="bpp", settings='{"effort": 4}')
    frame = frame.drop_duplicates(["codec", "image"])

    def closer(rows: pd.DataFrame) -> None:
        rows["bpp"] *= 1.01

    found = against(closer, frame=frame)
    assert found.exit_status == 0
    assert set(found.changes["verdict"]) == {"matched"}
    assert against(closer, frame=frame.assign(target="mean psnr_rgb~35", target_column="psnr_rgb")).exit_status == 1
