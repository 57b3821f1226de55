"""Tables as text."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmark.report.tables.text import best_rows, markdown, markdown_table, number
from tests.report.examples import TABLE


def test_best_values_are_those_that_print_alike() -> None:
    assert best_rows(TABLE) == {"rate": {0}, "psnr": {1, 2}}
    text = markdown_table(TABLE)
    assert "| x_1 | **-3.1** | inf |" in text
    assert "| series | rate (%) | PSNR, RGB (dB) |\n| --- | ---: | ---: |" in text  # numbers are aligned at the right
    assert "| Z | – | **30.00** |" in text
    assert text.startswith("50 % of a_b & c. More.\n\n| series")
    assert text.endswith("\n\n*Rates.* They are of < 1 stream.\n\n*PSNR.* In dB.\n")
    assert TABLE.told == "50 % of a_b & c. More. Rates: They are of < 1 stream. PSNR: In dB."


@pytest.mark.parametrize("missing", [None, pd.NA, float("nan"), ""])
def test_a_value_that_is_not_there_is_a_dash(missing: object) -> None:
    assert number(missing, ".0f") == "–"


def test_cells_of_markdown_begin_no_tags_and_end_no_cells() -> None:
    text = markdown(["a|b"], [["<b>bold</b> < 1"], ["`<name>` <i>"], ["one ` and <script>"]])
    assert text.splitlines() == [
        r"| a\|b |",
        "| --- |",
        r"| \<b>bold\</b> < 1 |",
        r"| `<name>` \<i> |",
        r"| one ` and \<script> |",
    ]
