"""What the page computes against another anchor: the numbers of ``bdrate``."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import pytest

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.standing import headline
from benchmark.plugins import all_metrics
from benchmark.report.build import collect
from benchmark.report.content import Report
from benchmark.report.figures.appearance import display_name
from benchmark.report.page import images
from benchmark.report.page.html import write_html
from tests.conftest import ROOT
from tests.needs import needs
from tests.report.browsing import BROWSERS


@pytest.fixture(scope="module")
def report() -> Report:
    """Of all codecs on Kodak, by a metric that rises and is nearly 1, where digits count, and by PSNR."""
    return collect([ROOT / "results/baseline/kodak"], all_metrics(), chosen=["psnr_rgb", "ms_ssim_y"])


def printed(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:+.1f}".replace("-", "−")


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
            "–" if pd.isna(row["rank"]) else printed(row["bd_rate"]),
        ]
        for _, row in rows.iterrows()
    ]


@pytest.mark.slow
def test_another_anchor_gives_the_numbers_of_the_command(report: Report, tmp_path: Path) -> None:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)} is on the path")
    api = needs("playwright.sync_api", extra="test")
    address = write_html(report, tmp_path / "index.html").as_uri()
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for column, title in (("psnr_rgb", "PSNR, RGB"), ("ms_ssim_y", "MS-SSIM, luma")):
            for anchor in ("bpg", "rnn"):
                page = browser.new_page()
                page.goto(f"{address}#{urlencode({'metric': title, 'anchor': anchor})}")
                rows: list[Any] = [text.split("\t") for text in page.locator("#bars tbody tr").all_inner_texts()]
                shown = [[cell.strip() for cell in (row[0], row[1], row[3], row[4], row[5])] for row in rows]
                assert shown == expected(report, anchor, column)
                page.close()
        browser.close()


def test_of_many_images_there_are_no_curves(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(images.image_curves(report, ["kodak"], list(dict.fromkeys(report.results.summary["series"])))) == 17
    monkeypatch.setattr(images, "MOST_FIGURES", 1000)
    assert images.image_curves(report, ["kodak"], []) == []
