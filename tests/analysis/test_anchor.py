"""What a report compares with, where nobody says it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.anchor import anchor_of
from benchmark.analysis.results import Results, read_results
from benchmark.errors import UsageError
from benchmark.plugins import all_metrics
from tests.analysis.regression.examples import records

METRICS = all_metrics()


def results_of(folder: Path, frame: pd.DataFrame) -> Results:
    frame.to_csv(folder / "records.csv", index=False)
    return read_results([folder / "records.csv"], METRICS)


def test_the_usual_anchor_needs_no_note(tmp_path: Path) -> None:
    frame = records()
    results = results_of(tmp_path, frame.assign(codec=frame["codec"].replace("fine", "jpeg")))
    assert anchor_of(results, None, results.metric("psnr")) == ("jpeg", [])
    assert anchor_of(results, "coarse", results.metric("psnr")) == ("coarse", [])


def test_without_it_the_series_with_most_points_of_finite_quality_is_told(tmp_path: Path) -> None:
    frame = records()
    exact = frame["codec"] == "coarse"
    results = results_of(tmp_path, frame.assign(psnr_rgb=frame["psnr_rgb"].mask(exact, np.inf)))
    found, (note,) = anchor_of(results, None, results.metric("psnr"))
    assert found == "fine"
    assert note == "the results have no jpeg, so BD-rates are against fine: --anchor names another"
    with pytest.raises(UsageError, match="nobody"):
        anchor_of(results, "nobody", results.metric("psnr"))
