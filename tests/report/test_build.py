"""What a report is made of, and its figures."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from benchmark.analysis.references.reference import ForeignMetric, Reference, reference_text
from benchmark.errors import RecordsError, UsageError
from benchmark.plugins import all_metrics
from benchmark.report import build
from benchmark.report.build import collect, drawings, picture_drawings, write_tables
from benchmark.report.content import Report
from benchmark.report.figures.style import PRINT, REFERENCE, WIDTHS
from benchmark.system.pool import Pool
from tests.report.examples import shown

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


def write_all(report: Report, folder: Path, **more: Any) -> dict[str, bytes]:
    files = write_tables(report.tables, folder)
    for drawing in [*drawings(report, folder, **more), *picture_drawings(report, folder)]:
        files += drawing()
    assert len(files) == len(set(files))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.slow
def test_the_same_results_give_the_same_bytes(results: Path, pool: Pool, tmp_path: Path) -> None:
    found = []
    for name in ("one", "other"):
        report = collect([results], METRICS, chosen=SHOWN[:1])
        pictures, _ = shown(report, pool, count=1)
        found.append(write_all(replace(report, pictures=pictures), tmp_path / name))
    assert found[0] == found[1]
    assert {name for name in found[0] if not name.endswith(TABLES)} == {
        "rd_psnr_rgb.svg",
        "bars.svg",
        "heatmap.svg",
        "pareto.svg",
        "crops_b-png.webp",
        "errors_b-png.webp",
    }
    assert {"bdrate.csv", "bdrate.tex", "points.md"} <= set(found[0])


@pytest.mark.slow
def test_figures_are_as_wide_as_columns_and_embed_truetype(report: Report, tmp_path: Path) -> None:
    write_all(replace(report, metrics=report.metrics[:1]), tmp_path, forms=PRINT, single=True)
    for end, width in {"": WIDTHS["double"], "_single": WIDTHS["single"]}.items():
        for kind in ("rd_psnr_rgb", "bars", "heatmap"):
            with Image.open(tmp_path / f"{kind}{end}.png") as image:
                assert image.width == round(width * 300)
            content = (tmp_path / f"{kind}{end}.pdf").read_bytes()
            assert b"/Type3" not in content
            assert b"/FontFile2" in content
            assert b"<text" not in (tmp_path / f"{kind}{end}.svg").read_bytes()  # outlines need no font


def test_curves_of_others_that_are_no_codec_are_drawn_in_grey(report: Report, results: Path, tmp_path: Path) -> None:
    dataset = report.results.summary["dataset"].iloc[0]
    theirs = Reference(
        dataset,
        "theirs",
        "a paper",
        ForeignMetric("psnr", "rgb", "dB", "images"),
        3,
        (0.2, 0.5, 1.0),
        (25.0, 30.0, 34.0),
    )
    (tmp_path / "theirs.csv").write_text(reference_text([theirs]), encoding="utf-8")
    both = collect([results, tmp_path / "theirs.csv"], METRICS, chosen=SHOWN)
    assert [curve.label for curve in both.references["psnr_rgb"]] == ["theirs"]
    assert both.references["ms_ssim_rgb"] == []
    drawings(both, tmp_path)[0]()
    text = (tmp_path / "rd_psnr_rgb.svg").read_text(encoding="utf-8")
    assert "<!-- theirs -->" in text
    assert REFERENCE.lower() in text
    other = replace(theirs, metric=ForeignMetric("psnr", "y", "dB", "images"))
    (tmp_path / "theirs.csv").write_text(reference_text([other]), encoding="utf-8")
    with pytest.raises(UsageError, match="must not be mixed"):
        collect([results, tmp_path / "theirs.csv"], METRICS, chosen=SHOWN)


def test_curves_are_drawn_over_one_space_unless_metrics_are_named(results: Path, tmp_path: Path) -> None:
    report = collect([results], METRICS, chosen=["psnr_rgb", "psnr_y", "ms_ssim_y"])

    def curves(**more: Any) -> list[str]:
        for drawing in drawings(report, tmp_path, **more):
            drawing()
        return sorted(path.name for path in tmp_path.glob("rd_*"))

    assert curves(metrics=report.metrics) == ["rd_ms_ssim_y.svg", "rd_psnr_rgb.svg", "rd_psnr_y.svg"]
    # Those of the report before, which this one has not, are gone.
    assert curves() == ["rd_ms_ssim_y.svg", "rd_psnr_rgb.svg"]


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
