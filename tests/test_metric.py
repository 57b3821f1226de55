"""What a metric's description says, without anything that computes it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmark.errors import PluginError, UsageError
from benchmark.metric import Metric, Pooled, Tolerance, find_metric, leading, metric_groups, shown_metrics
from benchmark.plugins import all_metrics

DISTANCE = Metric(name="lpips", space="colour", title="LPIPS", definition="made up", higher_is_better=False)
PSNR = Metric(name="psnr", space="rgb", title="PSNR", definition="made up", unit="dB", digits=2)


def test_names_of_columns_and_what_is_written_beside_an_axis() -> None:
    luma = replace(PSNR, space="y")
    assert [metric.column for metric in (PSNR, luma, DISTANCE)] == ["psnr_rgb", "psnr_y", "lpips"]
    assert [metric.heading for metric in (PSNR, luma, DISTANCE)] == ["PSNR, RGB", "PSNR, luma", "LPIPS"]
    assert [metric.short for metric in (PSNR, luma, DISTANCE)] == ["PSNR", "PSNR-Y", "LPIPS"]
    assert PSNR.axis == "PSNR, RGB (dB)"
    assert DISTANCE.axis == "LPIPS (less is better)"
    assert replace(DISTANCE, unit="JND").axis == "LPIPS (JND, less is better)"
    assert replace(DISTANCE, decibels="distance").axis == "LPIPS (dB, −10 log₁₀(mean))"


def test_qualities_go_up_whatever_the_metric_does() -> None:
    values = [0.1, 0.01, 0.0]
    assert list(PSNR.quality(values)) == values
    assert list(DISTANCE.drawn(values)) == values
    assert list(DISTANCE.quality(values)) == [-0.1, -0.01, 0.0]
    assert str(DISTANCE.quality(0.0)) == "0.0"  # no minus stands before nothing
    in_decibels = replace(DISTANCE, decibels="distance")
    assert in_decibels.quality(values) == pytest.approx([10, 20, np.inf])
    assert (in_decibels.drawn_unit, in_decibels.drawn_digits, in_decibels.digits) == ("dB", 2, 4)
    for metric in (PSNR, DISTANCE, in_decibels):
        assert list(metric.turned(metric.quality(values))) == list(metric.drawn(values))


def test_an_identity_is_of_definition_and_library() -> None:
    digest = DISTANCE.identity
    assert replace(DISTANCE, title="other", tolerance=Tolerance(1.0)).identity == digest
    others = {replace(DISTANCE, definition="other").identity, replace(DISTANCE, version="lpips 0.1.4").identity}
    assert len(others | {digest, replace(DISTANCE, version="lpips 0.1.5").identity}) == 4


def test_identities_of_the_bench_are_those_that_committed_results_have() -> None:
    found = {metric.name: metric.identity for metric in all_metrics() if metric.by_default}
    assert found == {"mse": "0ed8a736", "psnr": "1644d87a", "ssim": "1600255c", "ms_ssim": "97d12a4f"}


def test_sizes_and_grey_pictures_without_a_value() -> None:
    small = replace(DISTANCE, smallest=32)
    assert small.undefined(32, 40, 3) == ""
    assert small.undefined(40, 31, 3) == "lpips is undefined below 32 pixels a side"
    assert small.undefined(40, 40, 1) == "lpips is defined on colour pictures alone"
    assert replace(small, grey=True).undefined(40, 40, 1) == ""
    assert PSNR.undefined(1, 1, 1) == ""


def test_tables_show_one_column_of_a_name_and_figures_all_that_need_not_be_named() -> None:
    metrics = [*(metric for metric in all_metrics() if metric.by_default), DISTANCE]
    assert [metric.column for metric in leading(metrics)] == ["psnr_rgb", "ssim_rgb", "ms_ssim_rgb", "lpips"]
    assert [metric.column for metric in shown_metrics(metrics)] == [
        "psnr_rgb",
        "psnr_y",
        "ssim_rgb",
        "ssim_y",
        "ms_ssim_rgb",
        "ms_ssim_y",
        "lpips",
    ]


def test_a_text_means_a_column_or_the_first_of_a_name() -> None:
    metrics = [*all_metrics(), DISTANCE]
    found = [find_metric(metrics, text).column for text in ("psnr", "psnr_y", "lpips")]
    assert found == ["psnr_rgb", "psnr_y", "lpips"]
    with pytest.raises(UsageError, match=r"unknown metric 'snr'"):
        find_metric(metrics, "snr")


def test_decibels_of_another_metric_are_had_from_its_mean() -> None:
    pooled = replace(PSNR, pooled=Pooled("mse", peak=100.0))
    assert (pooled.pooled_from, replace(pooled, space="colour").pooled_from, PSNR.pooled_from) == ("mse_rgb", "mse", "")
    assert list(Pooled("mse", peak=100.0).decibels([1.0, 10.0, 0.0])) == [20, 10, np.inf]
    with pytest.raises(PluginError, match="pooled: expected the unit 'dB', got ''"):
        replace(DISTANCE, pooled=Pooled("mse", peak=1.0))


def test_decibels_of_the_wrong_direction_are_refused() -> None:
    with pytest.raises(PluginError, match="decibels of a distance, but it rises with the quality"):
        replace(PSNR, decibels="distance")


def test_groups_hold_the_metrics_that_say_so() -> None:
    eye = replace(DISTANCE, groups=("perceptual", "jpeg-ai"), by_default=False)
    groups = metric_groups([PSNR, replace(PSNR, space="y"), eye])
    assert groups == {"all": ["psnr", "lpips"], "basic": ["psnr"], "perceptual": ["lpips"], "jpeg-ai": ["lpips"]}
    with pytest.raises(PluginError, match="groups: expected some of"):
        replace(DISTANCE, groups=("eye",))  # type: ignore[arg-type]
    with pytest.raises(PluginError, match="metric basic: this is the name of a group"):
        replace(DISTANCE, name="basic")
