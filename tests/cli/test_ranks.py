"""The command that ranks codecs at one rate or one quality."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmark.cli.main import main
from tests.conftest import ROOT, Run

SAMPLE = str(ROOT / "results" / "baseline" / "sample")


def test_codecs_are_ranked_at_a_quality_and_the_smallest_of_each_image_is_told(rdbench: Run, tmp_path: Path) -> None:
    done = rdbench("ranking", SAMPLE, "--at", "psnr=32", "--images", "--out", "rank.csv")
    assert "sample: bits per pixel at psnr=32" in done.stdout
    assert "on how many images a codec is smallest at psnr=32" in done.stdout
    assert "the smallest codec of each image" in done.stdout and "astronaut" in done.stdout
    assert (tmp_path / "rank.csv").read_text().startswith("dataset,series,")
    told = json.loads(rdbench("ranking", SAMPLE, "--at", "psnr=32", "--json").stdout)
    ranks = [row["rank"] for row in told["ranking"]]
    assert ranks[0] == 1 and ranks == sorted(ranks, key=lambda rank: rank or 99)
    assert sum(row["won"] for row in told["won"]) == len(told["images"]) == 6
    for row in told["images"]:
        assert row["bpp"] <= row["second_bpp"]


def test_codecs_are_ranked_at_a_rate_and_at_a_similarity(rdbench: Run) -> None:
    assert "psnr_rgb (dB) at bpp=0.5" in rdbench("ranking", SAMPLE, "--at", "bpp=0.5").stdout
    assert "bits per pixel at ms_ssim=0.95" in rdbench("ranking", SAMPLE, "--at", "ms_ssim=0.95").stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--at", "psnr"], "expected COLUMN=VALUE"),
        (["--at", "psnr=high"], "expected COLUMN=VALUE"),
        (["--at", "psrn=30"], "did you mean psnr"),
        (["--at", "bpp=0"], "expected a rate above 0"),
        (["--at", "bpp=1", "--images"], "is told at a quality"),
    ],
)
def test_requests_that_make_no_sense(rdbench: Run, words: list[str], says: str) -> None:
    done = rdbench("ranking", SAMPLE, *words, check=False)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


def test_shares_are_in_order_and_fit_40_columns(rdbench: Run) -> None:
    told = CliRunner(env={"COLUMNS": "40"}).invoke(main, ["ranking", SAMPLE, "--at", "psnr=32", "--images"]).stdout
    tables = told.split("on how many images a codec is smallest")[1]
    rows = [line for line in tables.splitlines() if line.startswith("  ") and line.strip()]
    assert max(map(len, rows)) <= 40
    won = json.loads(rdbench("ranking", SAMPLE, "--at", "psnr=32", "--json").stdout)["won"]
    order = [(-row["won"], -row["reached"]) for row in won]
    assert order == sorted(order)


def test_a_quality_that_cannot_be_is_told(rdbench: Run) -> None:
    for at, says in (("ssim=1.5", "from -1 to 1"), ("psnr=-3", "from 0"), ("bpp=-1", "expected a rate above 0")):
        done = rdbench("ranking", SAMPLE, "--at", at, check=False)
        assert (done.returncode, says in done.stderr) == (2, True), done.stderr
