"""Tables in the terminal."""

from __future__ import annotations

import pytest

from benchmark.cli.console import open_console
from benchmark.cli.tables import formatted, table_of


def test_columns_of_numbers_are_flush_right(capsys: pytest.CaptureFixture[str]) -> None:
    table = table_of("codec", "bpp", "mine", numbers=["mine"])
    table.add_row("jpeg [fast]", "0.5", "1")
    table.add_row("webp", "10.25", "100")
    open_console().print(table)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert "  jpeg [fast]     0.5      1" in lines, "square brackets are text"
    assert "  webp          10.25    100" in lines


def test_lines_of_a_file_are_not_broken_at_80(capsys: pytest.CaptureFixture[str]) -> None:
    open_console().print("word " * 30)
    assert capsys.readouterr().out.count("\n") == 1


def test_numbers_or_a_dash() -> None:
    assert formatted("2.5", "{:.2f}") == "2.50"
    assert formatted(float("inf"), "{:.2f}") == "inf"
    assert formatted("", "{:.2f}") == formatted(float("nan"), "{:.2f}") == "–"
