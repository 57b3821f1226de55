"""What the command line shows of Bjøntegaard deltas."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from benchmark.cli.console import open_console
from benchmark.cli.tables import table_of
from benchmark.metric import Metric

if TYPE_CHECKING:
    import pandas as pd

BD_FORMS = {
    "bd_rate": "+.2f",
    "curve_ci_low": "+.2f",
    "curve_ci_high": "+.2f",
    "low": ".2f",
    "high": ".2f",
    "overlap": ".0%",
    "spread": ".2f",
    "bd_metric": "+.3f",
    "rate_low": ".3f",
    "rate_high": ".3f",
    "rate_overlap": ".0%",
    "image_mean": "+.2f",
    "ci_low": "+.2f",
    "ci_high": "+.2f",
    "p_value": ".2g",
    "image_std": ".2f",
}
"""Formats of the columns of a table of Bjøntegaard deltas."""


def print_bdrate(table: pd.DataFrame, metric: Metric) -> None:
    """A table of Bjøntegaard deltas, and below it what to know of its rows.

    Args:
        table: see ``analysis.bdrate.bd_table``.
        metric: the metric of the curves.
    """
    from benchmark.analysis.fixed import note_on_fixed
    from benchmark.analysis.standing import findings, headline, headline_title

    console = open_console()
    explained = False
    for dataset, part in table.groupby("dataset", sort=False):
        delta = f"BD {metric.drawn_unit}".strip()
        by_images = headline_title(part) == "mean over images"
        shown = table_of(
            "rank",
            "series",
            "BD-rate %",
            "95 % CI",
            *(("p", "n", "mean curve %", "its 95 % CI") if by_images else ("n",)),
            delta,
            "quality",
            "overlap",
            numbers=[delta],
            drop=[delta, "quality", "its 95 % CI", "n", "mean curve %", "p", "overlap"],
        )
        quality = f"{metric.column} ({metric.drawn_unit})" if metric.drawn_unit else metric.column
        shown.title = f"{dataset}: {quality} against {part['anchor'].iloc[0]}"
        for _, row in part.assign(**headline(part)).iterrows():
            shown.add_row(*_bd_cells(row, by_images=by_images))
        shown.print()
        if by_images and not explained:
            explained = True
            console.print(
                "BD-rate: mean over images; 95 % CI: confidence interval over images; p: Wilcoxon signed-rank, "
                "two-sided; n: images"
            )
        for text in (*findings(part, metric), note_on_fixed(part)):
            if text:
                console.print(text, soft_wrap=True)
        for _, row in part[part["flags"] != ""].iterrows():
            console.print(
                f"{row['series']}{', ' if row['image'] else ''}{row['image']}: {row['flags']}", soft_wrap=True
            )


def _bd_cells(row: pd.Series[Any], *, by_images: bool) -> list[str]:
    """The cells of a row of Bjøntegaard deltas."""
    import pandas as pd

    from benchmark.report.tables.text import number

    # The row of a single image has one BD-rate, and no other average beside it.
    form = {name: number(row[name], form) for name, form in BD_FORMS.items()}
    rate, curve = (row["bd_rate"], math.nan) if row["image"] else (row["headline"], row["bd_rate"])
    intervals = [
        "–" if math.isnan(row[low]) else f"{row[low]:+.1f}…{row[high]:+.1f}"
        for low, high in (("headline_low", "headline_high"), ("curve_ci_low", "curve_ci_high"))
    ]
    count = str(row["image_count"] if by_images and not row["image"] else row["images"])
    p_value = "<0.001" if row["p_value"] < 0.001 else number(row["p_value"], ".3f")
    span = "–" if math.isnan(row["low"]) else f"{row['low']:#.3g}–{row['high']:#.3g}"
    return [
        "–" if pd.isna(row["rank"]) else str(row["rank"]),
        f"  {row['image']}" if row["image"] else row["series"],
        number(rate, "+.1f"),
        intervals[0],
        *((p_value, count, number(curve, "+.1f"), intervals[1]) if by_images else (count,)),
        form["bd_metric"],
        span,
        form["overlap"],
    ]
