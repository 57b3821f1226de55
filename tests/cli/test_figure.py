"""The command that draws one figure."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.analysis.summaries import timed_results
from tests.conftest import ROOT, Run

SAMPLE = str(ROOT / "results" / "baseline" / "sample")


def test_a_figure_of_some_codecs(rdbench: Run, tmp_path: Path) -> None:
    words = ["--codecs", "webp,jpeg", "--name", "webp=Ours", "--xlim", "0,1.2", "--ylim", "24,40", "--style", "ieee"]
    done = rdbench("figure", "rd", SAMPLE, *words, "--out", "fig.csv")
    assert done.stdout.strip() == "fig.csv"
    rows = (tmp_path / "fig.csv").read_text().splitlines()
    assert rows[0] == "series,published,bpp,psnr_rgb"
    assert {row.split(",")[0] for row in rows[1:]} == {"Ours", "JPEG"}
    rdbench("figure", "rd", SAMPLE, *words, "--out", "fig.pdf")
    assert (tmp_path / "fig.pdf").read_bytes().startswith(b"%PDF")


def test_letters_that_the_font_lacks_are_told_in_one_line(rdbench: Run) -> None:
    done = rdbench("figure", "rd", SAMPLE, "--codecs", "webp,jpeg", "--name", "webp=\u16a0rs", "--out", "fig.svg")
    assert done.stderr == (
        "note: the font of the figure has no \u16a0: boxes stand there; --name NAME=TEXT gives other names\n"
    )


def test_a_file_describes_a_figure_and_options_win(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    text = f'''
results = ["{SAMPLE}"]
codecs = ["jpeg", "webp"]
names = {{ jpeg = "Theirs" }}
xlim = [0, 1.2]
log = false
out = "one.csv"
'''
    (tmp_path / "papers" / "figure.toml").write_text(text)
    rdbench("figure", "rd", "--file", "papers/figure.toml")
    assert "Theirs," in (tmp_path / "papers" / "one.csv").read_text()
    rdbench("figure", "rd", "--file", "papers/figure.toml", "--codecs", "jpeg", "--out", "two.csv")
    assert "WebP" not in (tmp_path / "two.csv").read_text()


@pytest.mark.parametrize("kind", ["bars", "heatmap", "rank", "orders"])
def test_other_kinds_of_figures(rdbench: Run, tmp_path: Path, kind: str) -> None:
    done = rdbench("figure", kind, SAMPLE, "--codecs", "webp,avif", "--name", "webp=Ours", "--out", "fig.csv")
    assert done.stdout.strip() == "fig.csv"
    assert "Ours," in (tmp_path / "fig.csv").read_text()


def test_times_of_another_run_and_a_file_for_ranks(rdbench: Run, tmp_path: Path) -> None:
    timed_results(tmp_path)
    records = pd.read_csv(tmp_path / "records.csv", dtype=str, keep_default_na=False)
    (tmp_path / "usual").mkdir()
    records.assign(jobs="2").to_csv(tmp_path / "usual" / "records.csv", index=False)
    done = rdbench("figure", "speed", "usual", check=False)
    assert (done.returncode, "measured to be published" in done.stderr) == (2, True)
    rdbench("figure", "speed", "usual", "--times", "records.csv", "--sides", "encode", "--out", "speed.csv")
    rows = (tmp_path / "speed.csv").read_text().splitlines()
    assert rows[0] == "side,series,codec,seconds,rate,front"
    assert [row.split(",")[:2] for row in rows[1:]] == [["encode", "JPEG"], ["encode", "WebP"]]
    (tmp_path / "figure.toml").write_text('results = ["usual"]\nrate = 1\nout = "rank.csv"\n')
    rdbench("figure", "rank", "--file", "figure.toml")
    assert "JPEG,1," in (tmp_path / "rank.csv").read_text()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour = 1", "unknown key 'colour'"),
        ("xlim = 3", "xlim: expected a list of two numbers, got 3"),
        ("codecs = [1]", "codecs: expected a list of names, got [1]"),
        ("out = 3", "out: expected a text, got 3"),
        ("rate = 0.5", "rate: a figure rd has no such option; it is for rank, crops"),
        ("sides = 1", "sides: expected a list of names, got 1"),
    ],
)
def test_a_file_that_makes_no_sense(rdbench: Run, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "figure.toml").write_text(text)
    done = rdbench("figure", "rd", SAMPLE, "--file", "figure.toml", check=False)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "expected RESULTS"),
        ([SAMPLE, "--xlim", "1"], "expected two numbers"),
        ([SAMPLE, "--anchor", "webp"], "anchor: a figure rd has no such option; it is for bars, heatmap, speed"),
        ([SAMPLE, "--errors"], "errors: a figure rd has no such option; it is for crops"),
        ([SAMPLE, "--name", "jpeg"], "expected KEY=VALUE"),
        ([SAMPLE, "--codecs", "jepg"], "did you mean jpeg"),
    ],
)
def test_requests_that_make_no_sense(rdbench: Run, words: list[str], says: str) -> None:
    done = rdbench("figure", "rd", *words, check=False)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


def test_limits_that_show_nothing_are_refused(rdbench: Run, tmp_path: Path) -> None:
    for limits in (("--xlim", "20,30"), ("--ylim", "90,100")):
        done = rdbench("figure", "rd", SAMPLE, *limits, "--out", "none.svg", check=False)
        assert done.returncode == 2
        assert "no curve has a point at rates" in done.stderr
        assert not (tmp_path / "none.svg").exists()


def test_a_file_may_say_linear_as_the_command_does(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(f'results = ["{SAMPLE}"]\nlinear = true\nout = "one.svg"\n', encoding="utf-8")
    (tmp_path / "two.toml").write_text(f'results = ["{SAMPLE}"]\nlog = false\nout = "two.svg"\n', encoding="utf-8")
    for name in ("one", "two"):
        rdbench("figure", "rd", "--file", f"{name}.toml")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
