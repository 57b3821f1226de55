"""All pages as axe sees them, an independent checker of the Web Content Accessibility Guidelines, and their targets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmark.analysis.files import read_table
from benchmark.analysis.history import Release, history_of
from benchmark.analysis.leaderboard import Submission, leaderboard
from benchmark.analysis.regression.compare import Comparison
from benchmark.analysis.results import read_results
from benchmark.plugins import all_metrics
from benchmark.report.difference import Shot, as_page, worst_rows
from benchmark.report.history import write_history
from benchmark.report.page.html import write_html
from benchmark.report.site import write_site
from tests.analysis.regression.examples import records
from tests.conftest import photo
from tests.needs import needs
from tests.report.browsing import Opened, browser
from tests.report.page.pages import made_report

__all__ = ["browser"]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

SMALL = """() => [...document.querySelectorAll('a, button, input, select, summary')]
    .filter((node) => node.checkVisibility() && !node.matches('.skip, p a, li a, [type=radio]'))
    .map((node) => [node, node.getBoundingClientRect()]).filter(([, box]) => box.width < 24 || box.height < 24)
    .map(([node, box]) => `${node.tagName} ${node.textContent} ${box.width} x ${box.height}`)"""
"""Targets below 24 pixels; links within sentences may be smaller, and of radios the label is the target."""


def report_page(folder: Path, against: Callable[..., Comparison]) -> Path:
    return write_html(made_report(folder), folder / "index.html", [folder / "bdrate.csv"])


def site_page(folder: Path, against: Callable[..., Comparison]) -> Path:
    records().to_csv(folder / "one.csv", index=False)
    table = read_table(folder / "one.csv", [metric.column for metric in all_metrics()], [])
    board = leaderboard([Submission("one", table, {})], all_metrics(), "coarse", ["psnr_rgb"])
    return write_site(board, folder, {"bad": "holds no rows"}, "python -m benchmark site one")[0]


def history_page(folder: Path, against: Callable[..., Comparison]) -> Path:
    records().to_csv(folder / "a.csv", index=False)
    records().assign(bpp=lambda frame: 1.02 * frame["bpp"]).to_csv(folder / "b.csv", index=False)
    runs = [Release(name, read_results([folder / f"{name}.csv"], all_metrics()), "", "") for name in "ab"]
    write_history(history_of(runs, "coarse", "psnr", 0.5), folder / "out", command="python -m benchmark report")
    return folder / "out" / "history.html"


def difference_page(folder: Path, against: Callable[..., Comparison]) -> Path:
    comparison = against(lambda frame: frame.update({"psnr_rgb": frame["psnr_rgb"] - 1}))
    crop = photo(16, 16)
    shots = [Shot(row, {"original": crop, "current": crop}, 16, 8, ["none"]) for row in worst_rows(comparison, 1)]
    page = folder / "difference.html"
    page.write_text(as_page(comparison, shots, "python -m benchmark compare a b"), encoding="utf-8")
    return page


PAGES = [report_page, site_page, history_page, difference_page]


@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing(
    browser: Any, tmp_path: Path, against: Callable[..., Comparison], page: Callable[..., Path]
) -> None:
    checker = Path(needs("axe_playwright_python", extra="test").__file__).with_name("axe.min.js")
    file = page(tmp_path, against)
    for scheme, width in (("light", 1280), ("dark", 390)):
        found = Opened(browser, file, viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
        found.run(checker.read_text(encoding="utf-8"))
        told = found.page.evaluate("(rules) => axe.run({ runOnly: rules })", RULES)
        findings = {entry["id"]: [node["html"][:200] for node in entry["nodes"]] for entry in told["violations"]}
        assert findings == {}
        assert found.run(SMALL) == []
        assert found.run("document.documentElement.scrollWidth") <= width
        found.context.close()
