"""Each kind of chart, from results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.analysis.curve import Curve
from benchmark.analysis.results import Results, results_of
from benchmark.errors import UsageError
from benchmark.plugins import all_metrics
from benchmark.report.figures import kinds
from benchmark.report.figures.bars import BarsChart
from benchmark.report.figures.orders import OrdersChart
from benchmark.report.figures.rank import RankChart
from tests.analysis.summaries import timed_results


@pytest.fixture
def results(tmp_path: Path) -> Results:
    theirs = Curve([0.2, 0.4, 0.6, 0.8, 1.0], [27.0, 28.5, 30.0, 31.5, 33.0], "VTM 12", "set", images=3)
    return replace(timed_results(tmp_path), imported={"psnr_rgb": [theirs]})


def test_published_curves_have_bars_and_ranks(results: Results) -> None:
    (bars,) = kinds.bars(results, codecs=["webp"], names={"VTM 12": "Theirs"})
    assert isinstance(bars, BarsChart)
    assert {bar.name for bar in bars.bars} == {"WebP", "Theirs"}
    (ranks,) = kinds.rank(results)
    assert isinstance(ranks, RankChart)
    assert {one.name: one.published for one in ranks.ranked} == {"JPEG": False, "WebP": False, "VTM 12": True}


def test_a_published_curve_may_be_the_anchor(results: Results) -> None:
    (bars,) = kinds.bars(results, anchor="VTM 12", names={"VTM 12": "Theirs"}, refs=[])
    assert isinstance(bars, BarsChart)
    assert bars.anchor == "Theirs"
    assert {bar.name for bar in bars.bars} == {"JPEG", "WebP"}


def test_the_anchor_keeps_its_name_where_it_is_not_shown(results: Results) -> None:
    (bars,) = kinds.bars(results, codecs=["webp"], names={"jpeg": "Old"}, refs=[])
    assert isinstance(bars, BarsChart)
    assert bars.anchor == "Old"


def test_orders_of_several_sets_have_codecs_that_not_every_set_has(tmp_path: Path) -> None:
    one = timed_results(tmp_path).records.drop(columns=["point", "series", "hull", "covers", "item"])
    other = one[one["codec"] == "jpeg"].assign(dataset="other")
    more = one[one["codec"] == "webp"].assign(dataset="other", codec="avif")
    results = results_of([one, other, more], [], all_metrics())
    (chart,) = kinds.orders(results, metrics=["psnr"], codecs=["jpeg", "webp", "avif"])
    assert isinstance(chart, OrdersChart)
    assert {place.name for order in chart.orders for place in order.places} == {"JPEG", "WebP", "AVIF"}
    with pytest.raises(UsageError, match="codecs: the results have no 'jxl'; they have jpeg, webp, avif"):
        kinds.orders(results, codecs=["jxl"])
    with pytest.raises(UsageError, match="dataset: the results have no 'third'"):
        kinds.orders(results, dataset="third")
