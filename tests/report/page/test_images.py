"""What the page computes against another anchor: the numbers of ``bdrate``."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.interval import LEAST_IMAGES, paired_test
from benchmark.analysis.standing import headline
from benchmark.plugins import all_metrics
from benchmark.report.build import collect
from benchmark.report.content import Report
from benchmark.report.figures.appearance import display_name
from benchmark.report.page import images
from benchmark.report.page.html import write_html
from benchmark.report.page.template import asset
from tests.conftest import ROOT
from tests.report.browsing import Opened, browser

__all__ = ["browser"]


@pytest.fixture(scope="module")
def report() -> Report:
    """Of all codecs on Kodak, by a metric that rises and is nearly 1, where digits count, and by PSNR."""
    return collect([ROOT / "results/baseline/kodak"], all_metrics(), chosen=["psnr_rgb", "ms_ssim_y"])


def printed(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:+.1f}".replace("-", "−")


def p_value(value: float) -> str:
    return "–" if math.isnan(value) else "< 0.001" if value < 0.001 else f"{value:.3f}"


def remark(flags: str) -> str:
    """The remarks, but for those of interpolators and of intervals of mean curves, which the page does not compute."""
    left_out = ("interpolators differ", "mean curve: no interval")
    return "; ".join(flag for flag in flags.split("; ") if not flag.startswith(left_out))


def expected(report: Report, anchor: str, column: str) -> list[list[str]]:
    table = bd_table(report.results, anchor, report.results.metric(column))
    rows = table.assign(**headline(table))[table["series"] != anchor]
    return [
        [
            display_name(str(row["series"]), str(row["series"]).split(" ")[0]),
            "–" if pd.isna(row["rank"]) else str(row["rank"]),
            printed(row["headline"]),
            "–"
            if math.isnan(row["headline_low"])
            else f"{printed(row['headline_low'])} to {printed(row['headline_high'])}",
            p_value(row["p_value"]),
            "–" if pd.isna(row["rank"]) else printed(row["bd_rate"]),
            remark(str(row["flags"])),
        ]
        for _, row in rows.iterrows()
    ]


CELLS = """[...document.querySelectorAll('#bars tbody tr')].map((row) => [...row.cells].map((cell) => {
    const [first, ...others] = (cell.querySelector('details') ?? cell).childNodes;
    return [first, ...others].filter(Boolean).map((node) => node.textContent).join('; ');
}))"""
"""The texts of the table of BD-rates; of remarks that are folded, all."""


@pytest.mark.slow
def test_another_anchor_gives_the_numbers_of_the_command(browser: Any, report: Report, tmp_path: Path) -> None:
    address = write_html(report, tmp_path / "index.html").as_uri()
    for column, title in (("psnr_rgb", "PSNR, RGB"), ("ms_ssim_y", "MS-SSIM, luma")):
        for anchor in ("bpg", "rnn"):
            page = browser.new_page()
            page.goto(f"{address}#{urlencode({'metric': title, 'anchor': anchor})}")
            rows: list[Any] = page.evaluate(CELLS)
            shown = [[cell.strip() for cell in (*row[:2], *row[3:7], row[8])] for row in rows]
            assert shown == expected(report, anchor, column)
            page.close()


def test_of_many_images_there_are_no_curves(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(images.image_curves(report, ["kodak"], list(dict.fromkeys(report.results.summary["series"])))) == 17
    monkeypatch.setattr(images, "MOST_FIGURES", 1000)
    assert images.image_curves(report, ["kodak"], []) == []


def drawn(seed: int, count: int, *, ties: bool, zeros: bool) -> list[float]:
    values = np.random.default_rng(seed).normal(0.3, 1, count)
    values = values.round(1) if ties else values
    return [0.0 if zeros and place % 5 == 0 else float(value) for place, value in enumerate(values)]


SAMPLES = [
    drawn(seed, count, ties=ties, zeros=zeros)
    for seed, count in enumerate((5, 6, 9, 13, 14, 24, 50, 51, 100))
    for ties in (False, True)
    for zeros in (False, True)
]


def test_the_test_of_the_page_is_that_of_python(browser: Any, tmp_path: Path) -> None:
    """Exact and normal, with and without ties and zeros, also where it is all but sure."""
    samples = [*SAMPLES, [0.0] * 8, [1.0] * 8, [float(value) for value in range(1, 80)]]
    page = browser.new_page()
    page.add_script_tag(
        content=f"{asset('bdrate.js')}\nwindow.test = bdRates({{ images: {LEAST_IMAGES} }}).signedRanks;"
    )
    for values in samples:
        found = page.evaluate("(values) => window.test(values)", values)
        expected = paired_test(np.asarray(values))
        assert (math.nan if found is None else found) == pytest.approx(expected, rel=1e-9, nan_ok=True)
    page.close()


@pytest.mark.slow
def test_of_many_codecs_the_first_stand_above_the_curves(browser: Any, report: Report, tmp_path: Path) -> None:
    found = Opened(browser, write_html(report, tmp_path / "index.html"), viewport={"width": 1440, "height": 900})
    assert min(curve.bounding_box()["y"] for curve in found.page.locator("#chart .curve").all()) < 900
    ranks = [int(text) for text in found.page.locator("#leaders .place").all_text_contents()]
    assert ranks == sorted(ranks)
    assert len(ranks) == 16, "all but the one that is not ranked"
    shown = [row.is_visible() for row in found.page.locator("#leaders li").all()]
    assert shown == [True] * 4 + [False] * 12
    found.page.click("#further")
    assert found.page.locator("#leaders li").last.is_visible()
    assert found.page.get_attribute("#further", "aria-expanded") == "true"
    assert found.problems == []
    found.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("logged", [False, True])
def test_curves_stay_between_the_axes(browser: Any, report: Report, tmp_path: Path, logged: bool) -> None:
    """The first view takes in all of the paths in its range of rates, and none is drawn outside of the frame."""
    found = Opened(browser, write_html(report, tmp_path / "index.html"))
    found.page.set_checked("#log", logged)
    clip, frame = (
        found.run(
            f"(({{ x, y, width, height }}) => [x, y, width, height])(document.querySelector('#chart {part}').getBBox())"
        )
        for part in ("#inside rect", ".frame")
    )
    assert clip == pytest.approx(frame, abs=0.5)
    left, top, width, _ = frame
    paths = found.run("[...document.querySelectorAll('#chart .curve')].map((path) => path.getAttribute('d'))")
    places = [tuple(map(float, place.split())) for path in paths for place in re.split("[ML]", path)[1:]]
    assert len(places) > 100
    assert min(y for x, y in places if left <= x <= left + width) >= top
    found.context.close()
