"""Times against BD-rates, the spread over images, and pairs of equal quality, on the page."""

from __future__ import annotations

import dataclasses
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.report.content import Report
from benchmark.report.page.html import write_html
from tests.report.browsing import Opened
from tests.report.page.opening import browser, file, made, opened

__all__ = ["browser", "file", "made", "opened"]


@pytest.fixture(scope="module")
def report(made: Report) -> Report:
    seconds = {"jpeg": (1.0, 2.0), "webp": (3.0, 1.0), "avif": (2.0, math.nan)}
    times = {
        f"{side}_s_per_mp": [seconds[codec][place] for codec in made.costs["series"]]
        for place, side in enumerate(("encode", "decode"))
    }
    return dataclasses.replace(made, costs=made.costs.assign(**times))


def rows_of(opened: Opened, table: str) -> list[list[str]]:
    text = "[...document.querySelectorAll('%s tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
    return [[str(cell) for cell in row] for row in opened.run(text % table)]


def test_nobody_beats_what_is_on_the_front(opened: Opened) -> None:
    assert opened.count("[data-side=encode] .point") == 3
    assert opened.count("[data-side=decode] .point") == 2
    assert rows_of(opened, "#times") == [
        ["JPEG", "0.0", "1.00", "2.00", "encode"],
        ["AVIF", "−36.0", "2.00", "–", "encode"],
        ["WebP", "−20.0", "3.00", "1.00", "decode"],
    ]
    assert opened.page.locator("[data-side=encode] .name").all_text_contents() == ["JPEG", "AVIF", "WebP"]


def test_speed_follows_the_anchor(opened: Opened) -> None:
    opened.page.select_option("#anchor", "avif")
    assert rows_of(opened, "#times")[0][:2] == ["AVIF", "0.0"]
    assert "BD-rate against AVIF (%)" in opened.page.inner_text("#planes")


def test_codecs_timed_on_other_images_are_on_no_front(report: Report, browser: Any, tmp_path: Path) -> None:
    costs = report.costs.assign(usual_images=report.costs["series"] != "avif")
    found = Opened(browser, write_html(dataclasses.replace(report, costs=costs), tmp_path / "index.html"))
    assert {row[0]: row[4] for row in rows_of(found, "#times")}["AVIF"] == "–"
    found.context.close()


def test_without_times_to_be_published_it_says_so(report: Report, browser: Any, tmp_path: Path) -> None:
    nothing = report.costs.assign(encode_s_per_mp=math.nan, decode_s_per_mp=math.nan)
    found = Opened(browser, write_html(dataclasses.replace(report, costs=nothing), tmp_path / "index.html"))
    assert "measured to be published (one worker, 5 repeats or more, undisturbed)" in found.page.inner_text("#planes")
    assert found.count("#planes svg") == 0
    assert found.problems == []
    found.context.close()


def leaders(opened: Opened) -> list[list[str]]:
    """The texts of each row: rank, codec, sentence."""
    cells = (
        "[...document.querySelectorAll('#leaders li')].map((row) => [...row.children].map((part) => part.textContent))"
    )
    return [[str(part).replace("\u00a0", " ") for part in row if part] for row in opened.run(cells)]


def test_the_answer_has_a_sentence_on_each_codec(opened: Opened) -> None:
    assert leaders(opened) == [
        ["1", "AVIF", "−36.0 % size (−38.0 to −34.0) against JPEG at equal PSNR, RGB; encodes 2.0× slower"],
        [
            "2",
            "WebP",
            "−20.0 % size (−22.0 to −18.0) against JPEG at equal PSNR, RGB; encodes 3.0× slower, decodes 2.0× faster",
        ],
        ["3", "JPEG", "the anchor"],
    ]
    assert opened.count("#leaders .whisker") == 2 * 3
    opened.page.select_option("#anchor", "webp")
    assert leaders(opened) == [
        ["1", "AVIF", "−20.0 % size against WebP at equal PSNR, RGB; encodes 1.5× faster"],
        ["2", "WebP", "the anchor"],
        ["3", "JPEG", "+25.0 % size against WebP at equal PSNR, RGB; encodes 3.0× faster, decodes 2.0× slower"],
    ]
    opened.page.select_option("#image", label="two")
    assert leaders(opened)[0][2] == "−20.0 % size against WebP at equal PSNR, RGB"


