"""Runs to be compared."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from benchmark.analysis.regression.compare import compare
from benchmark.analysis.regression.runs import read_run
from benchmark.analysis.regression.tolerance import judged_columns
from benchmark.errors import RecordsError, UsageError
from benchmark.plugins import all_metrics
from tests.analysis.regression.examples import records

METRICS = all_metrics()


@pytest.mark.slow
def test_definitions_of_older_records_are_those_of_their_manifest(tmp_path: Path) -> None:
    for name, text in (("old", None), ("new", None), ("other", "10·log10(255² / MSE), of the luma alone")):
        (tmp_path / name).mkdir()
        frame = records()
        if name != "new":
            frame = frame.drop(columns="metric_definitions")
        frame.to_csv(tmp_path / name / "records.csv", index=False)
        definitions = {metric.name: metric.definition for metric in METRICS}
        manifest = {"metrics": definitions | ({"psnr": text} if text else {})}
        (tmp_path / name / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    columns_ = judged_columns(METRICS, {})
    old, new, other = (read_run(tmp_path / name) for name in ("old", "new", "other"))
    assert compare(old, new, columns_).notes == ()
    assert compare(old, new, columns_).exit_status == 0
    assert compare(old, other, columns_).exit_status == compare(new, other, columns_).exit_status == 2
    # A file of another name may lie beside a stranger's manifest: then it does not say.
    shutil.copy(tmp_path / "other" / "records.csv", tmp_path / "other" / "mine.csv")
    found = compare(new, read_run(tmp_path / "other" / "mine.csv"), columns_)
    assert found.exit_status == 0
    assert "does not say by which definition" in found.notes[0]


def test_what_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        read_run(tmp_path / "nothing")
    with pytest.raises(UsageError, match=r"no records\.csv there or below"):
        read_run(tmp_path)
    (tmp_path / "summary.csv").write_text("dataset,codec,bpp_mean\n", encoding="utf-8")
    with pytest.raises(RecordsError, match=r"not those of a records file \(missing: schema, key"):
        read_run(tmp_path / "summary.csv")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    with pytest.raises(RecordsError, match="cannot be read as CSV"):
        read_run(tmp_path / "empty.csv")
    records().head(0).to_csv(tmp_path / "header.csv", index=False)
    with pytest.raises(RecordsError, match="holds no rows"):
        read_run(tmp_path / "header.csv")
