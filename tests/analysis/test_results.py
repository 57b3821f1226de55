"""Curves from the files of runs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmark.analysis.results import read_results
from benchmark.errors import RecordsError, UsageError
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from tests.analysis.examples import many, records

METRICS = all_metrics()


PSNR = find_metric(METRICS, "psnr_rgb")


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
        rates, qualities = samples.means()
        assert rates[0] == pytest.approx(whole.rates)
        assert qualities[0] == pytest.approx(whole.qualities)


def test_what_is_done_to_points_changes_those_of_nobody_else(folder: Path) -> None:
    results = read_results([folder], METRICS)
    points, curves = results.points(PSNR), results.curves(PSNR)
    kept, names = points.copy(), [curve.label for curve in curves]
    points["quality"] = 0.0
    points.loc[:, "rate"] = 1.0
    curves.clear()
    pd.testing.assert_frame_equal(results.points(PSNR), kept)
    assert [curve.label for curve in results.curves(PSNR)] == names


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


def test_files_that_are_no_results_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_results([tmp_path / "none"], METRICS)
    with pytest.raises(UsageError, match=r"holds neither records nor summary\.csv"):
        read_results([tmp_path], METRICS)
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(RecordsError, match="neither the records nor the summary"):
        read_results([tmp_path / "x.csv"], METRICS)
    (tmp_path / "x.csv").write_text("")
    with pytest.raises(RecordsError, match="cannot be read as CSV"):
        read_results([tmp_path / "x.csv"], METRICS)


def test_rows_know_their_operating_point_and_their_image(tmp_path: Path) -> None:
    plain, good = many()
    again = plain[plain["settings"] == '{"q":0}'].assign(bpp=0.3)
    pd.concat([plain[::-1], good, again]).to_csv(tmp_path / "records.csv", index=False)
    results = read_results([tmp_path], METRICS)
    rows = results.records
    assert len(rows) == len(plain) + len(good), "of two rows of one thing the last counts"
    assert set(rows.loc[rows["settings"] == '{"q":0}', "bpp"]) >= {0.3}
    assert sorted(set(zip(rows["item"], rows["covers"], strict=True))) == [
        (place, f"{name} {name * 3}") for place, name in enumerate("abcdefgh")
    ]
    own = results.summary.set_index("point").loc[rows["point"]]
    for name in ("codec", "settings", "series", "hull"):
        assert rows[name].tolist() == own[name].tolist()


def of(codec: str, settings: str, version: str = "1.0", image: str = "a") -> pd.DataFrame:
    rows = records(codec, {image: [0.2, 0.4, 0.6, 0.8]})
    knobs = [f'{{"q":{place}{settings}}}' for place in range(len(rows))]
    return rows.assign(settings=knobs, version=version, knob="q")


def names_of(tmp_path: Path, *folders: pd.DataFrame) -> list[str]:
    paths = []
    for number, rows in enumerate(folders):
        paths.append(tmp_path / str(number))
        paths[-1].mkdir(exist_ok=True)
        rows.to_csv(paths[-1] / "records.csv", index=False)
    return list(dict.fromkeys(read_results(paths, METRICS).summary["series"]))


def test_another_folder_renames_no_series(tmp_path: Path) -> None:
    first = pd.concat([of("webp", ',"lossless":false'), of("jpeg", ',"sub":"420"'), of("jpeg", ',"sub":"444"')])
    alone = names_of(tmp_path, first)
    assert alone == ["webp", "jpeg (sub=420)", "jpeg (sub=444)"]
    lossless = pd.concat([of("webp", ',"lossless":true'), of("png", ""), of("jpeg", ',"sub":"444"')])
    assert set(names_of(tmp_path, first, lossless)) == {*alone, "webp (lossless=True)", "png"}
    assert set(names_of(tmp_path, lossless)) == {"webp", "png", "jpeg"}
    both = {"webp", "png", "jpeg", "webp (lossless=False)", "jpeg (sub=420)"}
    assert set(names_of(tmp_path, lossless, first)) == both


def test_another_version_in_another_folder_has_it_in_its_name(tmp_path: Path) -> None:
    newer = of("jpeg", "", version="2.0", image="b")
    assert names_of(tmp_path, of("jpeg", ""), newer) == ["jpeg", "jpeg by 2.0"]
    both = pd.concat([of("jpeg", ""), newer])
    assert names_of(tmp_path, both) == ["jpeg by 1.0", "jpeg by 2.0"]
    assert names_of(tmp_path, both, of("jpeg", "", version="3.0", image="c"))[2] == "jpeg by 3.0"
