"""Bjøntegaard deltas: known answers, an independent implementation, published pairs, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.bdrate import bd_rates, bd_table
from benchmark.analysis.curve import Curve, read_results
from benchmark.analysis.delta import INTERPOLATORS, bd_metric, bd_rate
from benchmark.analysis.interpolate import fronts, pchip_means, pchip_values
from benchmark.errors import RecordsError, UsageError
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from tests.codecs.test_published import JPEG, WEBP
from tests.conftest import Run, empty_cells, photo

METRICS = all_metrics()
PSNR = find_metric(METRICS, "psnr_rgb")

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


def curve(points: tuple[tuple[float, float], ...], label: str = "codec") -> Curve:
    return Curve([rate for rate, _ in points], [quality for _, quality in points], label)


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
        "bumpy: 1 of 11 points are not finite, left out",
        "bumpy: not monotone, 2 of 10 points left out",
    )
    # The better of two at one rate stays.
    rates, qualities, _ = curve((*BPG, (0.06777, 20.0))).front()
    assert list(zip(rates, qualities, strict=True)) == list(BPG)
    assert curve(()).front()[0].size == 0


def test_a_small_overlap_is_flagged() -> None:
    found = bd_rate(curve(BPG), curve(tuple((rate, quality + 15) for rate, quality in BPG)))
    assert found.flags == ("only 18% of their range of quality is common to both curves",)
    assert found.overlap == pytest.approx((47.6325 - 41.1951) / (62.6325 - 26.1951))


def by_series(table: pd.DataFrame, image: str = "") -> dict[str, Any]:
    """The rows of an image, or of mean curves, by series."""
    return {str(row["series"]): row for row in table.to_dict("records") if row["image"] == image}


def records(codec: str, rates: dict[str, list[float]], **changes: str) -> pd.DataFrame:
    """Rows of a codec whose PSNR rises 6 dB a doubling of the rate, for images at rates."""
    rows = [
        empty_cells()
        | {
            "dataset": "set",
            "image": image,
            "image_sha256": image * 3,
            "images": 1,
            "codec": codec,
            "version": "1",
            "knob": "q",
            "settings": f'{{"q":{place}}}',
            "bpp": rate,
            "psnr_rgb": 36 + 6 * math.log2(rate),
            "ms_ssim_rgb": 1 - 0.1 / rate,
            "status": "ok",
            "threads": 1,
        }
        | changes
        for image, points in rates.items()
        for place, rate in enumerate(points)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of three codecs: ``good`` needs half of what ``plain`` does on one image, and a quarter on the other."""
    rates = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0]
    plain = records("plain", {"a": rates, "b": rates})
    good = records("good", {"a": rates, "b": rates})
    good["bpp"] /= good["image"].map({"a": 2, "b": 4})
    partial = records("partial", {"a": rates})
    pd.concat([plain, good, partial]).to_csv(tmp_path / "records.csv", index=False)
    return tmp_path


def test_tables_of_records_have_the_mean_curve_and_the_images(folder: Path) -> None:
    table = bd_table(read_results([folder], METRICS), "plain", PSNR, every_image=True)
    assert by_series(table, "a")["good"]["bd_rate"] == pytest.approx(-50)
    assert by_series(table, "b")["good"]["bd_rate"] == pytest.approx(-75)
    whole = by_series(table)["good"]
    assert whole["bd_rate"] == pytest.approx(-62.5)
    assert whole["bd_metric"] > 6
    assert whole["image_mean"] == pytest.approx(-62.5)
    assert whole["image_std"] == pytest.approx(25 / math.sqrt(2))
    assert (whole["images"], whole["image_count"], whole["points"]) == (2, 2, 6)
    assert whole["flags"] == "2 images: no interval and no test, which need 6"
    assert all(math.isnan(whole[name]) for name in ("ci_low", "ci_high", "curve_ci_low", "curve_ci_high", "p_value"))
    assert "covers 1 images, the anchor 2" in by_series(table)["partial"]["flags"]
    assert math.isnan(by_series(table)["partial"]["bd_rate"])
    assert by_series(table, "a")["partial"]["bd_rate"] == 0


