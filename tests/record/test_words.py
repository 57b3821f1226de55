"""Words that tables have: none is missing from the list, and none is a metric's."""

from __future__ import annotations

from pathlib import Path

from benchmark.analysis import bdrate, cost, ranking
from benchmark.analysis.matched import matched_table
from benchmark.analysis.results import read_results
from benchmark.analysis.table import KEYS
from benchmark.analysis.timed import mean_seconds
from benchmark.plugins import all_metrics
from benchmark.record.row import COLUMNS
from benchmark.record.words import OF_TABLES, taken_by, words_of
from tests.analysis.regression.examples import compared, records
from tests.record.test_reading import write


def test_every_column_of_a_table_is_known(tmp_path: Path) -> None:
    results = read_results([write(tmp_path / "records.csv")], all_metrics())
    metrics = results.metrics
    tables = [
        *(module.COLUMNS for module in (bdrate, cost, ranking)),
        compared(tmp_path, frame=records(images=2)).bd.columns,
        results.summary.columns,
        results.records.columns,
        matched_table(results.summary, metrics, mean_seconds(results.records, KEYS)).columns,
    ]
    known = OF_TABLES.union(
        *(words_of(name) for name in [*(column.name for column in COLUMNS), *(metric.column for metric in metrics)])
    )
    assert {name for table in tables for name in table} - known == set()


def test_what_a_metric_cannot_be_called() -> None:
    assert taken_by("psnr", "psnr_rgb") == ""
    for name in ("series", "bd_rate", "bpp_mean", "bytes", "images", "flags", "encode_s_std"):
        assert taken_by(name) == name
    assert taken_by("image") == "image"
    assert taken_by("bpp", "bpp_rgb") == "bpp"
