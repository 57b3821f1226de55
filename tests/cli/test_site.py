"""The command that writes a leaderboard."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import ROOT, Run

SAMPLE = str(ROOT / "results" / "baseline" / "sample")


def test_a_site_of_results(rdbench: Run, tmp_path: Path) -> None:
    done = rdbench("site", SAMPLE, "--metric", "psnr")
    assert done.stdout.strip().endswith("site: 2 files, 5 entries of 1 result")
    assert (tmp_path / "site" / "index.html").is_file()


def test_results_that_are_left_out_are_named_and_the_exit_status_says_so(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "records.csv").write_text("no,records\n")
    done = rdbench("site", SAMPLE, "bad", "--metric", "psnr", "--out", "out", check=False)
    assert done.returncode == 1
    assert "left out: bad/records.csv" in done.stdout and "2 files" in done.stdout
    assert "left out" in (tmp_path / "out" / "index.html").read_text().lower()
    refused = rdbench("site", SAMPLE, "--metric", "nonsense", check=False)
    assert refused.returncode == 2 and "nonsense" in refused.stderr
