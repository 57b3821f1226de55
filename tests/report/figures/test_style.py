"""How figures are written to files."""

from __future__ import annotations

import io
import re
import zlib
from pathlib import Path

import matplotlib
from fontTools.ttLib import TTFont
from matplotlib.figure import Figure

from benchmark.report.figures.style import figure_of, lay_out, save


def test_fonts_are_embedded_without_their_layout_tables(tmp_path: Path) -> None:
    """fontTools has no public default for them: the file must show that its private one still counts."""
    figure = Figure(figsize=(2, 1))
    figure.text(0.1, 0.5, "AVAT fi")
    with matplotlib.rc_context({"pdf.fonttype": 42}):
        (path,) = save(figure, tmp_path / "words", ["pdf"])
    parts = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", path.read_bytes(), re.DOTALL)
    contents = [zlib.decompress(part) for part in parts if part[:1] == b"\x78"]
    fonts = [TTFont(io.BytesIO(part)) for part in contents if part[:4] == b"\0\1\0\0"]
    assert fonts
    for font in fonts:
        assert "glyf" in font
        assert not {"GDEF", "GPOS", "GSUB"} & set(font.keys())


def test_a_figure_is_laid_out_again_only_where_it_changed() -> None:
    with figure_of(4, 3) as figure:
        axes = figure.subplots()
        calls: list[object] = []
        engine = figure.get_layout_engine()
        execute = engine.execute
        engine.execute = lambda fig: calls.append(execute(fig))
        for _ in range(2):
            lay_out(figure)
        assert len(calls) == 1
        before = axes.get_window_extent().height
        axes.set_title("two\nlines")
        for _ in range(2):
            lay_out(figure)
        assert len(calls) == 2
        assert axes.get_window_extent().height < before
