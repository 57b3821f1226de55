"""Whether a codec became slower."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.regression.compare import Comparison
from benchmark.analysis.regression.timing import LEAST_PAIRS, time_ratios
from benchmark.report.compare import as_junit


def times(ratio: float, spread: float, count: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    before = np.exp(rng.normal(-3, 1, count))
    after = before * ratio * np.exp(rng.normal(0, spread, count))
    return pd.DataFrame(
        {
            "dataset": "kodak",
            "codec": "fine",
            "image": [f"image{index}" for index in range(count)],
            "encode_s_before": before,
            "encode_s_after": after,
            "decode_s_before": before,
            "decode_s_after": before,
        }
    )


@pytest.mark.slow
def test_noise_of_timings_does_not_trip_the_gate() -> None:
    pairs = [times(1, 0.3, 40, seed) for seed in range(150)]
    # With no limit at all, Holm's correction for both tests leaves 2.5 % to chance: 3.75 of 150.
    assert 1 <= sum(time_ratios(pair, 0.0)["verdict"].iloc[0] != "same" for pair in pairs) <= 8
    assert {str(time_ratios(pair, 0.2)["verdict"].iloc[0]) for pair in pairs} == {"same"}


def test_a_codec_half_as_fast_again_trips_the_gate() -> None:
    slower = [time_ratios(times(1.5, 0.3, 40, seed), 0.2).iloc[0] for seed in range(100)]
    assert sum(row["verdict"] == "worse" for row in slower) >= 99
    assert 93 <= sum(row["low"] <= 1.5 <= row["high"] for row in slower) <= 99, "intervals of 95 %"
    assert np.mean([np.log(row["ratio"]) for row in slower]) == pytest.approx(np.log(1.5), abs=0.01)
    assert time_ratios(times(1 / 1.5, 0.3, 40, 1), 0.2)["verdict"].iloc[0] == "better"
    assert time_ratios(times(1.1, 0.01, 40, 1), 0.2)["verdict"].iloc[0] == "same", "significant, within the limit"
    assert time_ratios(times(1.5, 1.5, 12, 3), 0.2)["p"].iloc[0] > 0.05
    assert time_ratios(times(9, 0.1, LEAST_PAIRS - 1, 1), 0.2)["verdict"].iloc[0] == "too few pairs"
    assert time_ratios(times(9, 0.1, LEAST_PAIRS + 1, 1), 0.2)["verdict"].iloc[0] == "worse"


def test_points_cut_from_one_stream_count_as_one_measurement() -> None:
    frame = times(1.5, 0.1, 5, 1)
    assert time_ratios(pd.concat([frame] * 4), 0.2)["pairs"].iloc[0] == 5


def test_rows_that_were_disturbed_do_not_count() -> None:
    """On either side."""
    frame = times(1.0, 0.1, 12, 1)
    slow = times(9.0, 0.1, 12, 2).assign(flags_before="", flags_after="above-ceiling disturbed")
    slow.loc[slow.index[:6], ["flags_before", "flags_after"]] = ["disturbed", ""]
    found = time_ratios(pd.concat([frame.assign(flags_before="", flags_after=""), slow]), 0.2)
    assert found["pairs"].iloc[0] == 12
    assert found["ratio"].iloc[0] < 2


def test_times_count_only_when_asked(against: Callable[..., Comparison]) -> None:
    def slower(frame: pd.DataFrame) -> None:
        fine = frame["codec"] == "fine"
        frame.loc[fine, "encode_s"] *= np.exp(np.random.default_rng(2).normal(np.log(1.5), 0.1, int(fine.sum())))

    assert against(slower).exit_status == 0
    found = against(slower, timing=0.2)
    assert found.exit_status == 1
    cases = ET.fromstring(as_junit(found)).iter("testcase")
    assert [case.attrib["name"] for case in cases if case.find("failure") is not None] == ["fine encode time"]
    assert against(slower, timing=0.8).exit_status == 0
