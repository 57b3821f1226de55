"""What published rows are compared with."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from benchmark.errors import RecordsError
from benchmark.report.published_points import compared, measured_value, points_of, runs_below
from benchmark.report.published_study import Figure, read_published
from tests.conftest import ROOT
from tests.report.examples import HEAD, METRICS

PSNR = Figure("PSNR", "psnr_rgb_mean", ".2f", "dB")


def test_curves_have_groups_and_rates_of_both_sides() -> None:
    study = read_published(ROOT / "reports" / "published" / "rnn-kodak.toml", METRICS)
    pairs = compared(study, ROOT / "results" / "baseline" / "published" / "rnn-kodak")
    mine = [pair for pair in pairs if pair.name == "psnr" and pair.group == "Modelo 4"]
    assert mine[0].rates == pytest.approx((0.104, 0.104)) and mine[0].theirs == 24.44
    assert mine[0].place == "Modelo 4, 1 level, kodak"


def test_a_table_of_train_and_test_has_a_group_for_each_set_trained_on(tmp_path: Path) -> None:
    (tmp_path / "cross.toml").write_text(f"{HEAD}\n[published.cross.bd0]\nbd1 = 40.5\n")
    (pair,) = compared(read_published(tmp_path / "cross.toml", METRICS), tmp_path)
    assert (pair.group, pair.place, pair.theirs) == ("bd0", "bd1", 40.5)
    assert math.isnan(pair.ours) and math.isnan(pair.rates[0])


def test_values_that_are_none() -> None:
    assert math.isnan(measured_value({}, PSNR))
    assert measured_value({"psnr_rgb_mean": "30.5"}, PSNR) == 30.5
    with pytest.raises(RecordsError, match="expected a number in the results, got 'high'"):
        measured_value({"psnr_rgb_mean": "high"}, PSNR)


def test_where_nothing_was_run_there_is_nothing(tmp_path: Path) -> None:
    assert points_of(tmp_path) == [] and runs_below(tmp_path) == []
