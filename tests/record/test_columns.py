"""Columns of the records, by their kind."""

from __future__ import annotations

from typing import Any

import pytest

from benchmark.record.columns import Column, formatted
from benchmark.record.row import BY_NAME


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("bytes", "12", 12),
        ("bytes", "12.0", 12),
        ("bytes", "", None),
        ("bpp", "0.1", 0.1),
        ("bpp", "", None),
        ("device", "", ""),
        ("flags", "a b", ("a", "b")),
        ("flags", "", ()),
        ("metric_definitions", "mse:1,psnr:2", {"mse": "1", "psnr": "2"}),
        ("metric_definitions", "", {}),
    ],
)
def test_cells_are_read_and_written_by_kind(name: str, cell: str, value: Any) -> None:
    column: Column = BY_NAME[name]
    assert column.read(cell) == value
    assert column.read(column.write(value)) == value


def test_numbers_or_a_dash() -> None:
    assert formatted("2.5", "{:.2f}") == "2.50"
    assert formatted(float("inf"), "{:.2f}") == "inf"
    assert formatted("", "{:.2f}") == formatted(float("nan"), "{:.2f}") == "–"
