"""A table to print, and pictures of a report."""

from __future__ import annotations

from typing import Any

import pandas as pd

from benchmark.report.content import Report
from benchmark.report.figures.picture import Picture
from benchmark.report.tables.table import Table
from benchmark.system.pool import Pool
from benchmark.workflows.pictures import show


def shown(report: Report, pool: Pool, **more: Any) -> tuple[list[Picture], list[str]]:
    return show(report.results, "psnr_rgb", pool, **more)


TABLE = Table(
    "t_1",
    "50 % of a_b & c. More.",
    pd.DataFrame(
        {"series": ["x_1", "y#2", "z"], "rate": [-3.14159, 12.5, float("nan")], "psnr": [float("inf"), 30.004, 30.001]}
    ),
    {"rate": "rate (%)", "psnr": "PSNR, RGB (dB)"},
    {"rate": "+.1f", "psnr": ".2f"},
    {"rate": "low", "psnr": "high"},
)
