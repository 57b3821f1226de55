"""The table of columns, for the documentation."""

from __future__ import annotations

from benchmark.record.markdown import columns_markdown
from benchmark.record.row import COLUMNS


def test_every_column_has_a_line() -> None:
    lines = columns_markdown().splitlines()
    assert len(lines) == 2 + len(COLUMNS) + 1
    assert lines[2].startswith("| `schema` | whole number | ")
    assert all(line.count("|") == 6 for line in lines)
