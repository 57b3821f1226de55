"""The site builds without a warning, fetches nothing, and README stays short."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

MOST_LINES = 150


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip("mkdocs is not installed: pip install 'rdbench[docs]'")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


@pytest.mark.slow
def test_pages_fetch_nothing(site: Path) -> None:
    tags = re.compile(r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=\"?(https?:)?//[^>]*>")
    for page in site.rglob("*.html"):
        if "repository" not in page.parts:
            found = tags.search(page.read_text(encoding="utf-8"))
            assert found is None, f"{page.name} fetches {found}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", sheet.read_text(encoding="utf-8")), sheet.name


@pytest.mark.slow
def test_links_to_files_of_the_repository_lead_to_copies(site: Path) -> None:
    home = (site / "index.html").read_text(encoding="utf-8")
    assert 'src="repository/results/baseline/kodak/rd_psnr_rgb.svg"' in home
    assert (site / "repository/results/baseline/kodak/rd_psnr_rgb.svg").is_file()
    assert 'href="start.html"' in home
