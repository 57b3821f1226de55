"""The viewer of pictures, and what it gets."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import numpy as np
import pytest
from PIL import Image

from benchmark.report.content import Report
from benchmark.report.figures.picture import Picture
from benchmark.report.page.html import write_html
from benchmark.report.page.see import ASSETS, remove_assets, views, whole_view
from tests.report.browsing import Opened
from tests.report.page.opening import browser, file, made, opened, report
from tests.report.page.pages import SIDE, pictures

__all__ = ["browser", "file", "made", "opened", "report"]


def test_a_view_has_all_rates_of_a_part(report: Report) -> None:
    found = views(pictures(), report.metrics)
    assert [(view.image, view.whole) for view in found] == [("one", False), ("two", False)]
    assert {(view.left, view.top) for view in found} == {(32, 16)}
    low, high = found[0].rates
    assert [version.series for version in low.versions] == ["jpeg", "webp", "avif"]
    assert [version.series for version in high.versions] == ["jpeg", "webp"]
    assert (low.without, list(high.without)) == ({}, ["avif"])
    assert list(low.versions[0].measures) == [("Rate", "0.500 bpp"), ("PSNR, RGB", "30.25 dB")]
    infinite = dataclasses.replace(pictures()[0].decoded[0], figures={"psnr_rgb": float("inf")})
    (view,) = views([dataclasses.replace(pictures()[0], decoded=[infinite])], report.metrics)
    assert ("PSNR, RGB", "lossless") in list(view.rates[0].versions[0].measures)


def test_whole_images_are_files_in_place_of_those_before(report: Report, tmp_path: Path) -> None:
    view, files = whole_view(pictures()[:2], report.metrics, tmp_path)
    assert len(files) == 1 + 3 + 2
    assert view.whole
    assert view.original == f"{ASSETS}/set/one/0-original.webp"
    assert np.array_equal(np.asarray(Image.open(tmp_path / view.original)), pictures()[0].original)
    sources = [view.original, *(version.source for rate in view.rates for version in rate.versions)]
    assert [tmp_path / source for source in sources] == files
    assert all(file.is_file() for file in files)
    remove_assets(tmp_path)
    assert not any(file.exists() for file in files)


DECODED = """async () => {
    const image = document.querySelector('#panes .above');
    await image.decode();
    return image.naturalWidth;
}"""


def shown(opened: Opened, kind: str) -> str:
    return str(opened.page.locator(f"#panes .{kind}").get_attribute("alt"))


def test_pixels_are_those_that_were_decoded(report: Report, opened: Opened) -> None:
    opened.page.select_option("#left", "original")
    found = {}
    for kind in ("above", "below"):
        pixels = opened.run(
            """async () => {
            const image = document.querySelector('#panes .KIND');
            await image.decode();
            const canvas = document.createElement('canvas');
            [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
            const context = canvas.getContext('2d');
            context.drawImage(image, 0, 0);
            return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
        }""".replace("KIND", kind)
        )
        found[kind] = np.array(pixels).reshape(SIDE, SIDE, 4)[..., :3].astype(float)
    picture = report.pictures[1]
    assert np.array_equal(found["above"], picture.original)
    made = next(crop for crop in picture.decoded if crop.series == opened.page.input_value("#right"))
    lost = np.mean((picture.original.astype(float) - made.pixels) ** 2)
    assert (
        np.mean((found["below"] - made.pixels) ** 2) <= lost / 8
    )  # browsers decode colours by a rounding of their own


def test_any_two_are_compared_at_any_rate(opened: Opened) -> None:
    assert opened.page.locator("#rates label").all_inner_texts() == ["0.5", "1"]
    assert opened.page.locator("#without").is_visible()
    assert "AVIF (its rates here are 0.10 to 0.70 bpp)" in opened.page.inner_text("#without")
    opened.page.locator("#rates label").first.click()
    assert opened.page.locator("#without").is_hidden()
    opened.page.select_option("#left", label="AVIF")
    opened.page.select_option("#right", label="Original")
    assert shown(opened, "above") == "Crop of one, decoded by AVIF"
    assert shown(opened, "below") == "Crop of one, original"
    told = opened.page.inner_text("#told-a").replace("\u00a0", " ")
    assert "A AVIF" in told
    assert "quality = 60" in told
    assert "0.500 bpp" in told
    assert "30.25 dB" in told
    opened.page.click("#next")
    assert shown(opened, "above") == "Crop of two, decoded by AVIF"
    opened.page.locator("#rates label").last.click()
    assert shown(opened, "above") == "Crop of two, decoded by JPEG"
    opened.page.locator("#rates label").first.click()
    assert shown(opened, "above") == "Crop of two, decoded by AVIF"
    opened.page.get_by_role("button", name="one: show it alone").first.click()
    assert shown(opened, "below") == "Crop of one, original"


def test_slider_and_mouse_move_the_divider(opened: Opened) -> None:
    def clip() -> str:
        return str(opened.run("getComputedStyle(document.querySelector('#panes .above')).clipPath"))

    before = clip()
    opened.page.focus("#reveal")
    opened.page.keyboard.press("End")
    assert clip() != before
    assert opened.page.locator("#panes .tag.second").is_hidden()
    opened.page.keyboard.press("Home")
    assert opened.page.locator("#panes .tag.first").is_hidden()
    assert opened.page.locator("#panes .tag.second").is_visible()
    opened.page.locator("#panes .layers").click(position={"x": 2.5 * SIDE / 2, "y": 20})
    zoom = int(opened.page.input_value("#zoom"))
    assert float(opened.page.input_value("#reveal")) == pytest.approx(100 * 1.25 / zoom, abs=2)


def test_side_by_side_and_difference(opened: Opened) -> None:
    opened.page.check("[value=beside]")
    assert opened.count("#panes .stage") == 2
    assert opened.page.locator("#slide").is_hidden()
    assert opened.page.locator("#flicker").is_hidden()
    opened.page.check("[value=difference]")
    assert opened.count("#panes .stage") == 1
    opened.page.select_option("#right", opened.page.input_value("#left"))
    opened.page.select_option("#amplify", "8")
    assert opened.run("getComputedStyle(document.querySelector('#panes .difference')).filter") == "brightness(8)"
    opened.run("async () => { for (const image of document.querySelectorAll('#panes img')) await image.decode(); }")
    drawn = np.asarray(Image.open(_png(opened)).convert("RGB"))[8:-8, 8:-8]  # within the round corners
    assert drawn.max() == 0


def _png(opened: Opened) -> Any:
    import io

    return io.BytesIO(opened.page.locator("#panes .layers").screenshot())


def test_the_locator_frames_what_is_seen(opened: Opened) -> None:
    def part() -> list[float]:
        style = "document.querySelector('#locator .part').style"
        return [float(str(opened.run(f"{style}.{name}")).rstrip("%")) for name in ("left", "top", "width", "height")]

    usual = [100 * 32 / (2 * SIDE), 100 * 16 / (3 * SIDE), 50.0, 100 / 3]
    assert part() == pytest.approx(usual, abs=0.1)
    opened.page.select_option("#zoom", "8")
    assert opened.page.locator("#panes .layers").bounding_box()["height"] == 8 * SIDE
    opened.page.set_viewport_size({"width": 390, "height": 500})
    opened.page.wait_for_timeout(100)
    before = part()
    assert before[2] < 50
    box = opened.page.locator("#locator > div").bounding_box()
    opened.page.locator("#locator > div").click(position={"x": box["width"] * 0.7, "y": box["height"] * 0.35})
    opened.page.wait_for_timeout(100)
    assert part() != before
    assert str(opened.run("getComputedStyle(document.querySelector('#panes .above')).imageRendering")) == "pixelated"


def test_a_link_shows_the_same_pictures(opened: Opened, browser: Any, file: Path) -> None:
    assert "picture" not in opened.page.url
    opened.page.select_option("#picture", label="two")
    opened.page.locator("#rates label").first.click()
    opened.page.select_option("#left", label="WebP")
    opened.page.check("[value=difference]")
    opened.page.select_option("#zoom", "2")
    link = opened.page.url
    assert "picture=two&at=0.5&left=webp" in unquote_plus(link)
    opened.page.reload()
    assert opened.page.url == link
    assert shown(opened, "above") == "Crop of two, decoded by WebP"
    assert opened.page.input_value("#zoom") == "2"
    assert opened.count("#panes .difference .above") == 1


def test_flicker_starts_and_stops_on_request_alone(opened: Opened) -> None:
    other = opened.page.locator("#swap")
    opened.page.wait_for_timeout(700)
    assert other.get_attribute("aria-pressed") == "false"
    opened.page.focus("#panes .stage")
    opened.page.keyboard.press("f")
    assert opened.page.get_attribute("#flicker", "aria-pressed") == "true"
    opened.page.wait_for_selector("#swap[aria-pressed=false]", timeout=3000)
    opened.page.wait_for_selector("#swap[aria-pressed=true]", timeout=3000)
    opened.page.click("#flicker")
    assert opened.page.get_attribute("#flicker", "aria-pressed") == "false"
    assert other.get_attribute("aria-pressed") == "false"
    opened.page.focus("#panes .stage")
    opened.page.keyboard.press("o")
    assert other.get_attribute("aria-pressed") == "true"
    opened.page.keyboard.press("]")
    assert shown(opened, "below").startswith("Crop of two")


def test_flicker_is_by_hand_where_less_motion_is_asked_for(browser: Any, file: Path) -> None:
    found = Opened(browser, file, reduced_motion="reduce")
    found.page.click("#flicker")
    assert found.page.get_attribute("#flicker", "aria-pressed") == "false"
    assert found.page.get_attribute("#swap", "aria-pressed") == "true"
    found.page.wait_for_timeout(1200)
    assert found.page.get_attribute("#swap", "aria-pressed") == "true"
    found.context.close()


@pytest.fixture
def with_wholes(report: Report, browser: Any, tmp_path: Path) -> Iterator[Opened]:
    part: list[Picture] = [dataclasses.replace(picture, left=0, top=0, size=(SIDE, SIDE)) for picture in pictures()[:2]]
    view, files = whole_view(part, report.metrics, tmp_path)
    found = Opened(browser, write_html(dataclasses.replace(report, wholes=[view]), tmp_path / "index.html", files))
    yield found
    assert found.problems == []
    found.context.close()


def test_whole_images_are_loaded_when_one_looks_at_them(with_wholes: Opened) -> None:
    def asked() -> list[str]:
        return [url for url in with_wholes.requests if ASSETS in url]

    assert asked() == []
    with_wholes.page.select_option("#picture", label="one, whole")
    assert shown(with_wholes, "above") == "one, decoded by JPEG"
    assert with_wholes.run(DECODED) == SIDE
    assert len(asked()) == 2
