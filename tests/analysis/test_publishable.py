"""Which rows have times that were measured to be published."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.analysis.publishable import publishable
from benchmark.analysis.records import read_records
from benchmark.analysis.table import summarise
from benchmark.plugins import all_metrics
from tests.analysis.test_cost import row, write

METRICS = all_metrics()


@pytest.mark.parametrize(
    ("more", "right"),
    [
        ({}, True),
        ({"repeats": 17, "flags": "above-ceiling other-stream"}, True),
        ({"repeats": 4}, False),
        ({"repeats": ""}, False),
        ({"jobs": 2}, False),
        ({"jobs": ""}, False),
        ({"flags": "above-ceiling disturbed"}, False),
        ({"status": "failed"}, False),
    ],
)
def test_what_times_need(tmp_path: Path, more: dict[str, object], right: bool) -> None:
    records = read_records(write(tmp_path, row("a", "i", 1, 0.5, **more)) / "records.csv")
    assert publishable(records).tolist() == [right]
    assert summarise(records, METRICS)["timed_images"].tolist() == [int(right)]


def test_records_that_do_not_tell_have_no_times(tmp_path: Path) -> None:
    records = read_records(write(tmp_path, row("a", "i", 1, 0.5)) / "records.csv").drop(columns=["jobs", "flags"])
    assert publishable(records).tolist() == [False]
