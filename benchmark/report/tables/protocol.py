"""The table of what a BD-rate owes to the protocol."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from benchmark.analysis.protocol import EFFECTS
from benchmark.analysis.standing import signed
from benchmark.metric import Metric
from benchmark.report.tables.table import Table

_TITLES = {
    "series": "codec",
    "bd_rate": "BD-rate (%)",
    "mean_curve": "mean curve",
    "pooled": "pooled quality",
    "akima": "Akima",
    "cubic": "cubic",
    "payload": "no headers",
    "luma": "luma",
    "chroma": "4:4:4",
}


def protocol_table(
    effects: pd.DataFrame, dataset: str, anchor: str, metric: Metric, names: Mapping[str, str], end: str = ""
) -> Table | None:
    """By how many points the BD-rates of a data set are others if one thing of the protocol is; none without any.

    Args:
        effects: see :func:`benchmark.analysis.protocol.protocol_effects`.
        dataset: the data set.
        anchor: the anchor, as print calls it.
        metric: the metric of the BD-rates.
        names: what print calls each series.
        end: what the table's name ends in.
    """
    rows = effects[effects["dataset"] == dataset]
    valued = [name for name in EFFECTS if rows[name].notna().any()]
    if not valued:
        return None
    columns = ["series", "bd_rate", *valued]
    return Table(
        f"protocol{end}",
        f"What BD-rates against {anchor} by {metric.heading} on {dataset} owe to the protocol. Each column has the "
        "difference, in points of percent, if that alone is another.",
        rows[columns].reset_index(drop=True),
        {name: _TITLES[name] for name in columns},
        {"bd_rate": "+.1f", **dict.fromkeys(valued, "+.2f")},
        {},
        {
            "Largest": _largest(rows, valued, names),
            "Protocol": "; ".join(f"{_TITLES[name]}: {EFFECTS[name]}" for name in valued) + ".",
        },
        names,
    )


def _largest(rows: pd.DataFrame, valued: list[str], names: Mapping[str, str]) -> str:
    """The largest effect of each kind, the largest first."""
    found = []
    for name in valued:
        effects = dict(zip(rows["series"], rows[name].fillna(0), strict=True))
        series = max(effects, key=lambda series: abs(effects[series]))
        found.append((float(effects[series]), f"{_TITLES[name]}, {names.get(series, series)}"))
    found.sort(key=lambda effect: -abs(effect[0]))
    return "; ".join(f"{text} {signed(value)}" for value, text in found) + "."
