"""Verdicts on published figures."""

from __future__ import annotations

import math

import pytest

from benchmark.report.published_study import Figure
from benchmark.report.verdicts import Compared, best_figure, verdicts

PSNR = Figure("PSNR", "psnr_rgb_mean", ".2f", "dB")
SSIM = Figure("SSIM", "ssim_rgb_mean", ".4f")
MSE = Figure("MSE", "mse_rgb_mean", ".4f", falls=True)


@pytest.mark.parametrize(
    ("figure", "theirs", "ours", "word"),
    [
        (PSNR, 30.0, 33.0, "reproduced"),
        (PSNR, 30.0, 29.95, "reproduced"),
        (PSNR, 30.0, 29.6, "close"),
        (PSNR, 30.0, 29.4, "behind"),
        (SSIM, 0.9, 0.895, "reproduced"),
        (SSIM, 0.9, 0.87, "close"),
        (SSIM, 0.9, 0.8, "behind"),
        (MSE, 0.1, 0.09, "reproduced"),
        (MSE, 0.1, 0.104, "close"),
        (MSE, 0.1, 0.2, "behind"),
        (MSE, 0.0, 0.2, "behind"),
        (PSNR, 30.0, math.nan, "not measured"),
        (PSNR, 30.0, math.inf, "not measured"),
    ],
)
def test_words(figure: Figure, theirs: float, ours: float, word: str) -> None:
    (found,) = verdicts([Compared("jpeg", "it", figure, theirs, ours)])
    assert found.word == word


def test_means_are_over_the_values_that_both_have() -> None:
    (found,) = verdicts(
        [
            Compared("jpeg", "psnr", PSNR, theirs, ours)
            for theirs, ours in ((30.0, 31.0), (32.0, 31.5), (40.0, math.nan), (57.0, math.inf))
        ]
    )
    assert (found.count, found.total) == (2, 4)
    assert (found.theirs, found.ours, found.apart) == (31.0, 31.25, (-0.5, 1.0))


def test_variants_and_figures_stand_apart_and_rates_have_no_verdict() -> None:
    pairs = [
        ("a", "psnr"),
        ("a", "bpp"),
        ("b", "psnr"),
        ("a", "ssim"),
        ("a", "knob"),
        ("a", "nominal_bpp"),
        ("a", "psnr"),
    ]
    found = verdicts([Compared(variant, name, PSNR, 30.0, 30.0) for variant, name in pairs])
    assert [(verdict.variant, verdict.total) for verdict in found] == [("a", 2), ("b", 1), ("a", 1)]


def test_the_figure_that_most_values_of_ours_are_of() -> None:
    values = [
        ("bpp", 1.0),
        ("bpp", 1.0),
        ("bpp", 1.0),
        ("psnr", 30.0),
        ("ssim", 0.9),
        ("ssim", 0.8),
        ("psnr", math.nan),
    ]
    assert best_figure([Compared("a", name, PSNR, 1.0, ours) for name, ours in values]) == "ssim"
    assert best_figure([Compared("a", "psnr", PSNR, 30.0, math.nan)]) == ""
