"""The HTML report, in a browser: what it shows, that its controls work, and that it needs no network."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.report.content import Report
from benchmark.report.page.html import write_html
from benchmark.report.tables.table import Table
from tests.report.browsing import Opened
from tests.report.page.opening import browser, file, made, opened, report

__all__ = ["browser", "file", "made", "opened", "report"]


def test_the_same_report_gives_the_same_bytes(report: Report, file: Path, tmp_path: Path) -> None:
    assert write_html(report, tmp_path / "again" / "index.html").read_bytes() == file.read_bytes()


def test_nothing_is_fetched_from_anywhere(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//|@import|url\(\s*["']?http""", text)


def test_texts_of_results_are_no_markup(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count("</script>") == 8
    assert "<b>no</b>" not in text
    assert "Three &lt;codecs&gt;" in text


def test_infinite_and_missing_values_are_null(report: Report, tmp_path: Path) -> None:
    summary = report.results.summary.assign(psnr_rgb_mean=np.inf)
    endless = dataclasses.replace(report, results=dataclasses.replace(report.results, summary=summary))
    text = write_html(endless, tmp_path / "index.html").read_text(encoding="utf-8")
    found = re.search(r'id="data">(.*?)</script>', text)
    assert found is not None
    data = json.loads(found[1], parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert {point["values"][0] for point in data["points"] if point["kind"] == "series"} == {None}


def test_every_part_is_there(opened: Opened) -> None:
    headings = opened.run("[...document.querySelectorAll('h1, h2, h3')].map((node) => Number(node.tagName[1]))")
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(headings))
    parts = "answer curves bd speed heat pairs pictures tables failures get environment glossary"
    for part in parts.split():
        assert opened.page.locator(f"#{part} h2").is_visible()
        assert opened.page.locator(f"nav a[href='#{part}']").is_visible()
    assert opened.run("document.documentElement.lang") == "en"
    assert "RuntimeError: </script><b>no</b>" in opened.page.inner_text("#failures")
    assert "Something is missing." in opened.page.inner_text("#failures")
    environment = opened.page.inner_text("#environment")
    assert "python -m benchmark report run" in environment
    assert "python -m benchmark run --codecs jpeg,webp,avif" in environment
    assert "3.11.7" in environment
    assert "VCEG-M33" in opened.page.inner_text("#glossary")


def test_the_answer_tells_the_best_with_its_interval(opened: Opened) -> None:
    assert re.search(
        r"On set, AVIF needs least rate .* −36\.0\s%\s\(95\s% interval −38\.0 to −34\.0\) against JPEG",
        opened.page.inner_text("#answer .findings"),
    )
    assert opened.page.locator(".overview td[data-best]").first.inner_text().split() == [
        "−36.0",
        "−38.0",
        "to",
        "−34.0",
    ]


def test_the_answer_names_failures_and_sets_that_are_incomplete(
    report: Report, browser: Any, tmp_path: Path, opened: Opened
) -> None:
    assert opened.page.inner_text(".lacking") == "Failed on other: AVIF (1 row). Failures has their reasons."
    summary = report.results.summary
    fewer = summary.assign(images=summary["images"].mask(summary["codec"] == "webp", 2))
    results = dataclasses.replace(report.results, summary=fewer)
    found = Opened(browser, write_html(dataclasses.replace(report, results=results), tmp_path / "index.html"))
    assert "Measured on fewer images than the others on set: WebP (2 of 3 images)." in found.page.inner_text(".lacking")
    found.context.close()


def test_wide_tables_fit_a_desk(report: Report, browser: Any, tmp_path: Path) -> None:
    titles = {f"m{place}": "MS-SSIM, luma (dB)" for place in range(16)}
    frame = pd.DataFrame({"codec": ["learned-wavelet"], **{name: [-12.345] for name in titles}})
    table = Table("wide", "Wide.", frame, titles, dict.fromkeys(titles, ".3f"), {})
    found = Opened(
        browser,
        write_html(dataclasses.replace(report, tables=[table]), tmp_path / "index.html"),
        viewport={"width": 1440, "height": 900},
    )
    wide = (
        "[...document.querySelectorAll('#tables .scroll')].filter((node) => node.scrollWidth > node.clientWidth).length"
    )
    assert found.run(wide) == 0
    assert found.run("document.documentElement.scrollWidth") <= 1440
    found.context.close()


def test_the_first_curve_is_seen_without_scrolling(opened: Opened) -> None:
    assert min(curve.bounding_box()["y"] for curve in opened.page.locator("#chart .curve").all()) < 900


def test_the_answer_follows_what_is_chosen(opened: Opened) -> None:
    opened.page.select_option("#anchor", "webp")
    assert re.match(
        r"On set, AVIF needs least rate at equal PSNR, RGB: −20\.0\s% against WebP", opened.page.inner_text("#findings")
    )
    opened.page.select_option("#image", label="two")
    assert opened.page.inner_text("#findings").startswith("On set, two alone, AVIF needs least rate")
    assert opened.page.inner_text("#chart-caption").startswith("set, two alone.")
    opened.page.select_option("#anchor", "jpeg")
    opened.page.select_option("#image", label="Mean of all")
    assert "interval −38.0 to −34.0" in opened.page.inner_text("#findings")


def test_an_image_has_its_own_curves(opened: Opened) -> None:
    def first() -> str:
        return str(opened.page.locator("#chart [data-series=jpeg] .point").first.get_attribute("aria-label"))

    assert first().replace("\u00a0", " ") == "JPEG, 0.275 bpp, 26.67 dB, effort = 4, quality = 10"
    opened.page.get_by_role("button", name="three: show it alone").click()
    assert opened.page.locator("#image").input_value() == "three"
    assert first().replace("\u00a0", " ") == "JPEG, 0.300 bpp, 27.67 dB, effort = 4, quality = 10"
    assert opened.page.locator("#chart [data-series=jpeg] .curve").get_attribute("d").count("L") == 48


def test_a_reload_keeps_what_is_chosen(opened: Opened) -> None:
    page = opened.page
    assert "#" not in page.url
    page.select_option("#dataset", label="other")
    page.select_option("#metric", label="SSIM")
    page.select_option("#anchor", "avif")
    page.select_option("#image", label="two")
    page.check("#log")
    page.fill("#from", "0.5")
    page.locator("#from").blur()
    page.locator("#legend button", has_text="WebP").click()
    shown = [page.inner_text(part) for part in ("#findings", "#bd-caption", "#bars", "#heat-caption")]
    page.click("nav a[href='#tables']")
    page.reload()
    assert [page.inner_text(part) for part in ("#findings", "#bd-caption", "#bars", "#heat-caption")] == shown
    assert page.locator("#log").is_checked()
    assert page.locator("#from").input_value() == "0.5"
    assert opened.count("#chart [data-series=webp]") == 0
    assert opened.count("#chart [data-series=jpeg]") == 1


def test_an_address_that_is_not_known_changes_nothing(browser: Any, file: Path) -> None:
    found = Opened(browser, file)
    plain = found.page.inner_text("main")
    found.page.goto("about:blank")
    found.page.goto(f"{file.as_uri()}#metric=none&anchor=nobody&from=-3&to=x&image=four")
    assert found.page.inner_text("main") == plain
    assert found.problems == []
    found.context.close()


def test_two_clicks_on_a_name_leave_its_curve_alone(opened: Opened) -> None:
    opened.page.locator("#legend button", has_text="WebP").dblclick()
    assert opened.run("[...document.querySelectorAll('#chart .series')].map((node) => node.dataset.series)") == ["webp"]


def test_a_point_is_compared_with_the_anchor_at_its_quality(opened: Opened) -> None:
    opened.page.locator("#chart [data-series=avif] .point").nth(2).focus()
    assert "−36.0 % of rate against JPEG at this quality" in opened.page.inner_text("#tip").replace("\u00a0", " ")
    opened.page.locator("#chart [data-series=jpeg] .point").nth(2).focus()
    assert "of rate against" not in opened.page.inner_text("#tip")


def test_estimated_rates_are_hollow_and_no_anchor(report: Report, browser: Any, tmp_path: Path) -> None:
    summary = report.results.summary
    kinds = summary["codec"].map({"webp": "estimate"}).fillna("")
    results = dataclasses.replace(report.results, summary=summary.assign(kind=kinds))
    found = Opened(browser, write_html(dataclasses.replace(report, results=results), tmp_path / "index.html"))
    fill = "getComputedStyle(document.querySelector('#chart [data-series=%s] .point')).fill"
    page = found.run("getComputedStyle(document.body).backgroundColor")
    assert found.run(fill % "webp") == page
    assert found.run(fill % "jpeg") != page
    assert found.page.locator("#legend button", has_text="WebP").inner_text().split() == ["WebP", "estimate"]
    assert found.page.locator("#anchor option").all_inner_texts() == ["JPEG", "AVIF"]
    found.context.close()


def test_long_tables_are_folded(report: Report, browser: Any, tmp_path: Path) -> None:
    table = Table("long", "Many rows.", pd.DataFrame({"n": range(41)}), {"n": "n"}, {"n": ".0f"}, {})
    found = Opened(browser, write_html(dataclasses.replace(report, tables=[table]), tmp_path / "index.html"))
    assert not found.page.locator("#table-long").is_visible()
    found.page.get_by_text("Show its 41 rows").click()
    assert found.page.locator("#table-long").is_visible()
    found.context.close()


def test_skip_link_comes_first_and_leads_to_the_report(opened: Opened) -> None:
    opened.page.keyboard.press("Tab")
    assert opened.run("document.activeElement.className") == "skip"
    opened.page.keyboard.press("Enter")
    assert opened.run("document.activeElement.id") == "main"


def test_lines_are_curves_of_twelve_pieces_between_points(opened: Opened) -> None:
    pieces = opened.run(
        "document.querySelector('#chart [data-series=jpeg] .curve').getAttribute('d').split('L').length"
    )
    assert pieces == 1 + 12 * (opened.count("#chart [data-series=jpeg] .point") - 1)


def test_codecs_are_toggled_by_their_names(opened: Opened) -> None:
    assert opened.count("#chart .series") == 4
    key = opened.page.get_by_role("button", name="WebP", exact=True).first
    assert key.get_attribute("aria-pressed") == "true"
    key.click()
    assert opened.count("#chart [data-series=webp]") == 0
    assert opened.count("#chart [data-series=jpeg]") == 1
    assert opened.page.locator("#legend button", has_text="WebP").get_attribute("aria-pressed") == "false"
    opened.page.click("#none")
    assert opened.count("#chart .series") == 0
    opened.page.click("#reset")
    assert opened.count("#chart .series") == 4


def test_references_are_dashed_and_of_their_metric_alone(opened: Opened) -> None:
    assert opened.page.locator("#chart [data-series=published] .curve").get_attribute("stroke-dasharray")
    opened.page.select_option("#metric", label="SSIM")
    assert opened.count("#chart [data-series=published]") == 0


def test_metric_channels_and_data_set_change_every_chart(opened: Opened) -> None:
    title = opened.page.locator("#chart .title").first
    assert title.text_content() == "PSNR, RGB (dB)"
    path = opened.page.locator("#chart [data-series=jpeg] .curve").get_attribute("d")
    opened.page.locator("input[name=space][value=y]").check()
    assert title.text_content() == "PSNR, luma (dB)"
    assert "PSNR, luma" in opened.page.inner_text("#bd-caption")
    opened.page.select_option("#metric", label="MS-SSIM")
    assert "−10 log₁₀(1 − mean)" in (title.text_content() or "")
    assert opened.page.locator("#chart [data-series=jpeg] .curve").get_attribute("d") != path
    opened.page.select_option("#dataset", label="other")
    assert opened.page.inner_text("#heat-caption").startswith("other, MS-SSIM")
    assert opened.page.inner_text("#chart-caption").startswith("other: each point is the mean of 3 images")


def test_rate_is_logarithmic_or_cut_on_request(opened: Opened) -> None:
    def ticks() -> list[str]:
        return [str(text) for text in opened.page.locator("#chart .tick-x").all_text_contents()]

    assert ticks()[:2] == ["0", "0.25"] or ticks()[0] == "0"
    opened.page.check("#log")
    assert {"0.2", "0.5", "1", "2"} <= set(ticks())
    opened.page.uncheck("#log")
    opened.page.fill("#from", "0.5")
    opened.page.fill("#to", "1")
    opened.page.keyboard.press("Tab")
    assert all(0.5 <= float(text) <= 1 for text in ticks())
    assert opened.count("#chart [data-series=jpeg] .point:not([visibility])") == 1
    opened.page.click("#reset")
    assert opened.page.input_value("#from") == ""
    assert ticks()[0] == "0"


def test_dragging_cuts_the_rate(opened: Opened) -> None:
    opened.page.locator("#chart").scroll_into_view_if_needed()
    box = opened.page.locator("#chart svg").bounding_box()
    opened.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.9)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.9, steps=4)
    opened.page.mouse.up()
    assert 0 < float(opened.page.input_value("#from")) < float(opened.page.input_value("#to"))


