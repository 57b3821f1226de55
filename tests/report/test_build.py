"""The report: figures, tables and pictures from the records of runs."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmark.analysis.references.reference import ForeignMetric, Reference, reference_text
from benchmark.errors import RecordsError, UsageError
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from benchmark.report.build import collect, drawings, picture_drawings, write_tables
from benchmark.report.content import Report
from benchmark.report.figures.charts import draw_bars, draw_pareto
from benchmark.report.figures.mosaic import draw_crops, draw_errors
from benchmark.report.figures.picture import DecodedCrop, Picture
from benchmark.report.figures.style import PRINT, REFERENCE, WIDTHS, checked_forms
from benchmark.report.tables.latex import escape, latex
from benchmark.report.tables.table import Table
from benchmark.report.tables.text import best_rows, markdown_table
from benchmark.run.runner import run_study
from benchmark.run.study import resolve
from benchmark.system.pool import Pool, process_pool
from benchmark.workflows.pictures import CROP, Box, parse_box, show
from tests.conftest import Run, photo

METRICS, SHOWN = all_metrics(), ["psnr", "ms_ssim"]
TABLES = (".csv", ".md", ".tex")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures: one flat but for noise, in a corner of which lie fine stripes, and two of texture."""
    folder = tmp_path_factory.mktemp("photos") / "set_1%"
    folder.mkdir()
    flat = np.full((320, 400, 3), 110, np.uint8)
    flat[200:, 280:] = photo(120, 120)
    flat[200:, 280:][:, ::2] //= 3
    for name, pixels in {"a_flat": flat, "b": photo(256, 256), "c": photo(224, 288, seed=3)}.items():
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="module")
def results(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of two codecs on them."""
    out = tmp_path_factory.mktemp("results") / "small"
    study, _ = resolve(
        codecs={"jpeg": {"quality": [5, 15, 30, 50, 70, 90]}, "webp": {"quality": [2, 10, 30, 50, 70, 90]}},
        dataset=f"folder:{photos}",
        metrics=["psnr", "ms_ssim"],
    )
    run_study(study, out=out, data_root=None, jobs=2, command="python -m benchmark run")
    return out


@pytest.fixture(scope="module")
def report(results: Path) -> Report:
    return collect([results], METRICS, chosen=SHOWN)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with process_pool(2) as workers:
        yield workers


def shown(report: Report, pool: Pool, **more: Any) -> tuple[list[Picture], list[str]]:
    return show(report.results, "psnr_rgb", pool, **more)


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
    assert [table.name for table in report.tables] == ["bdrate", "bdrate-metrics", "matched", "costs", "points"]
    assert "no manifest.json" in report.notes[0]


def test_an_anchor_that_is_not_there_names_those_that_are(results: Path, tmp_path: Path) -> None:
    records = pd.read_csv(results / "records.csv", dtype=str, keep_default_na=False)
    records[records["codec"] == "webp"].to_csv(tmp_path / "records.csv", index=False)
    with pytest.raises(UsageError, match="no jpeg to compare with: name another with --anchor, one of: webp"):
        collect([tmp_path], METRICS, chosen=SHOWN)
    assert collect([tmp_path], METRICS, anchor="webp", chosen=SHOWN).anchor == "webp"


def test_metrics_without_values_are_refused(results: Path) -> None:
    with pytest.raises(UsageError, match="no result has a value of ssim_rgb"):
        collect([results], METRICS, chosen=["ssim"])
    with pytest.raises(UsageError, match=r"unknown metric 'vmaf'; known: mse_rgb, .*psnr_rgb"):
        collect([results], METRICS, chosen=["vmaf"])


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


def test_points_of_the_plane_of_rate_and_time_are_named(tmp_path: Path) -> None:
    points = pd.DataFrame(
        {
            "series": ["a", "b", "c", "d"],
            "decode_s_per_mp": [0.01, 0.1, 0.2, 0.0],
            "bd_rate": [0.0, -30.0, -10.0, -90.0],
            "front": [True, True, False, False],
        }
    )
    draw_pareto(points, ("seconds", "BD-rate (%)"), "set", tmp_path / "p", width=WIDTHS["single"])
    text = (tmp_path / "p.svg").read_text(encoding="utf-8")
    assert all(f"<!-- {name} -->" in text for name in "abc")
    assert "<!-- d -->" not in text  # took no time: there is no such place on a logarithmic axis
    assert draw_pareto(points[:1], ("", ""), "", tmp_path / "q") == []


def test_curves_of_others_are_drawn_in_grey(report: Report, results: Path, tmp_path: Path) -> None:
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


def test_a_table_has_rate_time_and_front(report: Report) -> None:
    table = next(table for table in report.tables if table.name == "costs")
    assert table.frame["bd_rate"].is_monotonic_increasing
    row = report.results.records.query("codec == 'jpeg'")
    megapixels = (row["width"] * row["height"]).sum() / 1e6
    speeds = table.frame.set_index("series")["decode_mps"]
    assert speeds["jpeg"] == pytest.approx(megapixels / row["decode_s"].sum())
    fronts = table.frame.set_index("series")["front"]
    assert fronts["jpeg"] == "yes"  # it has the lower BD-rate here
    assert fronts["webp"] == ("yes" if speeds["webp"] > speeds["jpeg"] else "")
    assert "parameters" not in table.frame  # no learned codec is there


def test_bars_show_intervals_and_weak_overlaps(tmp_path: Path) -> None:
    bd = pd.DataFrame(
        {
            "series": ["jpeg", "a", "b"],
            "image": "",
            "anchor": "jpeg",
            "bd_rate": [0.0, -20.0, 35.5],
            "curve_ci_low": [0.0, -25.0, np.nan],
            "curve_ci_high": [0.0, -15.0, np.nan],
            "overlap": [1.0, 0.9, 0.2],
        }
    )
    draw_bars(bd, "set", tmp_path / "b")
    text = (tmp_path / "b.svg").read_text(encoding="utf-8")
    assert "<!-- −20.0 -->" in text
    assert "<!-- +35.5 -->" in text
    assert "<!-- jpeg -->" not in text
    assert "hollow: little range in common" in text
    assert draw_bars(bd[:1], "set", tmp_path / "c") == []


def test_each_data_set_has_figures_and_tables_of_its_own(results: Path, tmp_path: Path) -> None:
    records = pd.read_csv(results / "records.csv", dtype=str, keep_default_na=False)
    both = pd.concat([records, records.assign(dataset="other (3 of 4)")])
    both.to_csv(tmp_path / "records.csv", index=False)
    report = collect([tmp_path], METRICS, chosen=SHOWN[:1])
    assert "bdrate-other-3-of-4" in {table.name for table in report.tables}
    bars = [drawing for drawing in drawings(report, tmp_path) if drawing.func is draw_bars]
    folders = {path.parent.name for drawing in bars for path in drawing()}
    assert len(folders) == 2
    assert "other-3-of-4" in folders


TABLE = Table(
    "t_1",
    "50 % of a_b & c. More.",
    pd.DataFrame(
        {"series": ["x_1", "y#2", "z"], "rate": [-3.14159, 12.5, float("nan")], "psnr": [float("inf"), 30.004, 30.001]}
    ),
    {"rate": "rate (%)", "psnr": "PSNR, RGB (dB)"},
    {"rate": "+.1f", "psnr": ".2f"},
    {"rate": "low", "psnr": "high"},
)


def test_best_values_are_those_that_print_alike() -> None:
    assert best_rows(TABLE) == {"rate": {0}, "psnr": {1, 2}}
    text = markdown_table(TABLE)
    assert "| x_1 | **-3.1** | inf |" in text
    assert "| series | rate (%) | PSNR, RGB (dB) |" in text


def test_latex_escapes_aligns_and_sets_in_bold() -> None:
    text = latex(TABLE)
    assert r"\caption[50 \% of a\_b \& c]{50 \% of a\_b \& c. More.}\label{tab:t_1}" in text
    assert r"\begin{tabular}{lS[table-format=+2.1]S[table-format=2.2]}" in text
    assert r"series & {\shortstack{rate\\(\%)}} & {\shortstack{PSNR,\\RGB\\(dB)}} \\" in text
    assert r"x\_1 & \bfseries -3.1 & {$\infty$} \\" in text
    assert r"z & {--} & \bfseries 30.00 \\" in text
    assert escape("\\{$^~_}<") == (r"\textbackslash{}\{\$\textasciicircum{}\textasciitilde{}\_\}\textless{}")


def check_syntax(text: str) -> None:
    """Braces and environments are balanced, and every row has as many cells as the table has columns."""
    bare = re.sub(r"\\.", "", re.sub(r"^%.*$", "", text, flags=re.MULTILINE))
    depth = 0
    for sign in bare:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    stack: list[str] = []
    for word, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if word == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert not stack
    spec = re.search(r"\\begin\{(?:tabular|longtable)\}\{(.*)\}\n", text)
    assert spec
    columns = len(re.sub(r"\[[^]]*\]", "", spec[1]))
    rows = [line for line in text.splitlines() if line.endswith(r"\\") and not line.startswith(r"\caption")]
    assert rows
    assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {columns}


def written_tables(report: Report, folder: Path) -> list[str]:
    """Writes tables of a report and one over several pages; gives their names."""
    long = replace(TABLE, name="long", frame=pd.concat([TABLE.frame] * 20, ignore_index=True))
    write_tables([*report.tables, TABLE, long], folder)
    return [*(table.name for table in report.tables), "t_1", "long"]


def test_latex_of_a_report_is_well_formed(report: Report, tmp_path: Path) -> None:
    for name in written_tables(report, tmp_path):
        check_syntax((tmp_path / f"{name}.tex").read_text(encoding="utf-8"))
    assert r"\begin{longtable}" in (tmp_path / "long.tex").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs pdflatex")
def test_latex_of_a_report_compiles(report: Report, tmp_path: Path) -> None:
    names = written_tables(report, tmp_path)
    (tmp_path / "paper.tex").write_text(
        "\n".join(
            [
                r"\documentclass{article}",
                r"\usepackage[margin=2cm]{geometry}",
                r"\usepackage{booktabs,longtable,siunitx}",
                r"\begin{document}",
                *(rf"\input{{{name}}}" for name in names),
                r"\end{document}",
            ]
        ),
        encoding="utf-8",
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=120,
    )
    log = (tmp_path / "paper.log").read_text(encoding="latin-1")
    assert done.returncode == 0, log[-2000:]
    assert "Overfull" not in log


def test_pictures_show_what_the_records_measured(report: Report, pool: Pool, photos: Path) -> None:
    pictures, notes = shown(report, pool, count=2)
    assert notes == []
    assert len(pictures) == 2
    spreads = []
    for picture in pictures:
        original = np.asarray(Image.open(photos / picture.image))
        crop = original[picture.top : picture.top + CROP, picture.left : picture.left + CROP]
        assert np.array_equal(picture.original, crop)
        assert [crop.series for crop in picture.decoded] == ["jpeg", "webp"]
        for made in picture.decoded:
            assert made.bpp == pytest.approx(picture.target, rel=0.1)
            assert made.pixels.shape == picture.original.shape
            error = np.mean((made.pixels.astype(float) - picture.original) ** 2)
            assert 0 < error < 3000
        spreads.append(np.std([crop.figures["psnr_rgb"] for crop in picture.decoded]))
    assert spreads == sorted(spreads, reverse=True)


def test_the_crop_lies_where_codecs_differ(report: Report, pool: Pool) -> None:
    pictures, _ = shown(report, pool, count=3)
    flat = next(picture for picture in pictures if picture.image == "a_flat.png")
    assert (flat.top, flat.left) == (320 - CROP, 400 - CROP)  # its corner with stripes


def test_a_crop_that_is_asked_for_is_shown(report: Report, pool: Pool, photos: Path) -> None:
    pictures, _ = shown(report, pool, boxes=[parse_box("b.png:10,20,64,48")])
    assert [(picture.image, picture.left, picture.top) for picture in pictures] == [("b.png", 10, 20)]
    assert np.array_equal(pictures[0].original, np.asarray(Image.open(photos / "b.png"))[20:68, 10:74])
    with pytest.raises(UsageError, match=r"no image 'x' in the records; they have: .*b\.png"):
        shown(report, pool, boxes=[Box("x", 0, 0, 9, 9)])
    with pytest.raises(UsageError, match="reaches beyond the image, which is 256×256"):
        shown(report, pool, boxes=[Box("b.png", 200, 0, 64, 64)])
    for text in ("b.png", "b.png:1,2,3", "b.png:0,0,0,5", ":1,2,3,4"):
        with pytest.raises(UsageError, match="expected IMAGE:X,Y,W,H"):
            parse_box(text)


def test_rates_off_the_target_are_told(report: Report, pool: Pool) -> None:
    pictures, notes = shown(report, pool, boxes=[Box("b.png", 0, 0, 32, 32)], rate=1000.0)
    assert pictures[0].target == 1000
    assert re.fullmatch(
        r"b\.png of .*: no operating point within 10% of 1000\.00 bits per pixel, the nearest is shown: "
        r"jpeg \(.*\), webp \(.*\)",
        notes[0],
    )


def test_other_pixels_than_the_records_are_told(report: Report, pool: Pool) -> None:
    records = report.results.records.copy()
    records.loc[records["codec"] == "webp", "pixels_sha256"] = "0" * 64
    changed = replace(report, results=replace(report.results, records=records))
    _, notes = shown(changed, pool, count=1)
    assert len(notes) == 1
    assert notes[0].startswith("webp decodes to other pixels than the records' on b.png")


def test_what_is_not_at_hand_is_a_note(report: Report, pool: Pool, photos: Path) -> None:
    records = report.results.records.copy()
    records.loc[records["codec"] == "webp", "codec"] = "nosuch"
    pictures, notes = shown(replace(report, results=replace(report.results, records=records)), pool, count=1)
    assert [crop.series for crop in pictures[0].decoded] == ["jpeg"]
    assert notes[0].startswith("nosuch is not shown on")
    assert "unknown codec 'nosuch'" in notes[0]

    elsewhere = replace(report, results=replace(report.results, records=records.assign(dataset="folder:/nowhere")))
    pictures, notes = show(elsewhere.results, "psnr_rgb", pool)
    assert pictures == []
    assert notes[0].startswith("no visual comparison on folder:/nowhere")

    other = report.results.records.assign(image_sha256="0" * 64)
    pictures, notes = shown(replace(report, results=replace(report.results, records=other)), pool, count=1)
    assert pictures == []
    assert "are not those of the records: b.png" in notes[0]


def test_crops_keep_their_pixels(tmp_path: Path) -> None:
    original = photo(40, 60)
    other = original // 2
    picture = Picture(
        "set",
        "i",
        0.5,
        0,
        0,
        original,
        [
            DecodedCrop("jpeg", "{}", 0.5, {"psnr_rgb": 30.0}, other),
            DecodedCrop("webp", "{}", 0.8, {}, original),
        ],
    )
    draw_crops(picture, find_metric(METRICS, "psnr"), tmp_path / "c")
    zoom = 520 // 60
    drawn = np.asarray(Image.open(tmp_path / "c.webp").convert("RGB"))
    found = drawn[16 : 16 + 40 * zoom, 16 : 16 + 60 * zoom]
    assert np.array_equal(found, original.repeat(zoom, axis=0).repeat(zoom, axis=1))
    files = draw_errors(picture, find_metric(METRICS, "psnr"), tmp_path / "e", ("png", "pdf"))
    assert [path.suffix for path in files] == [".png", ".pdf"]


@pytest.mark.slow
def test_the_command_writes_a_report(rdbench: Run, results: Path, tmp_path: Path) -> None:
    done = rdbench(
        "report",
        str(results),
        "--out",
        "out",
        "--metric",
        "psnr",
        "--log-rate",
        "--pictures",
        "1",
        "--jobs",
        "1",
    )
    assert "2 codecs on" in done.stdout
    figures = {path.name for path in (tmp_path / "out").iterdir() if path.suffix in (".svg", ".webp")}
    assert {"rd_psnr_rgb.svg", "crops_b-png.webp"} <= figures
    rdbench(
        "report",
        str(results),
        "--out",
        "paper",
        "--metric",
        "psnr",
        "--formats",
        "pdf,png",
        "--single-column",
        "--pictures",
        "1",
        "--jobs",
        "1",
    )
    names = {path.name for path in (tmp_path / "paper").iterdir()}
    kinds = ["rd_psnr_rgb", "bars", "heatmap", "pareto"]
    assert {name for name in names if not name.endswith((*TABLES, ".html"))} == {
        f"{kind}.{form}"
        for form in ("pdf", "png")
        for kind in [*kinds, *(f"{kind}_single" for kind in kinds), "crops_b-png", "errors_b-png"]
    }
    refused = rdbench("report", str(results), "--anchor", "bpg", check=False)
    assert refused.returncode == 2
    assert "anchor 'bpg' is no series of the results" in refused.stderr


def test_formats_that_no_figure_has_are_refused(rdbench: Run, tmp_path: Path) -> None:
    assert checked_forms(["pdf", "png", "pdf"]) == ["pdf", "png"]
    for text, got in (("png,gif", "'gif'"), (",", "none")):
        done = rdbench("report", str(tmp_path), "--formats", text, check=False)
        assert done.returncode == 2
        assert f"--formats: expected some of svg, png, pdf, webp, got {got}" in done.stderr
