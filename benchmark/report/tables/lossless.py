"""The table of codecs that are all lossless: there is no quality to compare at, so rate and speed are all there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from benchmark.report.tables.table import Table

_SPEEDS = {"encode_mps": "encode (MP/s)", "decode_mps": "decode (MP/s)"}


def lossless_table(
    summary: pd.DataFrame,
    costs: pd.DataFrame,
    covers: str,
    names: Mapping[str, str],
    notes: Mapping[str, str],
    end: str,
) -> Table:
    """Mean rate and speed of each codec, the lowest rate on top.

    Args:
        summary: the operating points of a data set.
        costs: rows of :func:`benchmark.analysis.cost.cost_table` on it.
        covers: the data set and its images.
        names: what print calls each series.
        notes: what to know of the codecs, by topic.
        end: what the table's name ends in.
    """
    rates = pd.to_numeric(summary["bpp_mean"]).groupby(summary["series"], sort=False).min()
    speeds = [name for name in _SPEEDS if costs[name].notna().any()]
    frame = rates.rename("bpp").reset_index().merge(costs[["series", *speeds]], on="series", how="left")
    best: dict[str, Literal["low", "high"]] = {"bpp": "low", **dict.fromkeys(speeds, "high")}
    several = summary["series"].duplicated().any()
    return Table(
        f"lossless{end}",
        f"Rate{' and speed' if speeds else ''} of lossless codecs on {covers}. The best is bold.",
        frame.sort_values("bpp", kind="stable", ignore_index=True),
        {"series": "codec"} | {name: _SPEEDS[name] for name in speeds},
        {"bpp": ".3f"} | dict.fromkeys(speeds, ".2f"),
        best,
        {
            "Rates": "Bits per pixel of whole streams, mean over images"
            + (", at the setting of each codec that needs the fewest." if several else "."),
            **notes,
        },
        names,
    )