def test_pointing_at_a_point_tells_its_settings(opened: Opened) -> None:
    assert opened.page.locator("#tip").is_hidden()
    opened.page.locator("#chart").scroll_into_view_if_needed()
    box = opened.page.locator("#chart [data-series=jpeg] .point").nth(2).bounding_box()
    opened.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    told = opened.page.inner_text("#tip").replace("\u00a0", " ")
    assert told.split("\n")[0] == "JPEG"
    assert "1.375 bpp · 33.33 dB" in told
    assert "effort = 4, quality = 50" in told
    opened.page.mouse.move(5, 5)
    assert opened.page.locator("#tip").is_hidden()


def test_points_are_reached_by_keyboard(opened: Opened) -> None:
    def focused() -> str:
        return str(opened.run("document.activeElement.getAttribute('aria-label')")).replace("\u00a0", " ")

    opened.page.focus("#thin")
    opened.page.keyboard.press("Tab")
    first = focused()
    assert opened.page.locator("#tip").is_visible()
    opened.page.keyboard.press("ArrowRight")
    assert focused() != first
    assert focused().split(",")[0] == first.split(",")[0]
    opened.page.keyboard.press("ArrowDown")
    assert focused().split(",")[0] != first.split(",")[0]
    assert "quality = " in focused()
    assert opened.page.inner_text("#tip").split("\n")[0] == focused().split(",")[0]
    opened.page.keyboard.press("Escape")
    assert opened.page.locator("#tip").is_hidden()
    assert opened.count("#chart .point[tabindex='0']") == 1


