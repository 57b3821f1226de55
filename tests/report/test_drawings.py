"""The figures of a report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmark.analysis.references.reference import ForeignMetric, Reference, reference_text
from benchmark.errors import UsageError
from benchmark.plugins import all_metrics
from benchmark.report.build import collect, write_tables
from benchmark.report.content import Report
from benchmark.report.drawings import drawings, picture_drawings
from benchmark.report.figures.style import PRINT, REFERENCE, WIDTHS
from benchmark.system.pool import Pool
from tests.report.examples import shown

METRICS, SHOWN = all_metrics(), ["psnr", "ms_ssim"]


TABLES = (".csv", ".md", ".tex")


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
        written = [path.name for drawing in drawings(report, tmp_path, **more) for path in drawing()]
        return sorted(name for name in written if name.startswith("rd_"))

    assert curves(metrics=report.metrics) == ["rd_ms_ssim_y.svg", "rd_psnr_rgb.svg", "rd_psnr_y.svg"]
    assert curves() == ["rd_ms_ssim_y.svg", "rd_psnr_rgb.svg"]