def test_summaries_do_where_there_are_no_records(folder: Path) -> None:
    from benchmark.analysis.table import read_records, summarise

    summarise(read_records(folder / "records.csv")).to_csv(folder / "summary.csv", index=False)
    table = by_series(bd_table(read_results([folder / "summary.csv"], METRICS), "plain", PSNR))
    assert table["good"]["bd_rate"] == pytest.approx(-62.5)
    assert table["good"]["image_count"] == 0
    assert table["good"]["flags"] == "no records of images: no interval and no test"
    assert "covers 1 images, the anchor 2" in table["partial"]["flags"]
    # Both files of one run are the same results.
    both = read_results([folder, folder / "summary.csv"], METRICS)
    assert bd_table(both, "plain", PSNR)["bd_rate"].tolist() == pytest.approx(
        bd_table(read_results([folder], METRICS), "plain", PSNR)["bd_rate"].tolist(), nan_ok=True
    )


def many(spread: float = 0.1) -> list[pd.DataFrame]:
    """``plain`` on eight images of differing rates, and ``good``, which needs 60 to 67 % of it."""
    names = "abcdefgh"
    plain = records("plain", {name: [0.25, 0.5, 1.0, 2.0, 4.0, 8.0] for name in names})
    plain["bpp"] *= plain["image"].map({name: 1 + place / 4 for place, name in enumerate(names)})
    good = plain.assign(codec="good")
    good["bpp"] *= good["image"].map({name: 0.6 + spread * place / 10 for place, name in enumerate(names)})
    return [plain, good]


def table_of(folder: Path, frames: list[pd.DataFrame], **options: Any) -> dict[str, Any]:
    pd.concat(frames).to_csv(folder / "records.csv", index=False)
    return by_series(bd_table(read_results([folder], METRICS), "plain", PSNR, **options))


def test_intervals_lie_around_both_means(tmp_path: Path) -> None:
    found = table_of(tmp_path, many())
    good = found["good"]
    assert good["image_mean"] == pytest.approx(-36.5)
    assert -40 < good["ci_low"] < -38 < -36.5 < good["ci_high"] < -33
    # The mean curve gives images with high rates, which gain least, more weight.
    assert -40 < good["curve_ci_low"] < good["bd_rate"] < good["curve_ci_high"] < -33
    assert good["bd_rate"] > good["image_mean"]
    assert good["p_value"] == pytest.approx(2 / 2**8)
    assert good["spread"] == pytest.approx(0, abs=1e-9)
    assert found["plain"]["flags"] == good["flags"] == ""
    assert (found["plain"]["ci_low"], found["plain"]["ci_high"]) == (0, 0)
    assert math.isnan(found["plain"]["p_value"])
    again = table_of(tmp_path, many()[::-1])["good"]
    columns = ["ci_low", "ci_high", "curve_ci_low", "curve_ci_high", "p_value"]
    assert [again[name] for name in columns] == pytest.approx([good[name] for name in columns], abs=1e-9)


def test_a_saving_that_is_the_same_everywhere_has_an_interval_of_no_width(tmp_path: Path) -> None:
    good = table_of(tmp_path, many(spread=0))["good"]
    columns = ["bd_rate", "curve_ci_low", "curve_ci_high", "image_mean", "ci_low", "ci_high"]
    assert [good[name] for name in columns] == pytest.approx([-40] * 6)


def test_images_that_one_side_lacks_are_named(tmp_path: Path) -> None:
    plain, good = many()
    good = good[good["image"] != "c"]
    found = table_of(tmp_path, [plain, good])["good"]
    assert "mean of images: good lacks 1, left out: c" in found["flags"]
    assert "refused: good covers 7 images, the anchor 8" in found["flags"]
    assert (found["image_count"], math.isnan(found["bd_rate"])) == (7, True)
    assert found["p_value"] == pytest.approx(2 / 2**7)
    plain, good = many()
    found = table_of(tmp_path, [plain[plain["image"] != "c"], good])["good"]
    assert "mean of images: plain lacks 1, left out: c" in found["flags"]


def test_images_without_a_bd_rate_are_named(tmp_path: Path) -> None:
    plain, good = many()
    good.loc[good["image"] == "b", "psnr_rgb"] += 60
    found = table_of(tmp_path, [plain, good])["good"]
    assert "mean of images: 1 of 8 have no BD-rate, left out: b" in found["flags"]
    assert found["image_count"] == 7