def test_bars_have_intervals_and_remarks(opened: Opened) -> None:
    rows = [text.split("\t") for text in opened.page.locator("#bars tbody tr").all_inner_texts()]
    assert [row[0].strip() for row in rows] == ["AVIF", "WebP"]
    assert "−36.0" in " ".join(rows[0])
    assert "−38.0 to −34.0" in " ".join(rows[0])
    assert opened.count("#bars .whisker") == 6
    remark = opened.page.locator("#bars .remark details").first
    assert "a second remark" not in remark.inner_text()
    remark.locator("summary").click()
    assert "a second remark" in remark.inner_text()
    assert "< 0.001" in rows[0]


@pytest.mark.parametrize("width", [1280, 1440])
def test_remarks_of_a_real_report_are_seen_without_scrolling(browser: Any, width: int) -> None:
    found = Opened(browser, Path("reports/baseline/index.html").resolve(), viewport={"width": width, "height": 900})
    assert found.count("#bars .remark details") > 0
    assert found.run(
        "[document.querySelector('#bars').scrollWidth <= document.querySelector('#bars').clientWidth]"
    ) == [True]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(browser: Any, file: Path, scheme: str) -> None:
    """Contrast of at least 4.5, as WCAG's AA asks, cells of the heat map included."""
    found = Opened(browser, file, color_scheme=scheme)
    poor = found.run("""() => {
        const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
        const parsed = (colour) => {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data];
        };
        const luminance = ([r, g, b]) => [r, g, b].map((value) => value / 255)
            .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
            .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
        const behind = (node) => {
            for (let at = node; at; at = at.parentElement) {
                const colour = parsed(getComputedStyle(at).backgroundColor);
                if (colour[3] === 255) return colour;
            }
            return [255, 255, 255];
        };
        const poor = [];
        for (const node of document.querySelectorAll('body *')) {
            const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
            if (!own || !node.checkVisibility() || node.closest('script, style, noscript, .tag')) continue;
            const style = getComputedStyle(node);
            const colour = parsed(node.closest('svg') ? style.fill : style.color);
            const [one, other] = [luminance(colour), luminance(behind(node))].sort((a, b) => b - a);
            const contrast = (one + 0.05) / (other + 0.05);
            if (contrast < 4.5) poor.push(`${node.tagName} ${node.textContent.slice(0, 30)} ${contrast.toFixed(2)}`);
        }
        return poor;
    }""")
    assert poor == []
    found.context.close()


