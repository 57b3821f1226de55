"""Bars, with what makes them weak or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.report.figures.charts import draw_bars


def test_bars_show_intervals_weak_overlaps_and_refusals(tmp_path: Path) -> None:
    bd = pd.DataFrame(
        {
            "series": ["a", "jpeg", "b", "x"],
            "image": "",
            "anchor": "jpeg",
            "rank": pd.Series([1, 2, 3, None], dtype="Int64"),
            "ranked_by": "image_mean",
            "image_mean": [-20.0, 0.0, 35.5, np.nan],
            "ci_low": [-25.0, 0.0, np.nan, np.nan],
            "ci_high": [-15.0, 0.0, np.nan, np.nan],
            "bd_rate": [-90.0, 0.0, -95, -39],
            "curve_ci_low": np.nan,
            "curve_ci_high": np.nan,
            "overlap": [0.9, 1.0, 0.2, 0.02],
        }
    )
    draw_bars(bd, "set", tmp_path / "b")
    text = (tmp_path / "b.svg").read_text(encoding="utf-8")
    assert "<!-- −20.0 -->" in text
    assert "<!-- +35.5 -->" in text
    assert "<!-- jpeg -->" not in text
    assert "hollow: little range in common; hatched: refused, not ranked" in text
    assert "<!-- x -->" in text
    assert "−39" not in text
    assert "patternUnits" in text
    assert draw_bars(bd[1:2], "set", tmp_path / "c") == []
