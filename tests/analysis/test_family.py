"""What kind of codec rows are of."""

from __future__ import annotations

import math

import pandas as pd

from benchmark.analysis.family import family_of, learned_codecs
from benchmark.plugins import all_metrics

METRICS = [metric for metric in all_metrics() if metric.column == "psnr_rgb"]


def test_learned_codecs_have_weights_or_parameters() -> None:
    summary = pd.DataFrame(
        {"codec": ["a", "b", "c"], "weights": ["x", "", math.nan], "parameters_mean": [math.nan, math.nan, 12.0]}
    )
    assert learned_codecs(summary) == {"a", "c"}
    assert learned_codecs(summary[["codec"]]) == set()


def test_a_codec_is_lossless_where_each_of_its_points_is() -> None:
    part = pd.DataFrame({"codec": ["a", "a"], "psnr_rgb_mean": [math.inf, math.inf]})
    assert family_of(part, METRICS, {"a"}) == "lossless"
    assert family_of(part.assign(psnr_rgb_mean=[math.inf, 30.0]), METRICS, {"a"}) == "learned"
    assert family_of(part.assign(psnr_rgb_mean=[math.inf, 30.0]), METRICS, set()) == "classical"
