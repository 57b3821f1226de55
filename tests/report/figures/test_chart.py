"""Charts as one figure."""

from __future__ import annotations

from pathlib import Path

from benchmark.report.figures.bars import Bar, BarsChart
from benchmark.report.figures.chart import write


def test_nothing_is_written_of_nothing(tmp_path: Path) -> None:
    assert write([], tmp_path / "f", width=3.5, forms=["svg"]) == []
    assert list(tmp_path.iterdir()) == []


def test_charts_stand_in_one_file_of_each_form(tmp_path: Path) -> None:
    charts = [BarsChart([Bar(name, -3.0, -4.0, -2.0, False)], "JPEG", "set") for name in ("one", "other")]
    written = write(charts, tmp_path / "f", width=7.16, forms=["svg", "pdf"])
    assert [path.name for path in written] == ["f.svg", "f.pdf"]
    text = written[0].read_text(encoding="utf-8")
    assert "<!-- one -->" in text and "<!-- other -->" in text
