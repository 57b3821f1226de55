"""Tables as text."""

from __future__ import annotations

from benchmark.report.tables.text import best_rows, markdown_table
from tests.report.examples import TABLE


def test_best_values_are_those_that_print_alike() -> None:
    assert best_rows(TABLE) == {"rate": {0}, "psnr": {1, 2}}
    text = markdown_table(TABLE)
    assert "| x_1 | **-3.1** | inf |" in text
    assert "| series | rate (%) | PSNR, RGB (dB) |" in text
