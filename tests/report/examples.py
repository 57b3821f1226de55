"""A table to print, pictures of a report, and the heads of published figures."""

from __future__ import annotations

from typing import Any

import pandas as pd

from benchmark.plugins import all_metrics
from benchmark.report.content import Report
from benchmark.report.figures.picture import Picture
from benchmark.report.tables.table import Table
from benchmark.system.pool import Pool
from benchmark.workflows.pictures import show
from tests.conftest import ROOT


def shown(report: Report, pool: Pool, **more: Any) -> tuple[list[Picture], list[str]]:
    return show(report.results, report.metrics, pool, **more)


TABLE = Table(
    "t_1",
    "50 % of a_b & c. More.",
    pd.DataFrame(
        {"series": ["x_1", "y#2", "z"], "rate": [-3.14159, 12.5, float("nan")], "psnr": [float("inf"), 30.004, 30.001]}
    ),
    {"rate": "rate (%)", "psnr": "PSNR, RGB (dB)"},
    {"rate": "+.1f", "psnr": ".2f"},
    {"rate": "low", "psnr": "high"},
    {"Rates": "They are of < 1 stream.", "PSNR": "In dB."},
    {"z": "Z"},
)

METRICS = all_metrics()
STUDIES = sorted((ROOT / "reports" / "published").glob("*.toml"))
"""The study files of published figures."""
HEAD = """
[published]
title = "Somebody's table"
source = "Somebody (1999)"
differs = "Ours is made of real bytes."
"""
UNITS = "[published.units.mse]\nunit = 'of 0–1'\ndivisor = 65025\ndigits = 4\n"
