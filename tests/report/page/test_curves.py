"""The curves of the HTML report: what they show against the anchor, of families, of each image, and in which ranges."""

from __future__ import annotations

import dataclasses
import itertools
import re
from pathlib import Path
from typing import Any

import pytest

from benchmark.analysis.curve import Curve
from benchmark.report.content import Report
from benchmark.report.page.html import write_html
from tests.report.browsing import Opened
from tests.report.page.opening import browser, file, made, opened, report

__all__ = ["browser", "file", "made", "opened", "report"]


def names(opened: Opened) -> list[str]:
    return [
        str(name)
        for name in opened.run("[...document.querySelectorAll('#chart .series')].map((node) => node.dataset.series)")
    ]


def heights(opened: Opened, series: str) -> list[float]:
    path = opened.page.locator(f"#chart [data-series={series}] .curve").get_attribute("d")
    return [float(place.split()[1]) for place in re.split("[ML]", path or "")[1:]]


def test_the_anchor_is_level_where_rates_are_against_it(opened: Opened) -> None:
    opened.page.check("[name=kind][value=relative]")
    assert opened.page.locator("#chart .title").all_text_contents() == ["rate against JPEG (%)", "PSNR, RGB (dB)"]
    level = heights(opened, "jpeg")
    assert max(level) - min(level) < 0.2
    lower = heights(opened, "avif")
    # Its rates are 0.64 times those of the anchor at each quality.
    assert max(lower) - min(lower) < 0.2
    assert lower[0] > level[0]
    zero = float(opened.page.locator("#chart .zero").get_attribute("y1") or 0)
    assert level[0] == pytest.approx(zero, abs=0.1)
    assert opened.page.locator("#log").is_disabled()
    opened.page.select_option("#anchor", "avif")
    assert opened.page.locator("#chart .title").first.text_content() == "rate against AVIF (%)"
    assert heights(opened, "avif")[0] == pytest.approx(
        float(opened.page.locator("#chart .zero").get_attribute("y1") or 0), abs=0.1
    )


def test_curves_end_where_the_anchor_has_no_such_quality(report: Report, browser: Any, tmp_path: Path) -> None:
    other = Curve([0.1, 0.3, 0.9, 2.0], [20.0, 27.0, 33.0, 50.0], "VTM 12", "set")
    page = write_html(dataclasses.replace(report, references={"psnr_rgb": [other]}), tmp_path / "index.html")
    found = Opened(browser, page)
    assert found.count("#chart [data-series='VTM 12'] .point:not([visibility])") == 4
    found.page.check("[name=kind][value=relative]")
    assert found.count("#chart [data-series='VTM 12'] .point:not([visibility])") == 2
    assert found.problems == []
    found.context.close()


def test_a_family_is_shown_with_the_anchor(report: Report, browser: Any, tmp_path: Path) -> None:
    summary = report.results.summary
    weights = summary["codec"].map({"webp": "some"}).fillna("")
    results = dataclasses.replace(report.results, summary=summary.assign(weights=weights))
    found = Opened(browser, write_html(dataclasses.replace(report, results=results), tmp_path / "index.html"))
    assert found.page.locator("#family option").all_inner_texts() == ["All", "Learned", "Classical"]
    found.page.select_option("#family", "learned")
    assert names(found) == ["published", "jpeg", "webp"], "others' curves are of no family"
    assert found.page.locator("#bars tbody th").all_inner_texts() == ["WebP"]
    assert found.page.locator("#heat-map thead th").all_inner_texts()[1:] == ["WebP"]
    assert found.page.inner_text("#findings").startswith("On set, learned codecs alone, WebP needs least rate")
    found.page.reload()
    assert names(found) == ["published", "jpeg", "webp"]
    assert found.problems == []
    found.context.close()


def test_one_family_needs_no_filter(opened: Opened) -> None:
    assert opened.page.locator("#family").is_hidden()


def test_each_image_has_a_thin_curve(opened: Opened) -> None:
    assert opened.count("#chart .thin") == 0
    opened.page.check("#thin")
    assert opened.count("#chart [data-series=webp] .thin") == 3
    opened.page.check("[name=kind][value=relative]")
    assert opened.count("#chart [data-series=webp] .thin") == 3
    assert opened.count("#chart [data-series=jpeg] .thin") == 0
    opened.page.select_option("#image", label="two")
    assert opened.count("#chart .thin") == 0
    assert opened.page.locator("#thin").is_disabled()


def test_points_outside_are_told_and_shown_on_request(opened: Opened) -> None:
    assert "1 operating point lies outside of what is shown." in opened.page.inner_text("#curves")
    opened.page.click("#whole")
    assert "outside of what is shown" not in opened.page.inner_text("#curves")
    assert float(opened.page.input_value("#to")) > 2.475


def test_a_range_of_quality_is_kept_by_the_address(opened: Opened) -> None:
    opened.page.fill("#low", "28")
    opened.page.fill("#high", "34")
    opened.page.keyboard.press("Tab")
    shown = opened.count("#chart .point:not([visibility])")
    assert 0 < shown < opened.count("#chart .point")
    opened.page.check("[name=kind][value=relative]")
    opened.page.reload()
    assert opened.page.input_value("#low") == "28"
    assert opened.page.locator("#chart .title").first.text_content() == "rate against JPEG (%)"
    ticks = [float(text) for text in opened.page.locator("#chart .tick-x").all_text_contents()]
    assert (min(ticks), max(ticks)) >= (28, 28)
    assert max(ticks) <= 34


def test_a_range_that_falls_is_refused(opened: Opened) -> None:
    opened.page.fill("#low", "34")
    opened.page.fill("#high", "28")
    opened.page.keyboard.press("Tab")
    assert "high" not in opened.page.url


def test_published_curves_have_the_colour_of_their_codec(report: Report, browser: Any, tmp_path: Path) -> None:
    other = Curve([0.1, 0.3, 0.9, 2.0], [20.0, 27.0, 33.0, 40.0], "WebP of others", "set")
    found = Opened(
        browser, write_html(dataclasses.replace(report, references={"psnr_rgb": [other]}), tmp_path / "index.html")
    )
    stroke = "getComputedStyle(document.querySelector(\"#chart [data-series='%s'] .curve\")).stroke"
    assert found.run(stroke % "WebP of others") == found.run(stroke % "webp")
    fill = "getComputedStyle(document.querySelector(\"#chart [data-series='WebP of others'] .point\")).fill"
    assert found.run(fill) == found.run("getComputedStyle(document.body).backgroundColor")
    found.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1280, 390])
def test_names_stand_at_the_ends_of_curves_without_overlap(browser: Any, file: Path, width: int, scheme: str) -> None:
    found = Opened(browser, file, viewport={"width": width, "height": 900}, color_scheme=scheme)
    ends = found.page.locator("#chart text.end")
    boxes = sorted((node.bounding_box() for node in ends.all()), key=lambda box: box["y"])
    assert len(boxes) == found.count("#chart .series")
    for one, other in itertools.pairwise(boxes):
        assert one["y"] + one["height"] <= other["y"] + 1
    plot = found.page.locator("#chart .frame").bounding_box()
    assert all(plot["x"] + plot["width"] < box["x"] and box["x"] + box["width"] <= width for box in boxes)
    found.page.locator("#legend button", has_text="WebP").click()
    assert found.count("#chart text.end") == len(boxes) - 1
    assert found.problems == []
    found.context.close()
