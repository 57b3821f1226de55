"""The table of what BD-rates owe to the protocol."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmark.analysis.protocol import EFFECTS
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from benchmark.report.tables.latex import latex
from benchmark.report.tables.protocol import protocol_table
from benchmark.report.tables.text import markdown_table

PSNR = find_metric(all_metrics(), "psnr")
ROWS = pd.DataFrame({"dataset": "set", "series": ["a", "b"], "bd_rate": [-20.0, 5.0], **dict.fromkeys(EFFECTS, np.nan)})


def test_effects_with_the_largest_of_each_kind() -> None:
    rows = ROWS.assign(mean_curve=[0.5, -13.8], cubic=[0.25, 0.0])
    table = protocol_table(rows, "set", "JPEG", PSNR, {"b": "B"}, "-set")
    assert table is not None and table.name == "protocol-set"
    assert list(table.frame.columns) == ["series", "bd_rate", "mean_curve", "cubic"]
    assert table.notes["Largest"] == "mean curve, B −13.8; cubic, a +0.2."
    assert "pooled" not in table.notes["Protocol"] and "VCEG-M33" in table.notes["Protocol"]
    assert "| B | +5.0 | -13.80 | +0.00 |" in markdown_table(table)
    assert r"\begin{table}" in latex(table)


def test_without_any_effect_there_is_none() -> None:
    assert protocol_table(ROWS, "set", "JPEG", PSNR, {}) is None
    assert protocol_table(ROWS.assign(cubic=1.0), "other", "JPEG", PSNR, {}) is None
