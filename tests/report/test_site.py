"""A leaderboard as a site."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.files import read_table
from benchmark.analysis.leaderboard import Leaderboard, Standing, Submission, leaderboard
from benchmark.plugins import all_metrics
from benchmark.report.site import board_table, write_site
from tests.analysis.regression.examples import records
from tests.report.browsing import Opened, browser

__all__ = ["browser"]

METRICS = all_metrics()
MANIFEST = {
    "run": {"command": "python -m benchmark run --out <r0>", "started": "2026-05-01T10:00:00"},
    "environment": {"processor": "A processor", "system": "Linux", "cores": 8, "commit": "0123456789abcdef"},
}


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Leaderboard:
    """Two data sets; a learned codec that is best by PSNR and worst by MS-SSIM, with a name that is no markup."""
    folder = tmp_path_factory.mktemp("handed-in")
    learned = records().query("codec == 'fine'").assign(codec="<b>mine</b>", weights="w1", version="1 & 2")
    learned = learned.assign(psnr_rgb=learned["psnr_rgb"] + 1, ms_ssim_rgb=learned["ms_ssim_rgb"] - 0.1)
    exact = records().query("codec == 'fine'").drop_duplicates("image")
    exact = exact.assign(codec="exact", psnr_rgb=np.inf, psnr_y=np.inf, knob="", settings="{}")
    frames = {"<r0>": records(), "r1": pd.concat([learned, exact, records(dataset="clic")])}
    submissions = []
    for place, (name, frame) in enumerate(frames.items()):
        path = folder / f"{place}.csv"
        frame.to_csv(path, index=False)
        table = read_table(path, [metric.column for metric in METRICS], [])
        submissions.append(Submission(name, table, {} if place else MANIFEST))
    return leaderboard(submissions, METRICS, "coarse", ["psnr_rgb", "ms_ssim_rgb"])


@pytest.fixture(scope="module")
def folder(board: Leaderboard, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    write_site(board, out, {"bad": "holds no <rows>"}, "python -m benchmark site <r0> r1")
    return out


def test_names_are_no_markup_and_nothing_is_fetched(folder: Path) -> None:
    page = (folder / "index.html").read_text()
    assert "<b>mine" not in page and "<r0>" not in page and "<rows>" not in page
    assert "&lt;b&gt;mine&lt;/b&gt;" in page and "1 &amp; 2" in page
    assert not re.search(r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//|@import|url\(\s*["']?http""", page)


def test_where_each_entry_comes_from(folder: Path) -> None:
    page = (folder / "index.html").read_text()
    for text in (
        "A processor, Linux, 8 cores",
        "python -m benchmark run --out &lt;r0&gt;",
        "effort = 4; quality = 10, 30",
    ):
        assert text in page
    assert "<strong>bad</strong>: holds no &lt;rows&gt;" in page
    assert "its machine and command are not known" in page


def test_the_table_has_a_row_for_each_codec_and_metric(board: Leaderboard, folder: Path) -> None:
    table = pd.read_csv(folder / "leaderboard.csv")
    assert len(table) == 2 * len(board.entries) == 12
    mine = table[table["codec"] == "<b>mine</b>"].set_index("metric")
    assert mine["rank"].to_dict() == {"psnr_rgb": 1, "ms_ssim_rgb": 3}
    assert mine["results"].unique().tolist() == ["r1"]
    assert table.loc[table["codec"] == "exact", "rank"].isna().all()
    assert list(board_table(board).columns) == list(table.columns)


def test_the_same_leaderboard_gives_the_same_bytes(board: Leaderboard, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_site(board, tmp_path / name, {})
    for name in ("index.html", "leaderboard.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_page_filters_ranks_and_tells_more(browser: Any, folder: Path) -> None:
    found = Opened(browser, folder / "index.html")

    def shown() -> list[str]:
        rows = ".board:not([hidden]) .entry:not([hidden])"
        return [text.replace("\n", " ").strip() for text in found.page.locator(f"{rows} button").all_inner_texts()]

    assert shown() == ["<b>mine</b>", "fine", "coarse", "exact", "fine", "coarse"]
    assert found.count(".more:not([hidden])") == 0
    found.page.locator(".entry button").first.click()
    assert "Version" in found.page.locator(".more:not([hidden])").inner_text()
    found.page.select_option("#dataset", "kodak")
    assert shown() == ["<b>mine</b>", "fine", "coarse", "exact"]
    found.page.select_option("#metric", "1")
    assert shown() == ["fine", "coarse", "<b>mine</b>", "exact"]
    assert found.page.locator(".board:not([hidden]) .entry .rank").all_inner_texts() == ["1", "1", "3", ""]
    found.page.select_option("#family", "learned")
    assert shown() == ["<b>mine</b>"]
    found.page.reload()
    assert shown() == ["<b>mine</b>"]  # the address has it
    found.page.select_option("#dataset", "clic")
    assert shown() == [] and found.page.locator("#nothing").is_visible()
    assert found.problems == []
    assert all(url.startswith(("file:", "data:")) for url in found.requests)
    found.context.close()


def test_without_a_script_everything_is_there(browser: Any, folder: Path) -> None:
    found = Opened(browser, folder / "index.html", java_script_enabled=False, viewport={"width": 390, "height": 800})
    assert found.page.locator(".more").first.is_visible()
    assert not found.page.locator("#filters").is_visible()
    found.context.close()


def test_many_metrics_fit_a_desk(board: Leaderboard, browser: Any, tmp_path: Path) -> None:
    """As many as the baseline has, with their intervals."""
    metrics = [
        dataclasses.replace(metric, name=f"{metric.name}{place}") for place in range(6) for metric in board.metrics
    ]
    standing = Standing(1, -12.3, -123.4, -100.1, "")
    entries = [
        dataclasses.replace(entry, standings={metric.column: standing for metric in metrics}) for entry in board.entries
    ]
    wide = dataclasses.replace(board, metrics=metrics, entries=entries)
    write_site(wide, tmp_path, {}, "")
    found = Opened(browser, tmp_path / "index.html", viewport={"width": 1440, "height": 900})
    assert found.count(".board:first-of-type thead th") >= 12
    clipped = (
        "[...document.querySelectorAll('.board .scroll')].filter((node) => node.scrollWidth > node.clientWidth).length"
    )
    assert found.run(clipped) == 0
    found.context.close()
