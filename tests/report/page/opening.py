"""A report, its page, and that page in a browser: modules import these. One whose report has more makes its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmark.report.content import Report
from benchmark.report.page.html import write_html
from tests.report.browsing import Opened, browser
from tests.report.page.pages import made_report

__all__ = ["browser", "file", "made", "opened", "report"]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of a small run."""
    return made_report(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def report(made: Report) -> Report:
    """What the page shows."""
    return made


@pytest.fixture(scope="module")
def file(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page."""
    return write_html(report, tmp_path_factory.mktemp("page") / "index.html")


@pytest.fixture
def opened(browser: Any, file: Path) -> Iterator[Opened]:
    """The page at the size of a desk's screen. It must not complain, nor ask a network."""
    found = Opened(browser, file)
    yield found
    assert found.problems == []
    assert [url for url in found.requests if not url.startswith(("file:", "data:"))] == []
    found.context.close()
