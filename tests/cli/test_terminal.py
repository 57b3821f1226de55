"""What the command line shows of runs, comparisons and audits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from benchmark.analysis.records import read_records
from benchmark.analysis.regression.compare import compare
from benchmark.analysis.regression.runs import read_run
from benchmark.analysis.regression.tolerance import judged_columns
from benchmark.analysis.table import summarise
from benchmark.cli.terminal import print_audit, print_comparison, print_cross, print_outcome
from benchmark.plugins import all_metrics
from benchmark.run.finish import Outcome
from benchmark.workflows.audit import Finding
from tests.analysis.regression.examples import records
from tests.analysis.summaries import rows, summary_of


def test_an_outcome_is_a_table_and_what_went_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary_of(tmp_path).to_csv(tmp_path / "summary.csv", index=False)
    outcome = Outcome(tmp_path, {"ok": 18, "failed": 2}, 5, {"avif": (2, "ValueError: odd [size]")}, interrupted=True)
    again = {"jpeg: the code of the codec changed": 3, "png: the status was failed": 1}
    outcome = replace(outcome, again=again, unchecked=5, others="out holds more", seen={"sky.png": ["rnn", "cvae"]})
    print_outcome(outcome)
    text = capsys.readouterr().out
    assert "quality=30" in text
    assert "27.25" in text, "mean PSNR of jpeg at 10"
    assert "avif: 2 rows failed, the first: ValueError: odd [size]" in text
    assert "rows: 2 failed, 18 ok; 5 of them from an earlier run" in text
    assert "made again: 3 rows of jpeg: the code of the codec changed\nmade again: 1 row of png: the status" in text
    assert "warning: sky.png is nearly an image that rnn, cvae trained on: their figures there say too much" in text
    assert "unchecked: 5 rows from before the code of a codec was recorded" in text
    assert "note: out holds more\n" in text
    assert "the same command goes on from here" in text
    assert text.endswith(f"results: {tmp_path}\n")


def test_nothing_was_made_and_nothing_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_outcome(Outcome(tmp_path, {}, 0, {}))
    assert capsys.readouterr().out == (
        f"rows: none; 0 of them from an earlier run\nresults: {tmp_path}\nnothing was measured: the study has no rows\n"
    )


def test_a_table_of_train_and_test(capsys: pytest.CaptureFixture[str]) -> None:
    table = pd.DataFrame(
        {
            "trained_on": ["bd0", "bd0", "bd1", "bd1"],
            "tested_on": ["bd1", "bd0", "bd1", "bd0"],
            "psnr_rgb_mean": [30.0, 31.0, 32.0, float("nan")],
        }
    )
    print_cross(table, ["psnr"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["trained", "on", "bd1", "bd0"] in lines, "in the order in which they came"
    assert ["bd0", "30.00", "31.00"] in lines
    assert ["bd1", "32.00", "–"] in lines


def test_a_comparison_begins_with_its_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = records(images=2)
    frame.to_csv(tmp_path / "before.csv", index=False)
    frame.assign(bpp=frame["bpp"] * 1.5).to_csv(tmp_path / "after.csv", index=False)
    frame.assign(dataset="clic").to_csv(tmp_path / "other.csv", index=False)
    before, after, other = (read_run(tmp_path / f"{name}.csv") for name in ("before", "after", "other"))
    judged = judged_columns(all_metrics(), {})
    print_comparison(compare(before, after, judged))
    text = capsys.readouterr().out
    assert text.startswith("worse: 20 rows compared, 20 worse\n")
    assert "+50" in text
    print_comparison(compare(before, other, judged))
    assert capsys.readouterr().out.startswith("not comparable: no row is in both")


def test_broken_promises_follow_the_table_of_an_audit(capsys: pytest.CaptureFixture[str]) -> None:
    settings = '{"optimize":true,"progressive":false,"quality":100,"subsampling":"4:2:0"}'
    print_audit(
        [Finding("jpeg", "1", settings, psnr=float("inf"), ceiling=41.236, problems=("colours come back altered",))]
    )
    text = capsys.readouterr().out
    for cell in ("quality=100", "∞", "41.24", "–"):
        assert cell in text
    assert text.endswith("jpeg: colours come back altered\n")


def test_points_that_cover_fewer_images_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = rows("jpeg", 10)
    table[0] |= {"status": "failed", "reason": "torn", "bpp": "", "psnr_rgb": "", "mse_rgb": ""}
    pd.DataFrame(table).to_csv(tmp_path / "records.csv", index=False)
    summarise(read_records(tmp_path / "records.csv"), all_metrics()).to_csv(tmp_path / "summary.csv", index=False)
    print_outcome(Outcome(tmp_path, {"ok": 2, "failed": 1}, 0, {}))
    assert "2 of 3" in capsys.readouterr().out
