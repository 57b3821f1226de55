"""Figures as pictures of pgfplots."""

from __future__ import annotations

import re

import numpy as np

from benchmark.report.figures.appearance import looks_of
from benchmark.report.figures.lines import Line, View
from benchmark.report.pgfplots import pgfplots


def test_a_picture_has_its_curves_and_no_open_brace() -> None:
    looks = looks_of(["jpeg", "vvc", "a_b"], ["jpeg", "vvc", "a_b"])
    numbers = np.array([0.1, 0.5]), np.array([30.0, 36.5])
    lines = [Line(name, look, *numbers, numbers, name == "vvc") for name, look in looks.items()]
    text = pgfplots(lines, View((0, 1.2), (24, 40)), "rate (bits per pixel)", "PSNR (dB)", log_rate=False)
    assert text.count("\\addplot[") == 3
    assert text.count("(0.1,30) (0.5,36.5)") == 3
    assert "\\addlegendentry{a\\_b}" in text
    assert text.count("fill=white") == 1
    assert "xmin=0, xmax=1.2, ymin=24, ymax=40" in text
    assert set(re.findall(r"\\addplot\[(rd\w+)", text)) == set(re.findall(r"\\definecolor\{(\w+)", text))
    assert text.count("{") == text.count("}") and text.count("[") == text.count("]")
    assert "xmode=log" in pgfplots(lines, View((0.1, 1), (24, 40)), "rate", "PSNR", log_rate=True)
