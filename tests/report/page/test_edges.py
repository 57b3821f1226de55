"""Results of which there is little to show: each has a page that makes sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.plugins import all_metrics
from benchmark.report.build import collect
from benchmark.report.drawings import drawings
from benchmark.report.page.html import write_html
from tests.report.browsing import Opened, browser
from tests.report.page.pages import rows_of_a_run

__all__ = ["browser"]

MEASURED = ["psnr_rgb", "psnr_y", "mse_rgb", "mse_y", "ssim_rgb", "ms_ssim_rgb"]


def rows() -> pd.DataFrame:
    frame = pd.DataFrame(rows_of_a_run())
    return frame[(frame["dataset"] == "set") & (frame["status"] == "ok")]


def failed() -> pd.DataFrame:
    nothing = dict.fromkeys(["bpp", *MEASURED], "")
    return rows().assign(status="failed", reason="RuntimeError: no", **nothing)


def without_the_anchor() -> pd.DataFrame:
    return rows().query("codec != 'jpeg'")


def lossless() -> pd.DataFrame:
    frame = rows().query("codec != 'avif'").drop_duplicates(["codec", "image"])
    frame = frame.assign(codec=frame["codec"].replace({"jpeg": "png", "webp": "qoi"}))
    return frame.assign(psnr_rgb=np.inf, psnr_y=np.inf, mse_rgb=0, mse_y=0, ssim_rgb=1, ms_ssim_rgb=1)


def one_codec() -> pd.DataFrame:
    return rows().query("codec == 'jpeg'")


def one_image() -> pd.DataFrame:
    return rows().query("image == 'one'")


def one_point() -> pd.DataFrame:
    return rows().drop_duplicates(["codec", "image"])


def batches() -> pd.DataFrame:
    return rows().assign(images=20)


CASES = [
    (failed, "No row succeeded, so there is nothing to compare: the table of failures has their reasons."),
    (without_the_anchor, "On set, AVIF needs least rate at equal PSNR, RGB: −20.0 % against WebP."),
    (lossless, "On set, all codecs are lossless; by their mean rate: QOI 0.220 bpp, PNG 0.275 bpp."),
    (one_codec, "There is no other codec to compare."),
    (one_image, "On set, AVIF needs least rate at equal PSNR, RGB: −36.0 % against JPEG."),
    (one_point, "Not ranked: WebP (jpeg has 1 point, needs 4); AVIF (jpeg has 1 point, needs 4)."),
    (batches, "On set, AVIF needs least rate at equal PSNR, RGB: −36.0 % against JPEG."),
]


@pytest.mark.parametrize(("made", "answer"), CASES)
def test_it_has_a_page_that_makes_sense(browser: Any, tmp_path: Path, made: Any, answer: str) -> None:
    made().to_csv(tmp_path / "records.csv", index=False)
    report = collect([tmp_path], all_metrics())
    found = Opened(browser, write_html(report, tmp_path / "index.html"))
    assert found.page.inner_text("#findings").replace("\u00a0", " ").splitlines()[0] == answer
    if made is not lossless:
        found.page.check("[name=kind][value=relative]")
        found.page.click("#whole", force=True)
        for part in ("bars", "planes", "heat-map", "pairs-table"):
            assert found.page.inner_text(f"#{part}").strip()
    assert "NaN" not in found.page.inner_text("main")
    assert "undefined" not in found.page.inner_text("main")
    assert found.problems == []
    found.context.close()


def test_of_lossless_codecs_no_curves_are_drawn(tmp_path: Path) -> None:
    lossless().to_csv(tmp_path / "records.csv", index=False)
    report = collect([tmp_path], all_metrics(), chosen=["psnr", "ssim"])
    assert not [path for drawing in drawings(report, tmp_path) for path in drawing() if path.name.startswith("rd_")]
    assert not [note for note in report.notes if "BD-rates are against" in note]


def test_of_lossless_codecs_rate_is_all_there_is(browser: Any, tmp_path: Path) -> None:
    """No empty chart, and no table of dashes."""
    lossless().to_csv(tmp_path / "records.csv", index=False)
    found = Opened(browser, write_html(collect([tmp_path], all_metrics()), tmp_path / "index.html"))
    for part in ("toolbar", "curves", "bd", "speed", "heat", "pairs", "save-deltas"):
        assert found.page.locator(f"#{part}").is_hidden()
    links = found.run("[...document.querySelectorAll('nav a')].map((link) => link.hash)")
    assert links[:3] == ["#answer", "#pictures", "#tables"]
    rows = [text.split("\t") for text in found.page.locator("#table-lossless tbody tr").all_inner_texts()]
    assert rows == [["QOI", "0.220"], ["PNG", "0.275"]]
    assert "–" not in found.page.locator("#tables tbody").all_inner_texts()
    assert found.count("#tables table") == 2
    assert found.problems == []
    found.context.close()


def test_a_long_name_of_an_image_does_not_widen_the_page(browser: Any, tmp_path: Path) -> None:
    rows, long = pd.DataFrame(rows_of_a_run()), "x" * 120 + ".png"
    rows["image"] = rows["image"].replace(rows["image"].iloc[0], long)
    rows.to_csv(tmp_path / "records.csv", index=False)
    page = write_html(collect([tmp_path], all_metrics()), tmp_path / "index.html")
    found = Opened(browser, page, viewport={"width": 390, "height": 800})
    found.page.select_option("#image", label=long)
    found.page.wait_for_function("document.documentElement.scrollWidth === 390", timeout=10_000)
    found.context.close()


def test_of_failures_alone_nothing_is_drawn(tmp_path: Path) -> None:
    failed().to_csv(tmp_path / "records.csv", index=False)
    report = collect([tmp_path], all_metrics())
    assert report.tables == []
    assert drawings(report, tmp_path) == []
