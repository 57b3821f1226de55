"""Bjøntegaard deltas: known answers, an independent implementation, published pairs, and what is refused."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.bdrate import INTERPOLATORS, bd_metric, bd_rate, bd_table
from benchmark.analysis.curve import Curve, read_results
from benchmark.errors import RecordsError, UsageError
from benchmark.record import columns
from tests.conftest import Run, photo
from tests.test_published import JPEG, WEBP

# Kodak, mean over the 24 images: bpp and PSNR-RGB, as CompressAI published them. BPG 0.9.8 with x265, 4:4:4, and
# OpenJPEG through FFmpeg 3.4.6.
BPG = (
    (0.06777, 26.1951), (0.16102, 28.6815), (0.35155, 31.5947), (0.68470, 34.8575), (1.19967, 38.2599),
    (1.92971, 41.4789), (3.05788, 44.7031), (4.70314, 47.6325),
)
JPEG2000 = (
    (2.39732, 39.7920), (1.19824, 35.6807), (0.79828, 33.4900), (0.59883, 32.0897), (0.47929, 31.0746),
    (0.39862, 30.3008), (0.34184, 29.6961), (0.29856, 29.1917), (0.26573, 28.7742), (0.23941, 28.4166),
    (0.21757, 28.0992), (0.19917, 27.7966), (0.18444, 27.5545), (0.17067, 27.3170), (0.15948, 27.1183),
    (0.14888, 26.9228), (0.14076, 26.7574), (0.13246, 26.5862), (0.12580, 26.4404),
)
# VTM 9.1, Cheng et al. 2020 (anchor, MSE) and HPCM-Large (2025): BD-rate against BPG was published of each.
VTM = (
    (0.04824, 26.1448), (0.11250, 28.4930), (0.24582, 31.1999), (0.49055, 34.2615), (0.87481, 37.4198),
    (1.43085, 40.4244), (2.32461, 43.5058), (3.63261, 46.5918),
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
        "bumpy: 1 of 11 points are not finite, left out", "bumpy: not monotone, 2 of 10 points left out",
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
        dict.fromkeys(columns(), "") | {
            "dataset": "set", "image": image, "image_sha256": image * 3, "images": 1, "codec": codec, "version": "1",
            "knob": "q", "settings": f'{{"q":{place}}}', "bpp": rate, "psnr_rgb": 36 + 6 * math.log2(rate),
            "ms_ssim_rgb": 1 - 0.1 / rate, "status": "ok", "threads": 1,
        } | changes
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
    table = bd_table(read_results([folder]), "plain", "psnr_rgb", every_image=True)
    assert by_series(table, "a")["good"]["bd_rate"] == pytest.approx(-50)
    assert by_series(table, "b")["good"]["bd_rate"] == pytest.approx(-75)
    whole = by_series(table)["good"]
    assert whole["bd_rate"] == pytest.approx(-62.5)
    assert whole["bd_metric"] > 6
    assert whole["image_mean"] == pytest.approx(-62.5)
    assert whole["image_std"] == pytest.approx(25 / math.sqrt(2))
    assert (whole["images"], whole["image_count"], whole["points"], whole["flags"]) == (2, 2, 6, "")
    assert "covers 1 images, the anchor 2" in by_series(table)["partial"]["flags"]
    assert math.isnan(by_series(table)["partial"]["bd_rate"])
    assert by_series(table, "a")["partial"]["bd_rate"] == 0


def test_summaries_do_where_there_are_no_records(folder: Path) -> None:
    from benchmark.analysis.table import read_records, summarise

    summarise(read_records(folder / "records.csv")).to_csv(folder / "summary.csv", index=False)
    table = by_series(bd_table(read_results([folder / "summary.csv"]), "plain", "psnr_rgb"))
    assert table["good"]["bd_rate"] == pytest.approx(-62.5)
    assert table["good"]["image_count"] == 0
    assert "covers 1 images, the anchor 2" in table["partial"]["flags"]
    # Both files of one run are the same results.
    both = read_results([folder, folder / "summary.csv"])
    assert bd_table(both, "plain", "psnr_rgb")["bd_rate"].tolist() == pytest.approx(
        bd_table(read_results([folder]), "plain", "psnr_rgb")["bd_rate"].tolist(), nan_ok=True
    )


def test_points_that_cover_fewer_images_are_left_out_and_told(folder: Path) -> None:
    rows = pd.read_csv(folder / "records.csv", keep_default_na=False)
    rows.loc[(rows["codec"] == "good") & (rows["image"] == "b") & (rows["settings"] == '{"q":0}'), "status"] = "failed"
    rows.to_csv(folder / "records.csv", index=False)
    found = by_series(bd_table(read_results([folder]), "plain", "psnr_rgb"))["good"]
    assert found["flags"] == "good: 1 points cover other images or fewer, left out"
    assert found["points"] == 5
    assert found["bd_rate"] == pytest.approx(-62.5)


def test_other_pixels_under_a_name_are_other_images(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    rates = [0.25, 0.5, 1.0, 2.0, 4.0]
    records("new", {"a": rates, "b": rates}, image_sha256="else").to_csv(tmp_path / "new" / "records.csv", index=False)
    table = by_series(bd_table(read_results([folder, tmp_path / "new"]), "plain", "psnr_rgb"))
    assert table["new"]["flags"] == "refused: 2 of the images of new are not those of the anchor"


def test_matched_points_are_a_series_of_their_own(folder: Path) -> None:
    rows = pd.read_csv(folder / "records.csv", keep_default_na=False)
    matched = records("plain", {"a": [0.3], "b": [0.3]}, settings="{}", target="bpp<=0.3")
    pd.concat([rows, matched]).to_csv(folder / "records.csv", index=False)
    labels = [curve.label for curve in read_results([folder]).curves("psnr_rgb")]
    assert labels == ["plain", "good", "partial", "plain, matched bpp"]


def test_points_of_one_codec_may_have_weights_of_their_own(tmp_path: Path) -> None:
    learned = records("learned", {"a": [0.25, 0.5, 1.0, 2.0]})
    learned["version"] = [f"keras 3, weights {place:08x}" for place in range(4)]
    learned.to_csv(tmp_path / "records.csv", index=False)
    (whole,) = read_results([tmp_path]).curves("psnr_rgb")
    assert (whole.label, len(whole.rates)) == ("learned", 4)
    learned.loc[:1, "version"] = "keras 4, weights 00000000"
    learned.to_csv(tmp_path / "records.csv", index=False)
    labels = [curve.label for curve in read_results([tmp_path]).curves("psnr_rgb")]
    assert labels == ["learned by keras 4", "learned by keras 3"]


def test_an_anchor_of_several_series_has_to_be_chosen(folder: Path) -> None:
    rows = pd.read_csv(folder / "records.csv", keep_default_na=False)
    fast = records("plain", {"a": [1.0], "b": [1.0]}, settings='{"q":0,"fast":true}')
    rows["settings"] = rows["settings"].str.replace("}", ',"fast":false}')
    pd.concat([rows, fast]).to_csv(folder / "records.csv", index=False)
    results = read_results([folder])
    with pytest.raises(UsageError, match=r"several series .* one of: plain \(fast=False\); plain \(fast=True\)"):
        bd_table(results, "plain", "psnr_rgb")
    table = by_series(bd_table(results, "plain (fast=False)", "psnr_rgb"))
    assert table["good"]["bd_rate"] == pytest.approx(-62.5)
    assert "has 1 point, needs 4" in table["plain (fast=True)"]["flags"]


def test_files_that_are_no_results_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_results([tmp_path / "none"])
    with pytest.raises(UsageError, match=r"holds neither records\.csv nor summary\.csv"):
        read_results([tmp_path])
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(RecordsError, match="neither the records nor the summary"):
        read_results([tmp_path / "x.csv"])
    (tmp_path / "x.csv").write_text("")
    with pytest.raises(RecordsError, match="cannot be read as CSV"):
        read_results([tmp_path / "x.csv"])


def test_the_command_prints_and_writes(rdbench: Run, tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "pictures").mkdir()
    for index in range(2):
        Image.fromarray(photo(176, 192, 3, index)).save(tmp_path / "pictures" / f"{index}.png")
    rdbench(
        "run", "--codecs", "jpeg,webp", "--dataset", "folder:pictures", "--metrics", "psnr,ms_ssim,mse",
        "--set", "jpeg.quality=10,30,50,70,90", "--set", "webp.quality=5,25,50,75,95", "--out", "out",
    )
    done = rdbench("bdrate", "out", "--anchor", "jpeg", "--images", "--out", "bd.csv")
    assert "psnr_rgb (dB) against jpeg" in done.stdout
    table = pd.read_csv(tmp_path / "bd.csv", keep_default_na=False)
    assert list(table["image"]) == ["", "0.png", "1.png"] * 2
    assert (table["bd_rate"][:3].astype(float) == 0).all()
    assert (table["bd_rate"][3:].astype(float) != 0).all()
    rdbench("bdrate", "out/summary.csv", "--anchor", "jpeg", "--metric", "ms_ssim", "--out", "bd.md")
    lines = (tmp_path / "bd.md").read_text().splitlines()
    assert lines[0].startswith("| dataset | series |")
    assert len(lines) == 4
    for words, complaint in [
        (["out", "--anchor", "png"], "anchor 'png' is no series of the results; name one of: jpeg; webp"),
        (["out", "--anchor", "jpeg", "--metric", "vmaf"], "unknown metric 'vmaf'"),
        (["out", "--anchor", "jpeg", "--metric", "mse"], "falls as the quality rises"),
        (["out", "--anchor", "jpeg", "--out", "bd.txt"], "ends in .csv or .md"),
    ]:
        done = rdbench("bdrate", *words, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
        assert complaint in done.stderr
