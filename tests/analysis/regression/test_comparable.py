"""Whether runs can be compared, and what to know of it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pandas as pd
import pytest

from benchmark.analysis.regression.compare import Comparison
from benchmark.report.compare import as_junit, as_markdown

Change = Callable[[pd.DataFrame], object]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda frame: frame.__setitem__("dataset", "clic"), "no row is in both"),
        (
            lambda frame: frame["image_sha256"].mask(frame["image"] == "image4", "e" * 64),
            "other pixels in kodak: image4; the two",
        ),
        (
            lambda frame: frame["metric_definitions"].str.replace("psnr:", "psnr:f"),
            "metric psnr has another definition",
        ),
    ],
)
def test_what_cannot_be_compared(against: Callable[..., Comparison], change: Change, told: str) -> None:
    def alter(frame: pd.DataFrame) -> None:
        column = change(frame)
        if isinstance(column, pd.Series):
            frame[column.name] = column

    found = against(alter)
    assert (found.verdict, found.exit_status) == ("not comparable", 2)
    assert len(found.obstacles) == 1
    assert told in found.obstacles[0]
    assert told in as_markdown(found)
    error = ET.fromstring(as_junit(found)).find(".//testcase/error")
    assert error is not None
    assert told in str(error.text)


def test_a_metric_of_one_side_alone_may_have_any_definition(against: Callable[..., Comparison]) -> None:
    def other(frame: pd.DataFrame) -> None:
        frame[["ssim_rgb", "ssim_y"]] = ""
        frame["metric_definitions"] = frame["metric_definitions"].str.replace(",ssim:", ",ssim:f")

    assert against(other, subset=True).exit_status == 0


def test_a_part_of_a_set_is_compared_with_the_whole(against: Callable[..., Comparison]) -> None:
    def part(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["image"] < "image2"].assign(images_expected=8)

    found = against(part, subset=True)
    assert (found.exit_status, found.pairs, len(found.missing), len(found.new)) == (0, 20, 60, 0)


def test_a_new_setting_of_a_codec_is_told(against: Callable[..., Comparison]) -> None:
    def setting(frame: pd.DataFrame) -> None:
        fine = frame["codec"] == "fine"
        frame.loc[fine, "settings"] = frame.loc[fine, "settings"].str.replace("}", ', "tune": "psnr"}')

    found = against(setting)
    assert found.exit_status == 1
    assert found.notes == ("fine has other settings: gone: none; new: tune; such rows cannot be paired",)


def test_a_gate_does_not_pass_on_nothing_measured(against: Callable[..., Comparison]) -> None:
    def failed(frame: pd.DataFrame) -> None:
        frame["status"] = "failed"

    def half_failed(frame: pd.DataFrame) -> None:
        frame.loc[frame["codec"] == "fine", "status"] = "failed"

    def failed_alone(frame: pd.DataFrame) -> pd.DataFrame:
        half_failed(frame)
        return frame[frame["codec"] == "fine"]

    found = against(failed, failed)
    assert found.exit_status == 2
    assert list(found.obstacles) == ["no row of the baseline has a result: there are no figures to compare"]
    assert against(half_failed, half_failed).exit_status == 0, "others are compared"
    assert against(before=failed).verdict == "better"
    assert against(failed_alone, half_failed).exit_status == 1, "what was measured is missing"
    found = against(failed_alone, half_failed, subset=True)
    assert (found.exit_status, "no row that is in both has a result" in found.obstacles[0]) == (2, True)
