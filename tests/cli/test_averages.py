"""The table of BD-rates by several metrics, as the command prints and writes it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from benchmark.cli.averages import print_averages
from tests.analysis.examples import records
from tests.conftest import Run


@pytest.fixture
def results(tmp_path: Path) -> Path:
    rates = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0]
    plain = records("plain", {"a": rates, "b": rates})
    good = records("good", {"a": rates, "b": rates})
    good["bpp"] /= 2
    (tmp_path / "out").mkdir()
    pd.concat([plain, good]).to_csv(tmp_path / "out" / "records.csv", index=False)
    return tmp_path


def test_the_table_has_a_rate_by_each_metric_and_their_mean(rdbench: Run, results: Path) -> None:
    words = ("bdrate", "out", "--anchor", "plain", "--metric", "psnr_rgb,ms_ssim_rgb")
    shown = rdbench(*words, "--out", "bd.csv").stdout
    assert "set: BD-rate in % against plain" in shown
    line = next(line for line in shown.splitlines() if line.split()[:1] == ["good"])
    assert line.split() == ["good", "-50.0", "-50.0", "-50.0"]
    table = pd.read_csv(results / "bd.csv")
    assert table["series"].tolist() == ["good", "plain"]
    for name in ("mean", "psnr_rgb", "ms_ssim_rgb"):
        assert table[name].tolist() == pytest.approx([-50, 0])
    told = json.loads(rdbench(*words, "--json").stdout)
    assert [row["series"] for row in told] == ["good", "plain"]
    assert rdbench(*words, "--out", "bd.md").returncode == 0
    assert "| good | plain | -50.00 | -50.00 | -50.00 |" in (results / "bd.md").read_text()


def test_what_goes_with_one_metric_alone_is_refused(rdbench: Run, results: Path) -> None:
    done = rdbench("bdrate", "out", "--metric", "psnr_rgb,ms_ssim_rgb", "--images", check=False)
    assert done.returncode == 2
    assert "--images: rows of single images are for one metric" in done.stderr
    done = rdbench("bdrate", "out", "--anchor", "plain", "--metric", "jpeg-ai", check=False)
    assert done.returncode == 2
    assert "no result has a value of" in done.stderr


def test_flags_stand_below(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {"dataset": ["set"], "series": ["good"], "anchor": ["plain"], "mean": [float("nan")], "psnr_rgb": [1.0]}
    print_averages(pd.DataFrame({**rows, "flags": ["no mean: no BD-rate by ssim_rgb"]}))
    assert "good: no mean: no BD-rate by ssim_rgb" in capsys.readouterr().out
