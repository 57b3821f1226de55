"""A report, from results to its folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import ROOT, Run
from tests.serial import Serial

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
    assert {name for name in names if not name.endswith((*TABLES, ".html", ".json"))} == {
        f"{kind}.{form}"
        for form in ("pdf", "png")
        for kind in [*kinds, *(f"{kind}_single" for kind in kinds), "crops_b-png", "errors_b-png"]
    }
    refused = rdbench("report", str(results), "--anchor", "bpg", check=False)
    assert refused.returncode == 2
    assert "anchor 'bpg' is no series of the results" in refused.stderr


def test_a_report_of_one_codec(rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has nothing to rank, and curves and tables all the same."""
    monkeypatch.setattr("benchmark.workflows.report.process_pool", Serial())
    rows = pd.read_csv(ROOT / "results/baseline/sample/records.csv", dtype=str, keep_default_na=False)
    (tmp_path / "one").mkdir()
    rows[rows["codec"] == "jpeg"].to_csv(tmp_path / "one" / "records.csv", index=False)
    done = rdbench("report", "one", "--out", "out", "--pictures", "0", "--metric", "psnr")
    assert "1 codec" in done.stdout
    assert "no pictures: none were asked for" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_figures_are_the_same_drawn_here_or_by_workers(results: Path, tmp_path: Path, rdbench: Run) -> None:
    """With one worker the process draws them itself; a name that no font has is no warning there either."""
    rows = pd.read_csv(results / "records.csv", dtype=str, keep_default_na=False)
    (tmp_path / "named").mkdir()
    rows.assign(dataset="\N{CHERRIES}").to_csv(tmp_path / "named" / "records.csv", index=False)
    figures = {}
    for jobs in ("1", "2"):
        out = f"out{jobs}"
        done = rdbench("report", "named", "--out", out, "--metric", "psnr", "--pictures", "0", "--jobs", jobs)
        assert "Glyph" not in done.stderr
        figures[jobs] = {path.name: path.read_bytes() for path in (tmp_path / out).glob("*.svg")}
    assert {"rd_psnr_rgb.svg", "bars.svg", "heatmap.svg"} <= set(figures["1"])
    assert figures["1"] == figures["2"]


def test_a_wrong_crop_leaves_an_earlier_report_as_it_was(
    rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmark.workflows.report.process_pool", Serial())
    sample = str(ROOT / "results/baseline/sample")
    common = ("report", sample, "--out", "out", "--pictures", "0", "--metric", "psnr")
    rdbench(*common)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    for crop, said in (("astronaut:100000,0,10,10", "which is 512×512"), ("nobody:0,0,9,9", "no image 'nobody'")):
        refused = rdbench(*common, "--anchor", "webp", "--crop", crop, check=False)
        assert refused.returncode == 2
        assert said in refused.stderr
        assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_results_without_rows_have_a_page_that_says_so(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    header = (ROOT / "results/baseline/sample/records.csv").read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / "none" / "records.csv").write_text(header + "\n", encoding="utf-8")
    done = rdbench("report", "none", "--out", "out", check=False)
    assert done.returncode == 2
    assert "none/records.csv: holds no rows; run the study again. out/index.html says so, too" in done.stderr
    assert "holds no rows" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
