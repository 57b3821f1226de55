"""The page of results without any row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmark.report.page.nothing import write_nothing
from tests.report.browsing import Opened, browser

__all__ = ["browser"]


def test_it_says_what_is_missing_and_what_to_do(browser: Any, tmp_path: Path) -> None:
    page = write_nothing(
        "run/records.csv: holds <no> rows",
        tmp_path / "new" / "index.html",
        sources=["run"],
        commands=["python -m benchmark run --out run"],
        command="python -m benchmark report run",
    )
    found = Opened(browser, page)
    told = found.page.inner_text("main")
    assert "run/records.csv: holds <no> rows" in told
    assert "python -m benchmark run --out run" in told
    assert "python -m benchmark report run" in told
    assert "Nothing to report" in found.page.inner_text("h1")
    assert found.problems == []
    found.context.close()
    without = write_nothing("no rows", tmp_path / "index.html", sources=["run"], commands=[], command="")
    assert "No manifest came with the results" in without.read_text(encoding="utf-8")
