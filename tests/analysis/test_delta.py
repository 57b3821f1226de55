"""What one curve saves against another."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

from benchmark.analysis.curve import Curve
from benchmark.analysis.delta import INTERPOLATORS, bd_metric, bd_rate
from benchmark.errors import UsageError
from tests.analysis.examples import curve
from tests.codecs.test_published import JPEG, WEBP

# Kodak, mean over the 24 images: bpp and PSNR-RGB, as CompressAI published them. BPG 0.9.8 with x265, 4:4:4, and
# OpenJPEG through FFmpeg 3.4.6.
BPG = (
    (0.06777, 26.1951),
    (0.16102, 28.6815),
    (0.35155, 31.5947),
    (0.68470, 34.8575),
    (1.19967, 38.2599),
    (1.92971, 41.4789),
    (3.05788, 44.7031),
    (4.70314, 47.6325),
)


JPEG2000 = (
    (2.39732, 39.7920),
    (1.19824, 35.6807),
    (0.79828, 33.4900),
    (0.59883, 32.0897),
    (0.47929, 31.0746),
    (0.39862, 30.3008),
    (0.34184, 29.6961),
    (0.29856, 29.1917),
    (0.26573, 28.7742),
    (0.23941, 28.4166),
    (0.21757, 28.0992),
    (0.19917, 27.7966),
    (0.18444, 27.5545),
    (0.17067, 27.3170),
    (0.15948, 27.1183),
    (0.14888, 26.9228),
    (0.14076, 26.7574),
    (0.13246, 26.5862),
    (0.12580, 26.4404),
)


# VTM 9.1, Cheng et al. 2020 (anchor, MSE) and HPCM-Large (2025): BD-rate against BPG was published of each.
VTM = (
    (0.04824, 26.1448),
    (0.11250, 28.4930),
    (0.24582, 31.1999),
    (0.49055, 34.2615),
    (0.87481, 37.4198),
    (1.43085, 40.4244),
    (2.32461, 43.5058),
    (3.63261, 46.5918),
)


CHENG = ((0.120, 28.58), (0.184, 29.97), (0.271, 31.34), (0.417, 33.39), (0.594, 35.12), (0.806, 36.70))


HPCM = ((0.0951, 28.91), (0.1537, 30.45), (0.2438, 32.12), (0.3778, 33.99), (0.5516, 35.85), (0.7843, 37.75))


@pytest.mark.parametrize("interpolator", INTERPOLATORS)
def test_a_curve_of_half_the_rate_saves_half(interpolator: str) -> None:
    rates = np.array([0.25, 0.5, 1.0, 2.0, 4.0])
    anchor = Curve(list(rates), list(30 + 6 * np.log2(rates)))
    half = Curve(list(rates / 2), anchor.qualities)
    found = bd_rate(anchor, half, interpolator)
    assert found.value == pytest.approx(-50)
    assert (found.low, found.high, found.overlap, found.flags) == (18, 42, 1, ())
    assert bd_rate(half, anchor, interpolator).value == pytest.approx(100)
    gained = bd_metric(anchor, half, interpolator)
    assert gained.value == pytest.approx(6)
    assert (gained.low, gained.high, gained.overlap) == pytest.approx((0.25, 2, 3 / 5))
    assert bd_rate(anchor, anchor, interpolator).value == bd_metric(anchor, anchor, interpolator).value == 0


@pytest.mark.parametrize("test", [JPEG, WEBP, JPEG2000])
@pytest.mark.parametrize("interpolator", INTERPOLATORS)
def test_an_independent_implementation_agrees(test: tuple[tuple[float, float], ...], interpolator: str) -> None:
    import bjontegaard

    ours, theirs = curve(BPG), curve(tuple(sorted(test)))
    arrays = [np.array(values) for values in (ours.rates, ours.qualities, theirs.rates, theirs.qualities)]
    options = {"method": interpolator, "min_overlap": 0, "require_matching_points": False}
    rate, metric = bjontegaard.bd_rate(*arrays, **options), bjontegaard.bd_psnr(*arrays, **options)
    assert bd_rate(ours, curve(test), interpolator).value == pytest.approx(rate, abs=1e-6)
    assert bd_metric(ours, curve(test), interpolator).value == pytest.approx(metric, abs=1e-8)


@pytest.mark.parametrize("name", ["webp", "bpg_444_x265_ycbcr", "av1"])
@pytest.mark.parametrize("interpolator", INTERPOLATORS)
@pytest.mark.parametrize("metric", ["psnr-rgb", "ms-ssim-rgb"])
def test_published_pairs_agree_with_an_independent_implementation(
    data_root: Path, name: str, interpolator: str, metric: str
) -> None:
    """Against JPEG, from the files that CompressAI published; BD-rate to 0.1 point, BD-PSNR to 0.01 dB."""
    import bjontegaard

    folder = data_root.parent / "reference" / "compressai-kodak"
    if not folder.is_dir():
        pytest.skip(f"no {folder.name}/ beside the data folder")
    curves = []
    for codec in ("jpeg", name):
        found = json.loads((folder / f"{codec}.json").read_text())["results"]
        qualities = np.array(found[metric])
        if metric == "ms-ssim-rgb":
            qualities = -10 * np.log10(1 - qualities)
        rates, qualities, _ = Curve(found["bpp"], list(qualities), codec).front()
        curves.append(Curve(list(rates), list(qualities), codec))
    arrays = [np.array(values) for curve in curves for values in (curve.rates, curve.qualities)]
    options = {"method": interpolator, "min_overlap": 0, "require_matching_points": False}
    anchor, test = curves
    rate, gain = bd_rate(anchor, test, interpolator), bd_metric(anchor, test, interpolator)
    assert rate.value == pytest.approx(bjontegaard.bd_rate(*arrays, **options), abs=0.1)
    assert gain.value == pytest.approx(bjontegaard.bd_psnr(*arrays, **options), abs=0.01)
    assert rate.value < -20
    assert gain.value > 1


@pytest.mark.parametrize(("test", "percent"), [(VTM, -17), (CHENG, -17), (HPCM, -36)])
def test_published_curves_give_about_the_published_rates(test: tuple[tuple[float, float], ...], percent: float) -> None:
    # Published with fewer digits, or averaged over images: two points apart at most.
    assert bd_rate(curve(BPG), curve(test)).value == pytest.approx(percent, abs=2)


def test_what_cannot_be_compared_is_refused_with_the_reason() -> None:
    anchor = curve(BPG, "bpg")
    cases = {
        "has 3 points, needs 4": curve(BPG[:3], "short"),
        "no quality in common": curve(tuple((rate, quality - 30) for rate, quality in BPG)),
        "on clic, the anchor on kodak": dataclasses.replace(anchor, dataset="clic"),
        "covers 23 images, the anchor 24": dataclasses.replace(anchor, dataset="kodak", images=23),
        "1 of the images of bpg are not those": dataclasses.replace(
            anchor, dataset="kodak", images=24, covers=frozenset("bc")
        ),
    }
    base = dataclasses.replace(anchor, dataset="kodak", images=24, covers=frozenset("ab"))
    for reason, test in cases.items():
        same = test if test.dataset else dataclasses.replace(test, dataset="kodak", images=24)
        found = bd_rate(base, same)
        assert math.isnan(found.value)
        assert reason in found.flags[-1]
    with pytest.raises(UsageError, match="unknown interpolator 'spline'"):
        bd_rate(anchor, anchor, "spline")


def test_points_that_do_not_rise_are_left_out_and_told() -> None:
    worse = curve((*BPG, (1.5, 36.0), (2.0, 41.4789), (6.0, math.inf)), "bumpy")
    found = bd_rate(curve(BPG), worse)
    assert found.value == 0
    assert found.flags == (
        "bumpy: 1 of 11 points left out, not finite",
        "bumpy: not monotone, 2 of 10 points left out",
    )
    # The better of two at one rate stays.
    rates, qualities, _ = curve((*BPG, (0.06777, 20.0))).front()
    assert list(zip(rates, qualities, strict=True)) == list(BPG)
    assert curve(()).front()[0].size == 0


def test_a_small_overlap_is_flagged_and_a_smaller_one_refused() -> None:
    found = bd_rate(curve(BPG), curve(tuple((rate, quality + 14) for rate, quality in BPG)))
    assert found.flags == ("only 21% of their range of quality is common to both curves",)
    assert found.value < 0
    found = bd_rate(curve(BPG), curve(tuple((rate, quality + 15) for rate, quality in BPG)))
    assert found.flags == ("refused: only 18% of their range of quality is common to both curves, needs 20%",)


def test_a_share_just_below_the_least_is_told_apart_from_it() -> None:
    one = Curve([1, 2, 3, 4], [30, 31, 32, 40], "one")
    other = Curve([1, 2, 3, 4], [36.4, 41, 43, 48.01], "other")  # 3.6 of 18.01
    (flag,) = bd_rate(one, other).flags
    assert flag == "refused: only 19.99% of their range of quality is common to both curves, needs 20.00%"


def test_points_that_differ_by_rounding_count_once() -> None:
    """A curve through both would turn the more sharply the nearer they are."""
    rate, quality = BPG[3]
    for near in ((rate * (1 + 1e-13), quality), (rate, quality + 1e-13), (rate * (1 + 1e-12), quality + 1e-12)):
        found = bd_rate(curve((*BPG, near)), curve(tuple((0.8 * rate, quality) for rate, quality in BPG)))
        assert found.value == pytest.approx(-20)
        assert found.flags == ("codec: 1 of 9 points left out, equal another but for rounding",)
    flat = (*BPG, (BPG[-1][0] * 1.2, BPG[-1][1] + 1e-13))
    found = bd_metric(curve(flat), curve(BPG))
    assert found.value == pytest.approx(0, abs=1e-9)
    assert found.flags == ("codec: not monotone, 1 of 9 points left out",)