def test_dark_mode_follows_the_system_and_the_button(browser: Any, file: Path, opened: Opened) -> None:
    def page_colour(page: Any) -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    assert page_colour(opened.page) == "rgb(255, 255, 255)"
    opened.page.click("#theme")
    assert page_colour(opened.page) == "rgb(18, 20, 23)"
    assert opened.page.get_attribute("#theme", "aria-pressed") == "true"
    dark = Opened(browser, file, color_scheme="dark")
    assert page_colour(dark.page) == "rgb(18, 20, 23)"
    dark.page.click("#theme")
    assert page_colour(dark.page) == "rgb(255, 255, 255)"
    dark.context.close()


@pytest.mark.parametrize("where", ["#table-bd", "#heat-map table", "#summary table"])
def test_tables_sort_by_every_heading(opened: Opened, where: str) -> None:
    table = opened.page.locator(where).first

    def column(place: int) -> list[str]:
        return [str(row.locator("th, td").nth(place).inner_text()) for row in table.locator("tbody tr").all()]

    for place in range(table.locator("thead th").count()):
        heading = table.locator("thead th").nth(place)
        heading.locator("button").click()
        assert heading.get_attribute("aria-sort") == "ascending"
        rising = column(place)
        heading.locator("button").click()
        assert heading.get_attribute("aria-sort") == "descending"
        falling = column(place)
        assert sorted(rising) == sorted(falling)
        numbers = [float(text.split()[0].replace("−", "-")) for text in rising if re.match(r"[−+\d]", text)]
        assert numbers == sorted(numbers)
        assert table.locator("[aria-sort]").count() == 1


