"""Default sweeps have their points where papers look: between 0.1 and 1.2 bits per pixel."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from benchmark.plugins import codec_class
from benchmark.record.settings import read_settings
from tests.conftest import ROOT

LOW, HIGH = 0.1, 1.2
LEAST = 7

OUTSIDE = {"cvae": "its weights for 28×28 digits end at 0.14 bpp", "jpegls": "its largest errors give 3.1 bpp"}
"""Codecs of the Kodak baseline that have no such rates."""


def points() -> pd.DataFrame:
    """Codec, value of the knob and mean rate of every point of the Kodak baseline."""
    summary = pd.read_csv(ROOT / "results/baseline/kodak/summary.csv", keep_default_na=False)
    summary = summary[(summary["knob"] != "") & (summary["target"] == "")]
    values = [read_settings(text)[knob] for text, knob in zip(summary["settings"], summary["knob"], strict=True)]
    return summary.assign(value=values)[["codec", "value", "bpp_mean"]]


@pytest.mark.parametrize("name", sorted(set(points()["codec"]) - set(OUTSIDE)))
def test_a_default_sweep_has_seven_points_where_papers_look(name: str) -> None:
    cls = codec_class(name)
    assert cls.knob is not None
    known = points()
    rates = known[known["codec"] == name].set_index("value")["bpp_mean"]
    swept = [rates.get(value, math.nan) for value in cls.grid[cls.knob.field]]
    assert not any(map(math.isnan, swept)), "the baseline lacks points of the default sweep"
    assert sum(LOW <= rate <= HIGH for rate in swept) >= LEAST


@pytest.mark.parametrize("name", OUTSIDE)
def test_codecs_without_such_rates_are_few(name: str) -> None:
    known = points()
    rates = known.loc[known["codec"] == name, "bpp_mean"]
    assert ((rates < 0.15) | (rates > 3)).all()
