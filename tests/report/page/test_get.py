"""What a page offers to take along."""

from __future__ import annotations

import csv
import dataclasses
import io
import shlex
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmark.analysis.bdrate import COLUMNS, bd_table
from benchmark.analysis.curve import Curve
from benchmark.report.content import Report
from benchmark.report.page.get import bibtex, linked
from benchmark.report.page.html import write_html
from tests.report.browsing import Opened
from tests.report.page.opening import browser, made, opened

__all__ = ["browser", "made", "opened"]


@pytest.fixture(scope="module")
def report(made: Report) -> Report:
    return dataclasses.replace(made, sources=["a run", "curves.csv"])


@pytest.fixture(scope="module")
def file(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    return write_html(report, folder / "index.html", [folder / "bars.svg", folder / "bars.pdf"])


def commands(opened: Opened) -> list[list[str]]:
    return [shlex.split(line) for line in opened.page.inner_text("#view-commands").splitlines()]


def saved(opened: Opened, button: str) -> str:
    with opened.page.expect_download() as waiting:
        opened.page.click(button)
    return Path(waiting.value.path()).read_text(encoding="utf-8")


def test_files_of_one_table_or_figure_stand_together() -> None:
    folder = Path("report")
    names = (
        "rd_psnr_rgb.svg",
        "bdrate.md",
        "bdrate.csv",
        "rd_psnr_rgb.pdf",
        "bdrate.tex",
        "sub set/bars.svg",
        "x.html",
    )
    assert linked([folder / name for name in names], folder) == [
        ("bdrate", [("bdrate.csv", "CSV"), ("bdrate.tex", "TeX"), ("bdrate.md", "Markdown")]),
        ("rd_psnr_rgb", [("rd_psnr_rgb.pdf", "PDF"), ("rd_psnr_rgb.svg", "SVG")]),
        ("sub set/bars", [("sub%20set/bars.svg", "SVG")]),
    ]


def test_the_citation_has_version_and_day(report: Report) -> None:
    manifest = {"run": {"started": "2031-05-06T07:08:09+00:00"}, "environment": {"rdbench": "1.2"}}
    text = bibtex(dataclasses.replace(report, title="3 % of a_b", manifests={"one": manifest, "two": {}}))
    assert text.splitlines()[0] == "@misc{rdbench-report,"
    assert r"title = {{3 \% of a\_b}}," in text
    assert "howpublished = {Report of rdbench 1.2}," in text
    assert "year = {2031}," in text
    assert "note = {Measured on 2031-05-06}," in text
    assert text.count("{") == text.count("}")
    assert "year" not in bibtex(dataclasses.replace(report, manifests={}))


def test_files_are_linked(opened: Opened) -> None:
    links = opened.run(
        "[...document.querySelectorAll('.files a')].map((link) => [link.textContent, link.getAttribute('href')])"
    )
    assert links == [["PDF", "bars.pdf"], ["SVG", "bars.svg"]]


def test_the_link_is_the_address_of_the_view(opened: Opened) -> None:
    opened.page.select_option("#anchor", "webp")
    assert opened.page.input_value("#link") == opened.page.url
    assert opened.page.url.endswith("#anchor=webp")


def test_commands_say_what_is_chosen(opened: Opened) -> None:
    start = ["python", "-m", "benchmark"]
    first = ["figure", "rd", "a run", "curves.csv", "--dataset", "set", "--metric", "psnr_rgb", "--out", "rd.pdf"]
    assert commands(opened) == [
        [*start, *first],
        [*start, "bdrate", "a run", "curves.csv", "--anchor", "jpeg", "--metric", "psnr_rgb"],
    ]
    opened.page.locator("#legend button", has_text="WebP").click()
    opened.page.check("#log")
    opened.page.fill("#from", "0.1")
    opened.page.fill("#to", "1")
    opened.page.keyboard.press("Tab")
    words = commands(opened)[0]
    assert words[words.index("--codecs") + 1] == "jpeg,avif"
    assert words[words.index("--xlim") + 1] == "0.1,1"
    assert "--log" in words
    opened.page.select_option("#image", label="two")
    assert [words[3] for words in commands(opened)] == ["bdrate"]
    assert commands(opened)[0][-1] == "--images"


def test_tables_of_the_view_are_saved(opened: Opened) -> None:
    rows = list(csv.DictReader(io.StringIO(saved(opened, "#save-deltas"))))
    assert [row["series"] for row in rows] == ["avif", "webp"]
    assert float(rows[0]["image_mean"]) == pytest.approx(-36)
    assert {row["anchor"] for row in rows} == {"jpeg"}
    points = list(csv.DictReader(io.StringIO(saved(opened, "#save-points"))))
    assert len(points) == 3 * 5 + 2
    assert points[-1]["series"] == "avif"
    assert float(points[-1]["psnr_rgb"]) == pytest.approx(40)
    assert points[0]["published"] == "true"


@pytest.mark.parametrize("anchor", ["jpeg", "webp"])
def test_bd_rates_have_the_names_and_values_of_python(report: Report, opened: Opened, anchor: str) -> None:
    metric = report.results.metric("psnr_rgb")
    every = report.bd if anchor == "jpeg" else bd_table(report.results, anchor, metric)
    table = every[(every["metric"] == "psnr_rgb") & (every["dataset"] == "set") & (every["series"] != anchor)]
    opened.page.select_option("#anchor", anchor)
    rows = list(csv.DictReader(io.StringIO(saved(opened, "#save-deltas"))))
    assert set(rows[0]) < set(COLUMNS)
    whole = table[table["image"] == ""]
    for row, expected in zip(rows, whole.to_dict("records"), strict=True):
        for name in ("dataset", "series", "image", "anchor", "metric", "flags"):
            assert row[name] == expected[name], name
        assert int(row["rank"]) == expected["rank"]
        for name in ("image_mean", "ci_low", "ci_high", "p_value", "bd_rate", "overlap"):
            value = float(row[name] or "nan")
            assert value == pytest.approx(float(expected[name]), rel=1e-9, nan_ok=True), name


def test_of_one_image_there_is_its_bd_rate_alone(report: Report, opened: Opened) -> None:
    opened.page.select_option("#image", label="two")
    rows = list(csv.DictReader(io.StringIO(saved(opened, "#save-deltas"))))
    assert list(rows[0]) == ["dataset", "series", "image", "anchor", "metric", "rank", "bd_rate", "flags"]
    bd = report.bd.query("dataset == 'set' and metric == 'psnr_rgb' and image == 'two'").set_index("series")["bd_rate"]
    for row in rows:
        assert row["image"] == "two"
        assert float(row["bd_rate"]) == pytest.approx(bd[row["series"]], rel=1e-9)


def test_points_have_ten_digits(report: Report, opened: Opened) -> None:
    rows = list(csv.DictReader(io.StringIO(saved(opened, "#save-points"))))
    points = report.results.points(report.results.metric("psnr_rgb")).query("dataset == 'set'")
    ours = sorted(
        (row["series"], float(row["bpp"]), float(row["psnr_rgb"])) for row in rows if row["published"] == "false"
    )
    expected = sorted(zip(points["series"], points["rate"], points["quality"], strict=True))
    for one, other in zip(ours, expected, strict=True):
        assert one[0] == other[0]
        assert one[1:] == pytest.approx(other[1:], rel=1e-9)


def test_the_chart_is_saved_with_its_colours(opened: Opened) -> None:
    root = ElementTree.fromstring(saved(opened, "#save-chart"))
    curve = next(node for node in root.iter() if node.get("class") == "curve")
    assert "stroke: rgb(" in (curve.get("style") or "")
    assert root.get("width")


def test_a_published_curve_that_is_hidden_is_left_out_of_the_command(
    report: Report, browser: Any, tmp_path: Path
) -> None:
    curves = [Curve([0.3, 0.9], [27.0, 33.0], label, "set") for label in ("VTM", "HM 1")]
    found = Opened(
        browser, write_html(dataclasses.replace(report, references={"psnr_rgb": curves}), tmp_path / "i.html")
    )
    found.page.locator("#legend button", has_text="VTM").click()
    words = commands(found)[0]
    assert words[words.index("--refs") + 1] == "HM 1"
    found.context.close()
