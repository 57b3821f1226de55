"""The tables that a paper prints."""

from __future__ import annotations

import pytest

from benchmark.report.content import Report


def test_a_table_has_rate_time_and_front(report: Report) -> None:
    table = next(table for table in report.tables if table.name == "costs")
    assert table.frame["bd_rate"].is_monotonic_increasing
    row = report.results.records.query("codec == 'jpeg'")
    megapixels = (row["width"] * row["height"]).sum() / 1e6
    speeds = table.frame.set_index("series")["decode_mps"]
    assert speeds["jpeg"] == pytest.approx(megapixels / row["decode_s"].sum())
    fronts = table.frame.set_index("series")["front"]
    assert fronts["jpeg"] == "yes"  # it has the lower BD-rate here
    assert fronts["webp"] == ("yes" if speeds["webp"] > speeds["jpeg"] else "")
    assert "parameters" not in table.frame  # no learned codec is there
