"""The plane of rate and time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmark.report.figures.pareto import draw_pareto
from benchmark.report.figures.style import WIDTHS


def test_points_of_the_plane_of_rate_and_time_are_named(tmp_path: Path) -> None:
    points = pd.DataFrame(
        {
            "series": ["a", "b", "c", "d"],
            "decode_s_per_mp": [0.01, 0.1, 0.2, 0.0],
            "bd_rate": [0.0, -30.0, -10.0, -90.0],
            "front": [True, True, False, False],
        }
    )
    draw_pareto(points, ("seconds", "BD-rate (%)"), "set", tmp_path / "p", width=WIDTHS["single"])
    text = (tmp_path / "p.svg").read_text(encoding="utf-8")
    assert all(f"<!-- {name} -->" in text for name in "abc")
    assert "<!-- d -->" not in text  # took no time: there is no such place on a logarithmic axis
    assert draw_pareto(points[:1], ("", ""), "", tmp_path / "q") == []