def test_the_answer_has_no_times_that_were_not_measured_to_be_published(
    report: Report, browser: Any, tmp_path: Path
) -> None:
    nothing = report.costs.assign(encode_s_per_mp=math.nan, decode_s_per_mp=math.nan)
    found = Opened(browser, write_html(dataclasses.replace(report, costs=nothing), tmp_path / "index.html"))
    assert not any("codes" in row[2] for row in leaders(found))
    assert "No times: none were measured to be published." in found.page.inner_text("#answer")
    found.context.close()


def test_a_dot_is_an_image(opened: Opened) -> None:
    assert opened.count("#dots .dot") == 6
    assert opened.page.locator("#dots .title").all_text_contents() == ["AVIF", "WebP"]
    opened.page.locator("#dots [data-image=two]").first.dispatch_event("click")
    assert opened.page.input_value("#image") == "two"
    assert opened.count("#dots .chosen") == 2


def test_a_mean_beyond_the_edge_is_told(report: Report, browser: Any, tmp_path: Path) -> None:
    bd = report.bd.assign(
        bd_rate=report.bd["bd_rate"].mask((report.bd["series"] == "webp") & (report.bd["image"] != ""), 102.5)
    )
    found = Opened(browser, write_html(dataclasses.replace(report, bd=bd), tmp_path / "index.html"))
    assert found.count("#dots .mean.beyond") == 1
    assert found.count("#dots line.mean") == 1
    assert "An arrow is a mean beyond it: WebP (+102.5 %)." in found.page.inner_text("#beyond").replace("\u00a0", " ")
    found.context.close()


def test_nothing_of_a_plot_looks_out_beside_the_bar_above_it(opened: Opened) -> None:
    bar, dots = (opened.page.locator(part).bounding_box() for part in ("#toolbar", "#dots"))
    assert bar["x"] <= dots["x"] - 4


def expected(tolerance: float, ratio: float) -> list[str]:
    """Of the points of the study: each image has five, whose quality is the same for all codecs."""
    qualities = (10, 30, 50, 70, 90)
    found = [ratio for _ in range(3) for one, other in itertools.product(qualities, repeat=2) if one == other]
    low, high = np.quantile(found, [0.1, 0.9])
    assert tolerance < 20 / 6, "the next quality is further away"
    return [f"{np.exp(np.mean(np.log(found))):.3f}", f"{low:.3f}", f"{high:.3f}", str(len(found)), "3 of 3"]


def test_pairs_are_of_equal_quality(opened: Opened) -> None:
    assert rows_of(opened, "#matched-pairs") == [
        ["AVIF", *expected(0.25, 0.64)],
        ["WebP", *expected(0.25, 0.8)],
    ]
    opened.page.select_option("#anchor", "webp")
    assert rows_of(opened, "#matched-pairs")[0] == ["AVIF", *expected(0.25, 0.8)]
    opened.page.select_option("#image", label="two")
    assert rows_of(opened, "#matched-pairs")[0][-2:] == ["5", "1 of 1"]


def test_a_point_is_in_one_pair_at_most(opened: Opened) -> None:
    opened.page.fill("#tolerance", "100")
    opened.page.keyboard.press("Tab")
    assert rows_of(opened, "#matched-pairs") == [["AVIF", *expected(0.25, 0.64)], ["WebP", *expected(0.25, 0.8)]]
    opened.page.reload()
    assert opened.page.input_value("#tolerance") == "100"


def test_pairs_that_are_apart_are_none(report: Report, browser: Any, tmp_path: Path) -> None:
    records = report.results.records
    better = records.assign(psnr_rgb=records["psnr_rgb"].where(records["codec"] != "avif", records["psnr_rgb"] + 1))
    results = dataclasses.replace(report.results, records=better)
    found = Opened(browser, write_html(dataclasses.replace(report, results=results), tmp_path / "index.html"))
    assert rows_of(found, "#matched-pairs")[-1] == ["AVIF", "–", "–", "–", "0", "0 of 3"]
    found.page.fill("#tolerance", "1")
    found.page.keyboard.press("Tab")
    assert rows_of(found, "#matched-pairs")[0][0] == "AVIF"
    found.page.select_option("#anchor", "avif")
    found.page.fill("#tolerance", "0.5")
    found.page.keyboard.press("Tab")
    assert "so near in quality" in found.page.inner_text("#pairs-table")
    found.context.close()
