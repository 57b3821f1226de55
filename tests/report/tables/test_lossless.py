"""The table of codecs that are all lossless."""

from __future__ import annotations

import math

import pandas as pd

from benchmark.report.tables.lossless import lossless_table

SUMMARY = pd.DataFrame({"series": ["png", "jxl", "jxl"], "bpp_mean": [10.5, 9.25, 8.5]})
NOTES = {"Versions": "png: 1."}


def costs(png: float, jxl: float) -> pd.DataFrame:
    return pd.DataFrame({"series": ["png", "jxl"], "encode_mps": [png, jxl], "decode_mps": [math.nan, math.nan]})


def test_it_has_the_lowest_rate_of_each_codec_and_speeds_that_are_known() -> None:
    table = lossless_table(SUMMARY, costs(30.0, 2.0), "kodak, 24 images", {"jxl": "JPEG XL"}, NOTES, "-kodak")
    assert table.name == "lossless-kodak"
    assert table.frame.to_dict("list") == {"series": ["jxl", "png"], "bpp": [8.5, 10.5], "encode_mps": [2.0, 30.0]}
    assert table.caption == "Rate and speed of lossless codecs on kodak, 24 images. The best is bold."
    assert "at the setting of each codec that needs the fewest" in table.notes["Rates"]
    assert table.notes["Versions"] == "png: 1."


def test_without_times_there_is_the_rate_alone() -> None:
    table = lossless_table(SUMMARY.iloc[:2], costs(math.nan, math.nan), "kodak", {}, NOTES, "")
    assert list(table.frame) == ["series", "bpp"]
    assert table.caption.startswith("Rate of lossless codecs")
    assert table.notes["Rates"].endswith("mean over images.")
