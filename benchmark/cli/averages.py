"""The table of BD-rates by several metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmark.cli.console import open_console
from benchmark.cli.tables import table_of

if TYPE_CHECKING:
    import pandas as pd


def print_averages(table: pd.DataFrame) -> None:
    """BD-rates by several metrics, and their mean.

    Args:
        table: see ``analysis.averaged.averaged_table``.
    """
    from benchmark.report.tables.text import number

    rates = [str(name) for name in table.columns if name not in ("dataset", "series", "anchor", "flags")]
    console = open_console()
    for dataset, part in table.groupby("dataset", sort=False):
        shown = table_of("series", *rates, numbers=rates, drop=rates[:0:-1])
        shown.title = f"{dataset}: BD-rate in % against {part['anchor'].iloc[0]}"
        for _, row in part.iterrows():
            shown.add_row(row["series"], *(number(row[name], "+.1f") for name in rates))
        shown.print()
        for _, row in part[part["flags"] != ""].iterrows():
            console.print(f"{row['series']}: {row['flags']}", soft_wrap=True)