def test_interpolators_that_differ_are_flagged(tmp_path: Path) -> None:
    plain, good = many()
    good["psnr_rgb"] += (good["settings"] == '{"q":1}') * 5
    found = table_of(tmp_path, [plain, good])["good"]
    assert found["spread"] > 1
    assert f"interpolators differ by {found['spread']:.1f} points: pchip {found['bd_rate']:+.1f} %" in found["flags"]
    akima = table_of(tmp_path, [plain, good], interpolator="akima")["good"]
    assert akima["spread"] == pytest.approx(found["spread"])
    assert math.isnan(akima["curve_ci_low"])
    assert "its interval is computed with pchip alone" in akima["flags"]


def test_resamples_without_an_overlap_leave_no_interval(tmp_path: Path) -> None:
    plain, good = many()
    # Over all images the curves overlap by 3 dB. Good is on one image far better: drawn often, it lifts the mean away.
    good["psnr_rgb"] += 17 + 80 * (good["image"] == "a")
    found = table_of(tmp_path, [plain, good])["good"]
    assert not math.isnan(found["bd_rate"])
    assert math.isnan(found["curve_ci_low"])
    assert "mean curve: no interval, for some resamples of the images have no BD-rate" in found["flags"]


def test_many_curves_at_once_are_what_each_is_alone() -> None:
    rng = np.random.default_rng(5)
    tests = np.sort(rng.uniform(0.1, 4, (40, 8))), np.sort(rng.uniform(25, 45, (40, 8)))
    tests[1][::3, 4] -= 6  # curves that are not monotone, each in its way
    tests[1][1, 2], tests[1][2, 6:], tests[0][4, 5] = math.inf, math.nan, tests[0][4, 6]
    tests[1][5] -= 100
    anchors = np.tile([0.1, 0.4, 1, 2, 5], (40, 1)), np.sort(rng.uniform(25, 45, (40, 5)))
    found = bd_rates(fronts(*anchors), fronts(*tests))
    alone = [
        bd_rate(Curve(list(ar), list(aq)), Curve(list(tr), list(tq))).value
        for ar, aq, tr, tq in zip(*anchors, *tests, strict=True)
    ]
    assert found == pytest.approx(alone, nan_ok=True)
    assert 0 < np.isnan(alone).sum() < 10


def test_means_and_values_of_a_curve_are_those_of_scipy() -> None:
    from scipy.interpolate import PchipInterpolator

    rng = np.random.default_rng(6)
    x, y = (np.cumsum(rng.uniform(0.01, 3, (50, 7)), axis=1) for _ in range(2))
    low, high = x[:, 0] + (x[:, -1] - x[:, 0]) * 0.1, x[:, -1]
    curves = [PchipInterpolator(*points) for points in zip(x, y, strict=True)]
    means = [c.integrate(a, b) / (b - a) for c, a, b in zip(curves, low, high, strict=True)]
    assert pchip_means(x, y, low, high) == pytest.approx(means, rel=1e-12)
    for place in (low, high, x[:, 0], x[:, 3], (x[:, 2] + x[:, 3]) / 2):
        assert pchip_values(x, y, place) == pytest.approx([float(c(p)) for c, p in zip(curves, place, strict=True)])
    assert np.isnan(pchip_values(x, y, x[:, -1] + 1e-9)).all()


def test_the_hull_keeps_points_that_no_mixture_beats() -> None:
    points = ((1.0, 30.0), (2.0, 32.0), (3.0, 36.0), (3.0, 35.0), (5.0, 38.0), (4.0, 37.5), (6.0, 38.0), (9, math.inf))
    hull = dataclasses.replace(curve(points), points=tuple(range(8))).hull()
    assert list(zip(hull.rates, hull.qualities, strict=True)) == [(1, 30), (3, 36), (4, 37.5), (5, 38)]
    assert hull.points == (0, 2, 5, 4)
    assert list(curve(()).hull().rates) == []


