"""The tables that a paper prints."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from benchmark.plugins import all_metrics
from benchmark.report.build import collect
from benchmark.report.content import Report
from benchmark.report.drawings import drawings
from benchmark.report.tables.latex import latex
from benchmark.report.tables.text import markdown_table
from tests.analysis.examples import many


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


def written(results: Path, folder: Path, **columns: str) -> Path:
    """A copy of the results with other values in some columns."""
    folder.mkdir()
    records = pd.read_csv(results / "records.csv", dtype=str, keep_default_na=False)
    records.assign(**columns).to_csv(folder / "records.csv", index=False)
    return folder


def test_times_that_were_not_measured_to_be_published_are_refused(results: Path, tmp_path: Path) -> None:
    """No table and no figure has them; the report says so, with the command that measures them."""
    folder = written(results, tmp_path / "usual", jobs="2")
    report = collect([folder], all_metrics(), chosen=["psnr"])
    for table in report.tables:
        assert not {"encode_s", "decode_s", "encode_mps", "decode_mps", "front"} & set(table.frame), table.name
        assert "Seconds" not in table.notes
    notes = next(table.notes for table in report.tables if table.name == "costs")
    assert (
        notes["Times"] == "No times: none were measured to be published (one worker, 5 repeats or more, undisturbed)."
    )
    assert report.notes[-1] == (
        "no times of all codecs: they were not measured to be published (one worker, 5 repeats or more, undisturbed); "
        f"this measures them: python -m benchmark run --timing --study {folder}/study.toml --out {folder}"
    )
    assert not [path for draw in drawings(report, tmp_path) for path in draw() if path.stem == "pareto"]


@pytest.mark.parametrize("images", [5, 8])
def test_intervals_are_told_where_there_are_any(images: int, tmp_path: Path) -> None:
    """Five images are too few for them: neither a caption nor a column promises one."""
    rows = pd.concat(many())
    rows[rows["image"].isin(list("abcdefgh"[:images]))].to_csv(tmp_path / "records.csv", index=False)
    report = collect([tmp_path], all_metrics(), anchor="plain", chosen=["psnr"])
    found = {table.name: table for table in report.tables}
    for name in ("bdrate", "matched"):
        table = found[name]
        told = [table.caption, *(text for topic, text in table.notes.items() if topic in _COLUMNS)]
        assert ["interval" in text for text in told] == [images > 5] * len(told), told
        lows = {"ci_low", "ci_high", "curve_ci_low", "curve_ci_high"} & set(table.frame)
        assert bool(lows) == (images > 5)
        markdown_table(table), latex(table)


_COLUMNS = ("Columns of BD-rates", "Values at a rate")


def test_findings_call_codecs_as_the_tables_do(results: Path) -> None:
    notes = collect([results], all_metrics(), chosen=["psnr"]).tables[0].notes
    (found,) = (text for topic, text in notes.items() if topic.startswith("Findings"))
    assert "JPEG" in found
    assert not re.search(r"\b(jpeg|webp|avif)\b", found)


def test_times_of_another_run_take_the_place(results: Path, tmp_path: Path) -> None:
    """Of the same operating points, on some of the images."""
    usual = written(results, tmp_path / "usual", jobs="2")
    timing = written(results, tmp_path / "timing", timing="alone", repeats="7", encode_s="0.5", decode_s="0.25")
    records = pd.read_csv(timing / "records.csv", dtype=str, keep_default_na=False)
    records = records[(records["image"] == "b.png") & (records["codec"] == "jpeg")]
    records.to_csv(timing / "records.csv", index=False)
    report = collect([usual], all_metrics(), chosen=["psnr"], times=[timing])
    costs = {row["series"]: row for row in report.costs.to_dict("records")}
    counts = ["timed_points", "timed_images", "points", "images"]
    assert [costs["jpeg"][name] for name in counts] == [6, 1, 6, 3]
    assert [costs["webp"][name] for name in counts] == [0, 0, 6, 3]
    assert costs["jpeg"]["decode_s_per_mp"] == pytest.approx(0.25 / (256 * 256 / 1e6))
    tables = {table.name: table for table in report.tables}
    assert tables["matched"].frame.set_index("series")["encode_s"].dropna().to_dict() == {"jpeg": 0.5}
    assert set(tables["points"].frame.dropna()["series"]) == {"jpeg"}
    assert "on 1 image at the operating points that were timed to be published" in tables["costs"].notes["Times"]
    assert report.notes[-1].startswith("no times of webp: ")
    assert f"--study {timing}/study.toml --out {timing}" in report.notes[-1]
    figures = ["bd_rate", "images", "overlap"]
    assert report.bd[figures].equals(collect([usual], all_metrics(), chosen=["psnr"]).bd[figures])


def test_a_rate_that_no_curve_reaches_has_no_table(results: Path, tmp_path: Path) -> None:
    report = collect([results], all_metrics(), chosen=["psnr"], rate=500.0)
    assert "matched" not in {table.name for table in report.tables}
    (told,) = (note for note in report.notes if "no table of codecs at" in note)
    assert "at 500 bpp" in told
    assert "no curve reaches it" in told
    usual = collect([results], all_metrics(), chosen=["psnr"])
    assert "matched" in {table.name for table in usual.tables}
    assert not any("no table of codecs at" in note for note in usual.notes)
