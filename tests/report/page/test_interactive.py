"""What the script of the HTML page is given."""

from __future__ import annotations

import json
import math

import pytest

from benchmark.plugins import all_metrics
from benchmark.report.content import Report
from benchmark.report.page.interactive import (
    as_script,
    datasets_of,
    exact,
    finite,
    has_intervals,
    metrics_of,
    page_data,
)


def test_numbers_are_short_and_what_is_none_is_nothing() -> None:
    assert finite(1 / 3) == 0.3333333333
    assert exact(1 / 3) == 1 / 3
    assert finite("2.5") == 2.5
    for value in (math.nan, math.inf, -math.inf, None, "", "x"):
        assert finite(value) is None
        assert exact(value) is None


def test_a_script_cannot_be_ended_by_a_text() -> None:
    text = as_script({"a": "</script>\u2028", "b": [1, None]})
    assert "<" not in text
    assert "\u2028" not in text
    assert json.loads(text) == {"a": "</script>\u2028", "b": [1, None]}
    with pytest.raises(ValueError, match="JSON compliant"):
        as_script(math.nan)


def test_metrics_of_one_name_are_told_apart_by_their_space() -> None:
    shown = [metric for metric in all_metrics() if metric.column in ("psnr_y", "ssim_rgb", "psnr_rgb")]
    found = metrics_of(shown)
    assert [list(entry["spaces"]) for entry in found if len(entry["spaces"]) == 2] == [["rgb", "y"]]
    places = sorted(place for entry in found for place in entry["spaces"].values())
    assert places == [0, 1, 2]


@pytest.mark.slow
def test_points_name_their_series_by_place(report: Report) -> None:
    data = page_data(report)
    assert [dataset["name"] for dataset in data["datasets"]] == datasets_of(report)
    assert [series["name"] for series in data["series"]] == ["jpeg", "webp"]
    assert len(data["points"]) == 12
    assert len(data["axes"]) == len(report.metrics) == 2
    for point in data["points"]:
        assert (point["kind"], point["dataset"], len(point["values"])) == ("series", 0, 2)
        assert min(point["rates"]) > 0
        assert min(point["slopes"]) >= 0
    summary = report.results.summary
    first = next(point for point in data["points"] if point["series"] == 1 and point["settings"]["quality"] == 30)
    row = summary[(summary["codec"] == "webp") & summary["settings"].str.contains('"quality":30')].iloc[0]
    assert first["rates"] == pytest.approx([row["bpp_mean"]] * 2)
    assert {(delta["series"], delta["axis"]) for delta in data["bd"]} == {(1, 0), (1, 1)}, "none of the anchor"
    assert len(data["bd"][0]["images"]) == 3
    assert has_intervals(report.bd) == bool(data["interval"])