def test_a_codec_s_settings_merge_to_their_hull(tmp_path: Path) -> None:
    plain, good = many()
    fast = good.assign(codec="two", settings=good["settings"].str.replace("}", ',"fast":true}'))
    slow = fast.assign(settings=fast["settings"].str.replace("true", "false"), bpp=fast["bpp"] * 0.9)
    slow = slow[slow["settings"].isin(['{"q":1,"fast":false}', '{"q":2,"fast":false}'])]
    pd.concat([plain, good, fast, slow]).to_csv(tmp_path / "records.csv", index=False)
    results = read_results([tmp_path], METRICS)
    assert [curve.label for curve in results.curves(PSNR)][2:] == ["two (fast=True)", "two (fast=False)"]
    table = bd_table(results, "plain", PSNR, hull=True, every_image=True)
    whole, single = by_series(table), by_series(table, "a")
    assert list(whole) == ["plain", "good", "two"]
    assert (whole["two"]["points"], single["two"]["points"]) == (6, 6)
    assert whole["two"]["bd_rate"] < whole["good"]["bd_rate"] - 2
    assert whole["two"]["curve_ci_low"] < whole["two"]["bd_rate"] < whole["two"]["curve_ci_high"]
    assert single["two"]["bd_rate"] < single["good"]["bd_rate"] - 2
    with pytest.raises(UsageError, match=r"'two \(fast=True\)' is no series of the results; .* plain; good; two"):
        bd_table(results, "two (fast=True)", PSNR, hull=True)


@pytest.mark.parametrize("column", ["psnr_rgb", "ms_ssim_rgb"])
def test_samples_of_images_have_the_mean_curve_as_their_mean(tmp_path: Path, column: str) -> None:
    metric = find_metric(METRICS, column)
    plain, good = many()
    plain["images"] = plain["image"].map({name: 1 + place for place, name in enumerate("abcdefgh")})
    pd.concat([plain, good]).to_csv(tmp_path / "records.csv", index=False)
    results = read_results([tmp_path], METRICS)
    for whole in results.curves(metric):
        samples = results.samples(whole, metric)
        assert samples is not None
        rates, qualities = samples.means(np.full((1, 8), 1 / 8))
        assert rates[0] == pytest.approx(whole.rates)
        assert qualities[0] == pytest.approx(whole.qualities)


def test_points_that_cover_fewer_images_are_left_out_and_told(folder: Path) -> None:
    rows = pd.read_csv(folder / "records.csv", keep_default_na=False)
    rows.loc[(rows["codec"] == "good") & (rows["image"] == "b") & (rows["settings"] == '{"q":0}'), "status"] = "failed"
    rows.to_csv(folder / "records.csv", index=False)
    found = by_series(bd_table(read_results([folder], METRICS), "plain", PSNR))["good"]
    assert "good: 1 points cover other images or fewer, left out" in found["flags"]
    assert found["points"] == 5
    assert found["bd_rate"] == pytest.approx(-62.5)