def test_numbers_sort_as_numbers_and_what_is_missing_last(opened: Opened) -> None:
    heading = opened.page.locator("#table-bd thead button", has_text="BD-rate")
    cells = opened.page.locator("#table-bd tbody td:nth-child(2)")
    heading.click()
    assert cells.all_inner_texts() == ["−3.2", "10.5", "–"]
    heading.click()
    assert cells.all_inner_texts() == ["10.5", "−3.2", "–"]
    assert opened.page.locator("#table-bd td[data-best]").all_inner_texts() == ["−3.2"]
    assert (
        opened.run(
            "document.getElementById(document.getElementById('table-bd').getAttribute('aria-labelledby')).textContent"
        )
        == "BD-rate on set; PSNR over RGB."
    )


@pytest.mark.parametrize("width", [375, 768, 1280])
def test_no_page_is_wider_than_its_screen(browser: Any, file: Path, width: int) -> None:
    found = Opened(browser, file, viewport={"width": width, "height": 800})
    assert found.run("document.documentElement.scrollWidth") <= width
    assert found.page.locator("#chart svg").bounding_box()["width"] <= width
    assert found.problems == []
    found.context.close()


def test_controls_and_pictures_have_names(opened: Opened) -> None:
    nameless = opened.run("""() => [...document.querySelectorAll('input, select, button, img, a')].filter((node) => {
        if (node.tagName === 'IMG') return !node.alt;
        const label = node.labels?.[0]?.textContent ?? '';
        return !(node.getAttribute('aria-label') ?? '').trim() && !label.trim() && !node.textContent.trim();
    }).map((node) => node.outerHTML)""")
    assert nameless == []
    assert (
        opened.run(
            "(() => { const ids = [...document.querySelectorAll('[id]')].map((node) => node.id);"
            " return ids.filter((id, place) => ids.indexOf(id) !== place); })()"
        )
        == []
    )
    assert (
        opened.run(
            "[...document.querySelectorAll('[aria-labelledby]')].filter("
            "(node) => !document.getElementById(node.getAttribute('aria-labelledby'))).length"
        )
        == 0
    )
    assert opened.run("[...document.querySelectorAll('table thead th')].filter((node) => !node.scope).length") == 0


def test_a_report_without_pictures_or_records_says_so(report: Report, browser: Any, tmp_path: Path) -> None:
    results = dataclasses.replace(report.results, records=report.results.records.iloc[:0])
    bd = report.bd[report.bd["image"] == ""]
    bare = dataclasses.replace(
        report,
        results=results,
        bd=bd,
        pictures=[],
        tables=[],
        manifests={},
        notes=[],
        command="",
        references={},
    )
    found = Opened(browser, write_html(bare, tmp_path / "index.html"))
    assert "no pictures" in found.page.inner_text("#pictures")
    assert "no BD-rates of single images" in found.page.inner_text("#heat-map")
    assert "summaries alone" in found.page.inner_text("#failures")
    assert found.problems == []
    found.context.close()


@pytest.mark.parametrize(
    ("asked", "why"), [(True, "the images of the data set were not at hand"), (False, "none were asked for")]
)
def test_it_says_why_there_are_no_pictures(report: Report, tmp_path: Path, *, asked: bool, why: str) -> None:
    bare = dataclasses.replace(report, pictures=[], asked=asked)
    assert f"This report has no pictures: {why}" in write_html(bare, tmp_path / "index.html").read_text(
        encoding="utf-8"
    )


def test_printing_shows_no_controls(opened: Opened) -> None:
    opened.page.emulate_media(media="print")
    assert opened.page.locator("#toolbar").is_hidden()
    assert opened.page.locator("nav").is_hidden()
    assert opened.page.locator("#chart svg").is_visible()
