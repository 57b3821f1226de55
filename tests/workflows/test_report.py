"""A report, from results to its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Run

TABLES = (".csv", ".md", ".tex")


@pytest.mark.slow
def test_report_writes_pages_and_papers(rdbench: Run, results: Path, tmp_path: Path) -> None:
    done = rdbench(
        "report",
        str(results),
        "--out",
        "out",
        "--metric",
        "psnr",
        "--log-rate",
        "--pictures",
        "1",
        "--jobs",
        "1",
    )
    assert "2 codecs on" in done.stdout
    figures = {path.name for path in (tmp_path / "out").iterdir() if path.suffix in (".svg", ".webp")}
    assert {"rd_psnr_rgb.svg", "crops_b-png.webp"} <= figures
    rdbench(
        "report",
        str(results),
        "--out",
        "paper",
        "--metric",
        "psnr",
        "--formats",
        "pdf,png",
        "--single-column",
        "--pictures",
        "1",
        "--jobs",
        "1",
    )
    names = {path.name for path in (tmp_path / "paper").iterdir()}
    kinds = ["rd_psnr_rgb", "bars", "heatmap", "pareto"]
    assert {name for name in names if not name.endswith((*TABLES, ".html"))} == {
        f"{kind}.{form}"
        for form in ("pdf", "png")
        for kind in [*kinds, *(f"{kind}_single" for kind in kinds), "crops_b-png", "errors_b-png"]
    }
    refused = rdbench("report", str(results), "--anchor", "bpg", check=False)
    assert refused.returncode == 2
    assert "anchor 'bpg' is no series of the results" in refused.stderr
