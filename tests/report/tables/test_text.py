"""Tables as text."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmark.report.tables.text import best_rows, markdown_table, number
from tests.report.examples import TABLE


def test_best_values_are_those_that_print_alike() -> None:
    assert best_rows(TABLE) == {"rate": {0}, "psnr": {1, 2}}
    text = markdown_table(TABLE)
    assert "| x_1 | **-3.1** | inf |" in text
    assert "| series | rate (%) | PSNR, RGB (dB) |" in text


@pytest.mark.parametrize("missing", [None, pd.NA, float("nan"), ""])
def test_a_value_that_is_not_there_is_a_dash(missing: object) -> None:
    assert number(missing, ".0f") == "–"
