"""The train × test table: what it leaves behind in this process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmark.neural.weights import WEIGHTS_VARIABLE
from benchmark.workflows import cross
from benchmark.workflows.cross import Cross, run_cross

PLAN = Cross("t", "cvae", ["sample"], ["sample"], {}, ["psnr"], 1, "float32")


@pytest.mark.parametrize("before", [None, "mine"])
@pytest.mark.parametrize("fails", [False, True])
def test_the_folder_of_weights_is_told_to_workers_and_taken_back(
    before: str | None, fails: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def train(_: Cross, __: str, weights: Path, *___: Any) -> None:
        seen.append((str(weights), os.environ[WEIGHTS_VARIABLE]))
        if fails:
            raise KeyboardInterrupt

    monkeypatch.setattr(cross, "_train", train)
    monkeypatch.setattr(cross, "_test", lambda *_: pd.DataFrame({"trained_on": ["sample"]}))
    if before is None:
        monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    else:
        monkeypatch.setenv(WEIGHTS_VARIABLE, before)
    if fails:
        with pytest.raises(KeyboardInterrupt):
            run_cross(PLAN, out=tmp_path, data_root=None, jobs=1, command="")
    else:
        run_cross(PLAN, out=tmp_path, data_root=None, jobs=1, command="")
    assert seen == [(before or "weights",) * 2]
    assert os.environ.get(WEIGHTS_VARIABLE) == before
