"""What a report is made of."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from benchmark.errors import RecordsError, UsageError
from benchmark.plugins import all_metrics
from benchmark.report import build
from benchmark.report.build import collect
from benchmark.report.content import Report
from benchmark.report.drawings import drawings
from benchmark.system.pool import Pool

METRICS, SHOWN = all_metrics(), ["psnr", "ms_ssim"]


TABLES = (".csv", ".md", ".tex")


def test_a_report_is_made_of_what_the_files_say(report: Report, results: Path) -> None:
    assert report.anchor == "jpeg"
    assert [metric.column for metric in report.metrics] == ["psnr_rgb", "ms_ssim_rgb"]
    assert report.notes == []
    assert list(report.manifests) == [results.as_posix()]
    images = report.bd[(report.bd["series"] == "webp") & (report.bd["metric"] == "psnr_rgb")]["image"]
    assert list(images) == ["", "a_flat.png", "b.png", "c.png"]


def test_a_csv_file_alone_gives_a_report_that_says_what_is_missing(results: Path, tmp_path: Path) -> None:
    shutil.copy(results / "records.csv", tmp_path / "records.csv")
    report = collect([tmp_path / "records.csv"], METRICS, chosen=SHOWN)
    names = ["bdrate", "bdrate-metrics", "matched", "costs", "points", "protocol"]
    assert [table.name for table in report.tables] == names
    assert "no manifest.json" in report.notes[0]


def test_where_the_usual_anchor_is_not_there_another_is_told(results: Path, tmp_path: Path) -> None:
    records = pd.read_csv(results / "records.csv", dtype=str, keep_default_na=False)
    records[records["codec"] == "webp"].to_csv(tmp_path / "records.csv", index=False)
    found = collect([tmp_path], METRICS, chosen=SHOWN)
    assert found.anchor == "webp"
    assert "the results have no jpeg, so BD-rates are against webp: --anchor names another" in found.notes
    assert not any("have no jpeg" in note for note in collect([tmp_path], METRICS, anchor="webp", chosen=SHOWN).notes)
    with pytest.raises(UsageError, match="jpeg"):
        collect([tmp_path], METRICS, anchor="jpeg", chosen=SHOWN)


def test_metrics_without_values_are_refused(results: Path) -> None:
    with pytest.raises(UsageError, match="no result has a value of ssim_rgb"):
        collect([results], METRICS, chosen=["ssim"])
    assert (
        "no row has a value of ssim_rgb: it is left out" in collect([results], METRICS, chosen=["psnr", "ssim"]).notes
    )
    with pytest.raises(UsageError, match=r"unknown metric 'snr'"):
        collect([results], METRICS, chosen=["snr"])


def test_a_torn_manifest_is_told(results: Path, tmp_path: Path) -> None:
    shutil.copy(results / "records.csv", tmp_path / "records.csv")
    (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(RecordsError, match="cannot be read as a manifest"):
        collect([tmp_path], METRICS, chosen=SHOWN)


def test_each_data_set_has_figures_and_tables_of_its_own(results: Path, tmp_path: Path) -> None:
    records = pd.read_csv(results / "records.csv", dtype=str, keep_default_na=False)
    both = pd.concat([records, records.assign(dataset="other (3 of 4)")])
    both.to_csv(tmp_path / "records.csv", index=False)
    report = collect([tmp_path], METRICS, chosen=SHOWN[:1])
    assert "bdrate-other-3-of-4" in {table.name for table in report.tables}
    drawn = [path for drawing in drawings(report, tmp_path) for path in drawing()]
    folders = {path.parent.name for path in drawn if path.name == "bars.svg"}
    assert len(folders) == 2
    assert "other-3-of-4" in folders


def test_results_of_many_images_have_no_bd_rates_of_single_ones(
    results: Path, report: Report, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "MOST_IMAGES", 2)
    many = collect([results], METRICS, chosen=SHOWN)
    assert set(many.bd["image"]) == {""}
    assert any("no BD-rates of single images are shown: there are 3," in note for note in many.notes)
    means = report.bd[report.bd["image"] == ""].reset_index(drop=True)
    pd.testing.assert_frame_equal(many.bd, means)
    drawn = [path for drawing in drawings(many, tmp_path) for path in drawing()]
    assert not [path for path in drawn if path.stem == "heatmap"]
