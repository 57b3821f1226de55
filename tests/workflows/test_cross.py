"""The train × test table: what is trained, what is run, and what stays behind in this process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmark.analysis.records import read_records
from benchmark.analysis.table import summarise
from benchmark.neural.weights import WEIGHTS_VARIABLE
from benchmark.plugins import all_metrics
from benchmark.run.finish import Outcome
from benchmark.run.study import Study
from benchmark.workflows import cross
from benchmark.workflows.cross import Cross, run_cross
from tests.analysis.summaries import rows

PLAN = Cross("t", "cvae", ["sample"], ["sample"], {}, ["psnr"], 1, "float32")


def run(study: Study, *, out: Path, **_: Any) -> Outcome:
    """Stands for a run: a summary of the weights that were asked for, and of others."""
    out.mkdir(exist_ok=True)
    found = [
        row
        for name in (*study.codecs["cvae"]["weights"], "others")
        for row in rows("cvae", 3, settings=f'{{"quality":3,"weights":"{name}"}}', dataset=study.dataset)
    ]
    pd.DataFrame(found).to_csv(out / "records.csv", index=False)
    summarise(read_records(out / "records.csv"), all_metrics()).to_csv(out / "summary.csv", index=False)
    return Outcome(out, {"ok": len(found)}, 0, {})


@pytest.mark.neural
@pytest.mark.parametrize("before", [None, "mine"])
@pytest.mark.parametrize("fails", [False, True])
def test_the_folder_of_weights_is_told_to_workers_and_taken_back(
    before: str | None, fails: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def train(*_: Any, out: Path, **__: Any) -> None:
        seen.append((out.as_posix(), os.environ[WEIGHTS_VARIABLE]))
        if fails:
            raise KeyboardInterrupt

    monkeypatch.setattr("benchmark.neural.training.train.train", train)
    monkeypatch.setattr(cross, "run_to_files", run)
    if before is None:
        monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    else:
        monkeypatch.setenv(WEIGHTS_VARIABLE, before)
    if fails:
        with pytest.raises(KeyboardInterrupt):
            run_cross(PLAN, out=tmp_path / "out", data_root=None, jobs=1, command="")
    else:
        table = run_cross(PLAN, out=tmp_path / "out", data_root=None, jobs=1, command="")
        assert table[["trained_on", "tested_on"]].to_numpy().tolist() == [["sample", "sample"]]
        assert list(pd.read_csv(tmp_path / "out" / "cross.csv").columns) == list(table.columns)
    folder = before or "weights"
    assert seen == [(f"{folder}/cvae/{PLAN.weights('sample')}", folder)]
    assert os.environ.get(WEIGHTS_VARIABLE) == before