def test_other_pixels_under_a_name_are_other_images(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    rates = [0.25, 0.5, 1.0, 2.0, 4.0]
    records("new", {"a": rates, "b": rates}, image_sha256="else").to_csv(tmp_path / "new" / "records.csv", index=False)
    table = by_series(bd_table(read_results([folder, tmp_path / "new"], METRICS), "plain", PSNR))
    assert "refused: 2 of the images of new are not those of the anchor" in table["new"]["flags"]


def test_matched_points_are_a_series_of_their_own(folder: Path) -> None:
    rows = pd.read_csv(folder / "records.csv", keep_default_na=False)
    matched = records("plain", {"a": [0.3], "b": [0.3]}, settings="{}", target="bpp<=0.3", target_column="bpp")
    pd.concat([rows, matched]).to_csv(folder / "records.csv", index=False)
    labels = [curve.label for curve in read_results([folder], METRICS).curves(PSNR)]
    assert labels == ["plain", "good", "partial", "plain, matched bpp"]


def test_points_of_one_codec_may_have_weights_of_their_own(tmp_path: Path) -> None:
    learned = records("learned", {"a": [0.25, 0.5, 1.0, 2.0]})
    learned["version"] = "keras 3"
    learned["weights"] = [f"{place:08x}" for place in range(4)]
    learned.to_csv(tmp_path / "records.csv", index=False)
    (whole,) = read_results([tmp_path], METRICS).curves(PSNR)
    assert (whole.label, len(whole.rates)) == ("learned", 4)
    learned.loc[:1, "version"] = "keras 4"
    learned.to_csv(tmp_path / "records.csv", index=False)
    labels = [curve.label for curve in read_results([tmp_path], METRICS).curves(PSNR)]
    assert labels == ["learned by keras 4", "learned by keras 3"]


def test_an_anchor_of_several_series_has_to_be_chosen(folder: Path) -> None:
    rows = pd.read_csv(folder / "records.csv", keep_default_na=False)
    fast = records("plain", {"a": [1.0], "b": [1.0]}, settings='{"q":0,"fast":true}')
    rows["settings"] = rows["settings"].str.replace("}", ',"fast":false}')
    pd.concat([rows, fast]).to_csv(folder / "records.csv", index=False)
    results = read_results([folder], METRICS)
    with pytest.raises(UsageError, match=r"several series .* one of: plain \(fast=False\); plain \(fast=True\)"):
        bd_table(results, "plain", PSNR)
    table = by_series(bd_table(results, "plain (fast=False)", PSNR))
    assert table["good"]["bd_rate"] == pytest.approx(-62.5)
    assert "has 1 point, needs 4" in table["plain (fast=True)"]["flags"]


def test_files_that_are_no_results_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_results([tmp_path / "none"], METRICS)
    with pytest.raises(UsageError, match=r"holds neither records\.csv nor summary\.csv"):
        read_results([tmp_path], METRICS)
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(RecordsError, match="neither the records nor the summary"):
        read_results([tmp_path / "x.csv"], METRICS)
    (tmp_path / "x.csv").write_text("")
    with pytest.raises(RecordsError, match="cannot be read as CSV"):
        read_results([tmp_path / "x.csv"], METRICS)


@pytest.mark.slow
def test_the_command_prints_and_writes(rdbench: Run, tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "pictures").mkdir()
    for index in range(2):
        Image.fromarray(photo(176, 192, 3, index)).save(tmp_path / "pictures" / f"{index}.png")
    rdbench(
        "run",
        "--codecs",
        "jpeg,webp",
        "--dataset",
        "folder:pictures",
        "--metrics",
        "psnr,ms_ssim,mse",
        "--set",
        "jpeg.quality=10,30,50,70,90",
        "--set",
        "webp.quality=5,25,50,75,95",
        "--out",
        "out",
    )
    done = rdbench("bdrate", "out", "--anchor", "jpeg", "--images", "--out", "bd.csv")
    assert "psnr_rgb (dB) against jpeg" in done.stdout
    table = pd.read_csv(tmp_path / "bd.csv", keep_default_na=False)
    assert list(table["image"]) == ["", "0.png", "1.png"] * 2
    assert (table["bd_rate"][:3].astype(float) == 0).all()
    assert (table["bd_rate"][3:].astype(float) != 0).all()
    assert "2 images: no interval and no test, which need 6" in done.stdout
    rdbench("bdrate", "out", "--anchor", "jpeg", "--hull")
    rdbench("bdrate", "out/summary.csv", "--anchor", "jpeg", "--metric", "ms_ssim", "--out", "bd.md")
    lines = (tmp_path / "bd.md").read_text().splitlines()
    assert lines[0].startswith("| dataset | series |")
    assert len(lines) == 4
    for words, complaint in [
        (["out", "--anchor", "png"], "anchor 'png' is no series of the results; name one of: jpeg; webp"),
        (["out", "--anchor", "jpeg", "--metric", "vmaf"], "unknown metric 'vmaf'"),
        (["out", "--anchor", "jpeg", "--out", "bd.txt"], "ends in .csv or .md"),
    ]:
        done = rdbench("bdrate", *words, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
        assert complaint in done.stderr


def test_images_on_which_a_metric_is_not_defined_count_in_neither_mean_nor_interval(tmp_path: Path) -> None:
    """Six colour pictures, and two grey ones of other rates, on which the metric has no value."""
    plain, good = many()
    for frame in (plain, good):
        grey = frame["image"].isin(["g", "h"])
        frame.loc[grey, "psnr_rgb"] = math.nan
        frame.loc[grey, "bpp"] *= 5
    pd.concat([plain, good]).to_csv(tmp_path / "records.csv", index=False)
    colour = tmp_path / "colour.csv"
    pd.concat([plain, good]).dropna(subset="psnr_rgb").to_csv(colour, index=False)
    found, expected = (
        by_series(bd_table(read_results([path], METRICS), "plain", PSNR))["good"]
        for path in (tmp_path / "records.csv", colour)
    )
    assert found["flags"] == "psnr_rgb has no value on 2 images, left out"
    assert (found["images"], found["image_count"]) == (6, 6)
    told = ("bd_rate", "curve_ci_low", "curve_ci_high", "image_mean", "ci_low", "ci_high", "p_value", "bd_metric")
    assert not any(math.isnan(found[name]) for name in told)
    assert [found[name] for name in told] == pytest.approx([expected[name] for name in told])
