"""Codecs at matched rates and qualities."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmark.analysis.matched import matched_forms, matched_table
from benchmark.analysis.records import read_records
from benchmark.analysis.table import KEYS, summarise
from benchmark.analysis.timed import mean_seconds
from benchmark.plugins import all_metrics
from tests.analysis.examples import records

METRICS = all_metrics()


def test_series_of_one_target_stand_side_by_side(tmp_path: Path) -> None:
    rows = [records("plain", {"a": [0.25, 0.5], "b": [0.25, 0.5]})]
    for codec, knob in (("plain", 40.0), ("good", 60.0)):
        for limit in (0.5, 0.3):
            target = {"settings": "{}", "target": f"bpp<={limit}", "target_column": "bpp"}
            found = records(codec, {"a": [limit], "b": [limit / 2]}, **target)
            rows.append(found.assign(knob_value=[knob, knob + 1], encodes=[5, 6], encode_s=[0.1, 0.3]))
    rows[-1].loc[1, ["status", "bpp", "psnr_rgb"]] = ["unreachable", None, None]
    pd.concat(rows).to_csv(tmp_path / "records.csv", index=False)
    found = read_records(tmp_path / "records.csv")
    table = matched_table(summarise(found, METRICS), METRICS, mean_seconds(found, KEYS))
    assert list(table["target"]) == ["bpp<=0.5", "bpp<=0.5", "bpp<=0.3", "bpp<=0.3"], "and no point of the sweep"
    assert [text.partition(",")[0] for text in table["series"]] == ["plain", "good", "plain", "good"]
    assert list(table["images"]) == [2, 2, 2, 1]
    assert list(table["of"]) == [2] * 4
    assert list(table["knob_value"]) == [40.5, 60.5, 40.5, 60.0]
    assert table["bpp"].tolist() == pytest.approx([0.375, 0.375, 0.225, 0.3])
    assert "encode_s" not in table, "nothing was timed to be published"
    timed = found.assign(jobs=1.0, repeats=[4.0, *[5.0] * (len(found) - 1)])
    table = matched_table(summarise(timed, METRICS), METRICS, mean_seconds(timed, KEYS))
    assert table["encode_s"][0] == pytest.approx(0.2)


def test_the_table_has_a_column_of_each_metric() -> None:
    forms = matched_forms(METRICS)
    assert next(iter(forms)) == "bpp"
    assert {"psnr_rgb", "ms_ssim_rgb"} <= set(forms)
    assert "psnr_y" not in forms, "of two columns of one name the first is shown"
    assert format(1.23456, forms["bpp"]) == "1.2346"
